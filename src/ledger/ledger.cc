#include "ledger/ledger.h"

#include <unistd.h>

#include <algorithm>
#include <limits>

#include "base/assert.h"
#include "ledger/implementation.h"

namespace muster::ledger {
namespace {

Complaint damaged(const std::string& file, const Error& error) {
  return Complaint{
      .file = file,
      .found = words(error),
      .expected = {},
      .mend = "restore the file from a backup, with its -wal file; nothing was changed",
      .cause = error};
}

}  // namespace

Ledger::Implementation::Implementation(store::LedgerStore opened)
    : store(std::move(opened)), pages(std::make_unique<PageInHand[]>(limits::ledger_pages_max)) {
  exceptional.reserve(limits::settlements_per_commit);
  patches.reserve(limits::settlements_per_commit);
  patches_of_page.reserve(limits::page_size);
  blob.reserve(2 * limits::page_size + 64);
}

Ledger::Ledger(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
Ledger::~Ledger() = default;

Result<std::unique_ptr<Ledger>, Complaint> Ledger::open(const std::string& dir) {
  // The last one to leave removes the -wal file; where it is left, nobody left in good order.
  const bool clean = ::access((dir + "/ledger.db-wal").c_str(), F_OK) != 0;
  auto store = store::LedgerStore::open(dir, store::OpenMode::write);
  if (!store) {
    return tl::unexpected(store.error());
  }
  if (!clean) {
    const auto checked = store->check();
    if (!checked) {
      return tl::unexpected(damaged(store->file(), checked.error()));
    }
  }
  return std::unique_ptr<Ledger>(new Ledger(std::make_unique<Implementation>(std::move(*store))));
}

Result<void> Ledger::create_task(const NewTask& task) {
  const auto users = task.mailboxes.size() + task.fallbacks.size() + task.accounts.size();
  // More than the keys of the store can tell apart: nobody has so many users.
  if (task.devices.size() + users > std::numeric_limits<InvitationNumber>::max()) {
    return trouble(ErrorCode::not_permitted);
  }
  store::TaskRecord record;
  record.layout = {static_cast<std::uint32_t>(task.devices.size()),
                   static_cast<std::uint32_t>(task.mailboxes.size()),
                   static_cast<std::uint32_t>(task.fallbacks.size()),
                   static_cast<std::uint32_t>(task.accounts.size())};
  if (record.layout.pages() > store::task_pages_max) {
    return trouble(ErrorCode::not_permitted);
  }
  record.id = task.id;
  record.target_name = task.target_name;
  record.selector = task.selector;
  record.push_prefix = task.push_prefix;
  record.mail_prefix = task.mail_prefix;
  record.expiration_s = task.expiration_s;
  record.rate = task.rate;
  record.created_at = task.created_at;
  if (!task.paused_because.empty()) {
    record.state = static_cast<std::uint8_t>(TaskState::paused);
    record.state_reason = task.paused_because;
  }
  if (record.layout.rows() == record.layout.fallbacks) {  // nothing will ever settle it
    record.state = static_cast<std::uint8_t>(TaskState::completed);
    record.state_reason.clear();
    record.ended_at = task.created_at;
  }
  write_counts(Counts{}, record.counts);
  store::AudienceRecord audience;
  audience.devices = NumberSet(task.devices).write();
  audience.users = NumberSet(task.users).write();
  if (!task.mailboxes.empty()) {
    audience.mailboxes = NumberSet(task.mailboxes).write();
  }
  if (!task.fallbacks.empty()) {
    audience.fallbacks = NumberSet(task.fallbacks).write();
  }
  if (!task.accounts.empty()) {
    audience.accounts = NumberSet(task.accounts).write();
  }
  audience.alerts = write_payloads(task.alert_payloads);
  return implementation_->transact(
      [&](store::LedgerStore& store) { return store.create_task(record, audience); });
}

Result<TaskRow> Ledger::attach(const TaskId& id, TaskIndex index) {
  return implementation_->attach(id, index);
}

Result<void> Ledger::detach(TaskIndex index) {
  auto& task = implementation_->known(index);
  MUSTER_ASSERT(task.pages_in_hand == 0);
  const auto of_task = [&](const auto& waiting) { return waiting.task == index; };
  MUSTER_ASSERT(std::none_of(implementation_->exceptional.begin(),
                             implementation_->exceptional.end(), of_task));
  MUSTER_ASSERT(task.waking.empty());
  const auto folded = implementation_->fold(task);
  task = TaskInHand{};
  return folded;
}

Result<std::optional<LeasedPage>> Ledger::lease(TaskIndex task, Part part) {
  return implementation_->lease(task, part);
}

Result<std::vector<DueRetry>> Ledger::gather(TaskIndex index, WallTime now, std::size_t most,
                                             Channel channel) {
  auto& inside = *implementation_;
  const auto number = inside.known(index).number;
  const auto rows = inside.store.waiting(number, channel, now, most + inside.gathered.size());
  if (!rows) {
    return tl::unexpected(rows.error());
  }
  std::vector<DueRetry> due;
  for (const auto& row : *rows) {
    if (due.size() == most) {
      break;
    }
    if (!inside.gathered_keys.insert(gathered_key(index, row.invitation)).second) {
      continue;
    }
    inside.gathered.emplace_back(index, row.invitation);
    inside.dirty = true;
    due.push_back({index, row.invitation, row.outcome.attempts, row.generation, row.doubt});
  }
  return due;
}

Result<std::optional<WallTime>> Ledger::next_due(TaskIndex index, Channel channel) {
  auto& inside = *implementation_;
  const auto rows = inside.store.waiting(inside.known(index).number, channel,
                                         WallTime{std::numeric_limits<std::int64_t>::max()},
                                         1 + inside.gathered.size());
  if (!rows) {
    return tl::unexpected(rows.error());
  }
  for (const auto& row : *rows) {
    if (!inside.gathered_keys.contains(gathered_key(index, row.invitation))) {
      return std::optional(WallTime{row.next_at_ms});
    }
  }
  return std::optional<WallTime>{};
}

void Ledger::release(TaskIndex task, std::uint32_t page) {
  implementation_->release(task, page);
}

void Ledger::settle(std::span<const Settlement> settlements) {
  for (const auto& settlement : settlements) {
    implementation_->settle(settlement);
  }
}

void Ledger::count_repeated(TaskIndex task, std::uint64_t attempts) {
  implementation_->known(task).repeated += attempts;
  implementation_->dirty = implementation_->dirty || attempts != 0;
}

bool Ledger::dirty() const {
  return implementation_->dirty;
}

Result<CommitReport> Ledger::commit(WallTime now) {
  return implementation_->commit(now);
}

const Counts& Ledger::counts(TaskIndex index) const {
  const auto& task = implementation_->known(index);
  return task.state == TaskState::cancelled ? task.counts_shown : task.counts;
}

std::size_t Ledger::pages_in_hand(TaskIndex task) const {
  return implementation_->known(task).pages_in_hand;
}

Result<void> Ledger::set_state(const TaskId& id, TaskState state, const std::string& reason,
                               WallTime now) {
  auto& inside = *implementation_;
  const auto record = inside.find(id);
  if (!record) {
    return tl::unexpected(record.error());
  }
  const bool ends = state == TaskState::completed || state == TaskState::cancelled;
  const auto done = inside.transact([&](store::LedgerStore& store) {
    return store.set_state(record->number, static_cast<std::uint8_t>(state), reason,
                           ends ? now : WallTime{});
  });
  auto* task = inside.attached(id);
  if (done && task != nullptr) {
    task->state = state;
    task->counts_shown = shown(task->counts, state, task->layout);
  }
  return done;
}

Result<void> Ledger::record_invited(const TaskId& id, Invited invited) {
  const auto record = implementation_->find(id);
  if (!record) {
    return tl::unexpected(record.error());
  }
  return implementation_->transact([&](store::LedgerStore& store) {
    return store.record_invited(record->number, static_cast<std::uint8_t>(invited));
  });
}

Result<std::uint64_t> Ledger::letters_today(WallTime now) {
  std::uint64_t count = 0;
  const auto done = implementation_->transact([&](store::LedgerStore& store) -> Result<void> {
    const auto read = store.letters(day_of(now));
    if (!read) {
      return tl::unexpected(read.error());
    }
    count = *read;
    return {};
  });
  if (!done) {
    return tl::unexpected(done.error());
  }
  return count;
}

}  // namespace muster::ledger
