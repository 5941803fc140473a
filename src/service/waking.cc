#include "service/waking.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/log.h"
#include "base/thread.h"
#include "service/may_be_shown.h"

namespace muster::service {
namespace {

constexpr Duration after_trouble = std::chrono::minutes(1);
constexpr Duration without_room = std::chrono::seconds(1);
constexpr Duration kept_every = std::chrono::minutes(1);
constexpr Duration rest_most = std::chrono::seconds(1);
constexpr WallTime never{std::numeric_limits<std::int64_t>::max()};

WallTime later(WallTime at, Duration by) {
  return {at.milliseconds + std::chrono::duration_cast<std::chrono::milliseconds>(by).count()};
}

Duration tasks_every(const WakePlan& plan) {
  constexpr Duration least = std::chrono::milliseconds(100);
  constexpr Duration most = std::chrono::seconds(5);
  return std::clamp(std::min(plan.wake_again, plan.not_now_again) / 8, least, most);
}

WakeFacts facts_of(const ledger::Row& row, const store::CommandRow* command) {
  WakeFacts facts;
  facts.invitation = row.invitation;
  facts.sent_at = row.updated_at;
  if (command != nullptr) {
    facts.handed = command->handed;
    facts.handed_at = command->handed_at;
    facts.not_now = command->not_now;
    facts.result = static_cast<mdm::CommandResult>(command->result);
    facts.result_at = command->result_at;
  }
  return facts;
}

void warn(const char* what, const Error& error) {
  log::warning("service", what, {{"error", words(error)}});
}

}  // namespace

Result<std::unique_ptr<Waking>, Complaint> Waking::open(const std::string& dir,
                                                        const WakePlan& plan, const Clock& clock,
                                                        WakingHouse house) {
  std::unique_ptr<Waking> waking(new Waking(plan, clock, std::move(house)));
  auto ledger = ledger::LedgerReader::open(dir);
  if (!ledger) {
    return tl::unexpected(ledger.error());
  }
  waking->ledger_ = std::move(*ledger);
  auto commands = store::CommandStore::open(dir, store::OpenMode::write);
  if (!commands) {
    return tl::unexpected(commands.error());
  }
  waking->commands_ = std::make_unique<store::CommandStore>(std::move(*commands));
  const auto until = waking->commands_->woken_until();
  if (!until) {
    return tl::unexpected(Complaint{.file = dir + "/control.db",
                                    .found = words(until.error()),
                                    .expected = {},
                                    .mend = "restore the file from a backup",
                                    .cause = until.error()});
  }
  waking->done_until_ = *until;
  return waking;
}

Waking::~Waking() {
  {
    const std::lock_guard guard(mutex_);
    ending_ = true;
  }
  ended_.notify_all();
  if (thread_.joinable()) {
    thread_.join();
  }
}

void Waking::start() {
  thread_ = start_thread("waker", [this] { run(); });
}

void Waking::run() {
  std::unique_lock guard(mutex_);
  while (!ending_) {
    guard.unlock();
    turn();
    guard.lock();
    const auto left = std::chrono::milliseconds(next().milliseconds - clock_.wall().milliseconds);
    const auto rest = std::clamp<Duration>(left, std::chrono::milliseconds(10), rest_most);
    ended_.wait_for(guard, rest, [this] { return ending_; });
  }
}

WallTime Waking::next() const {
  auto earliest = tasks_at_;
  for (const auto& [id, task] : tasks_) {
    for (const auto& page : task.pages) {
      earliest = std::min(earliest, page.look_at);
    }
  }
  return earliest;
}

void Waking::turn() {
  const auto now = clock_.wall();
  take_done(now);
  if (now >= tasks_at_) {
    tasks_at_ = later(now, tasks_every(plan_));
    if (const auto looked = look_at_tasks(now); !looked) {
      warn("tasks could not be read, to wake their devices again", looked.error());
      tasks_at_ = later(now, after_trouble);
    }
  }
  hear(now);
  bool room = true;
  for (auto& [id, task] : tasks_) {
    for (std::uint32_t number = 0; room && number < task.pages.size(); ++number) {
      if (task.pages[number].look_at <= now && !task.out) {
        room = look_at(task, number, now);
      }
    }
  }
  keep_until(now);
}

void Waking::take_done(WallTime now) {
  for (const auto& done : house_.take_nudged()) {
    woke_ = woke_ || done.went != 0;
    const auto found = tasks_.find(done.id);
    const auto out = found == tasks_.end() ? std::nullopt : found->second.out;
    if (!out) {
      continue;  // its task may not be shown any more
    }
    auto& task = found->second;
    task.out.reset();
    auto& page = task.pages[*out];
    const auto looked_at = page.looked_at.value_or(now);
    for (const auto invitation : std::exchange(task.asked, {})) {
      page.woken[invitation] = looked_at;
    }
    for (const auto& nudge : done.undone) {
      page.woken.erase(nudge.invitation);
    }
    page.look_at = done.undone.empty() ? now : later(now, after_trouble);
  }
}

// Who put it off is due sooner than his page was going to be looked at.
void Waking::hear(WallTime now) {
  for (const auto& event : house_.take_events()) {
    const auto task = tasks_.find(event.task);
    if (task == tasks_.end() || event.result != mdm::CommandResult::postponed) {
      continue;
    }
    const auto number = event.invitation / limits::page_size;
    if (number < task->second.pages.size() && task->second.out != number) {
      auto& page = task->second.pages[number];
      page.look_at = std::min(page.look_at, later(now, earliest_after(plan_.not_now_again)));
    }
  }
}

Result<void> Waking::look_at_tasks(WallTime now) {
  const auto rows = ledger_->tasks();
  if (!rows) {
    return tl::unexpected(rows.error());
  }
  std::map<TaskId, Task> kept;
  for (const auto& row : *rows) {
    if (!may_be_shown(row, now)) {
      continue;
    }
    if (auto known = tasks_.extract(row.id); !known.empty()) {
      kept.insert(std::move(known));
      continue;
    }
    auto task = task_of(row);
    if (!task) {
      kept.merge(tasks_);
      tasks_ = std::move(kept);
      return tl::unexpected(task.error());
    }
    kept.emplace(row.id, std::move(*task));
  }
  tasks_ = std::move(kept);
  return {};
}

// Of a new task nothing can be due at once; one from before our time is looked at now.
Result<Waking::Task> Waking::task_of(const ledger::TaskRow& row) {
  auto devices = ledger_->devices(row.id);
  if (!devices) {
    return tl::unexpected(devices.error());
  }
  Task task;
  task.row = row;
  task.devices = std::move(*devices);
  Page page;
  page.done_until = std::max(row.created_at, done_until_);
  page.look_at =
      later(row.created_at, earliest_after(std::min(plan_.wake_again, plan_.not_now_again)));
  task.pages.resize((row.layout.devices + limits::page_size - 1) / limits::page_size, page);
  return task;
}

bool Waking::look_at(Task& task, std::uint32_t number, WallTime now) {
  auto& page = task.pages[number];
  WallTime earliest = later(now, earliest_after(plan_.wake_again));
  auto due = due_of(task, number, now, earliest);
  if (!due) {
    warn("invitations could not be read, to wake their devices again", due.error());
    page.look_at = later(now, after_trouble);
    return true;
  }
  if (due->empty()) {
    page.woken.clear();
    page.looked_at.reset();
    page.done_until = now;
    page.look_at = earliest;
    return true;
  }
  std::vector<InvitationNumber> asked;
  asked.reserve(due->size());
  for (const auto& nudge : *due) {
    asked.push_back(nudge.invitation);
  }
  pipeline::NudgeBatch batch;
  batch.id = task.row.id;
  batch.push_prefix = task.row.push_prefix;
  batch.expiration_s = task.row.expiration_s;
  batch.asks_clearance = true;
  batch.credential_of_topic = house_.credentials();
  batch.nudges = std::move(*due);
  page.looked_at = now;
  if (!house_.nudge(std::move(batch))) {
    page.look_at = later(now, without_room);
    return false;
  }
  page.look_at = never;
  task.out = number;
  task.asked = std::move(asked);
  return true;
}

Result<std::vector<pipeline::Nudge>> Waking::due_of(const Task& task, std::uint32_t number,
                                                    WallTime now, WallTime& earliest) {
  const auto first = number * limits::page_size;
  const auto count = std::min(limits::page_size, task.row.layout.devices - first);
  const auto& page = task.pages[number];
  const auto rows = ledger_->rows(task.row.id, first, count);
  if (!rows) {
    return tl::unexpected(rows.error());
  }
  const auto commands = commands_of(task, first, first + count);
  if (!commands) {
    return tl::unexpected(commands.error());
  }
  const WallTime expires{task.row.expiration_s * 1000};
  const auto devices = task.devices.slice(first, count);
  std::vector<pipeline::Nudge> due;
  for (const auto& row : *rows) {
    if (row.outcome.state != State::sent || row.invitation - first >= devices.size()) {
      continue;
    }
    const auto command = commands->find(row.invitation);
    const auto facts = facts_of(row, command == commands->end() ? nullptr : &command->second);
    const auto woken = page.woken.find(row.invitation);
    const auto after = woken == page.woken.end() ? page.done_until : woken->second;
    auto wake = next_wake(facts, plan_, task.row.id, after, expires);
    if (wake && wake->at <= now) {
      due.push_back({devices[row.invitation - first], row.invitation, wake->generation});
      wake = next_wake(facts, plan_, task.row.id, now, expires);
    }
    if (wake) {
      earliest = std::min(earliest, wake->at);
    }
  }
  return due;
}

Result<std::map<InvitationNumber, store::CommandRow>> Waking::commands_of(const Task& task,
                                                                          InvitationNumber from,
                                                                          InvitationNumber past) {
  auto rows = commands_->commands(task.row.id, from, past);
  if (!rows) {
    return tl::unexpected(rows.error());
  }
  std::map<InvitationNumber, store::CommandRow> found;
  for (auto& row : *rows) {
    const auto invitation = row.invitation;
    found.emplace(invitation, std::move(row));
  }
  return found;
}

// Until the first time that something is, or may be, left to do.
void Waking::keep_until(WallTime now) {
  auto until = now;
  for (const auto& [id, task] : tasks_) {
    for (const auto& page : task.pages) {
      const bool open = page.looked_at.has_value();
      until = std::min(until, open ? page.done_until : WallTime{page.look_at.milliseconds - 1});
    }
  }
  if (until <= done_until_ || (!woke_ && now < keep_at_)) {
    return;
  }
  keep_at_ = later(now, kept_every);
  auto done = commands_->begin();
  if (done) {
    done = commands_->put_woken_until(until);
    done = done ? commands_->commit() : done;
    if (!done) {
      commands_->rollback();
    }
  }
  if (!done) {
    warn("who was woken again could not be recorded", done.error());
    return;
  }
  done_until_ = until;
  woke_ = false;
}

}  // namespace muster::service
