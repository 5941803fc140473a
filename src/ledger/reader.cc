#include "ledger/reader.h"

#include <algorithm>

#include "ledger/counting.h"
#include "ledger/formats.h"
#include "ledger/reading.h"
#include "store/ledger_store.h"

namespace muster::ledger {
namespace {

// Ends a reader's transaction on every way out: an open one would hold back the writer's
// checkpoints.
class Snapshot {
 public:
  explicit Snapshot(store::LedgerStore& store) : store_(store), begun_(store.begin()) {}
  ~Snapshot() { store_.rollback(); }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  [[nodiscard]] const Result<void>& begun() const { return begun_; }

 private:
  store::LedgerStore& store_;
  Result<void> begun_;
};

Result<TaskRow> read_shown(const store::TaskRecord& record) {
  auto row = read_task_row(record);
  if (row) {
    row->counts = shown(row->counts, row->state, row->layout);
  }
  return row;
}

Row row_of(const store::ExceptionRecord& exception) {
  Row row;
  row.invitation = exception.invitation;
  row.outcome = exception.outcome;
  row.generation = exception.generation;
  row.status = exception.status;
  row.timestamp_ms = exception.timestamp_ms;
  row.next_at_ms = exception.outcome.state == State::deferred ? exception.next_at_ms : 0;
  row.updated_at = exception.updated_at;
  row.reply = exception.reply;
  return row;
}

// What was not sent when a person cancelled the task.
void show_cancelled(Row& row, WallTime at) {
  if (!row.asleep && !at_rest(row.outcome.state)) {
    row.outcome.state = State::cancelled;
    row.outcome.reason = Reason::cancelled_by_person;
    row.next_at_ms = 0;
    row.updated_at = at;
  }
}

Result<NumberSet> read_set(const std::vector<Byte>& bytes) {
  auto set = NumberSet::read(bytes);
  if (!set) {
    return trouble(ErrorCode::store_corrupt);
  }
  return std::move(*set);
}

// Tasks without mail or accounts keep no bytes for them.
Result<NumberSet> read_set_if_any(const std::vector<Byte>& bytes) {
  return bytes.empty() ? NumberSet() : read_set(bytes);
}

}  // namespace

struct LedgerReader::Implementation {
  store::LedgerStore store;

  // not_found for a task that is not there.
  Result<store::AudienceRecord> audience(const TaskId& id) {
    auto found = store.audience(id);
    if (!found) {
      return tl::unexpected(found.error());
    }
    auto& record = *found;
    if (!record) {
      return trouble(ErrorCode::not_found);
    }
    return std::move(*record);
  }

  // The part of [from, past) that lies in `page`, appended to `rows`.
  Result<void> read_page_rows(const store::TaskRecord& task, std::uint32_t page, std::uint64_t from,
                              std::uint64_t past, std::vector<Row>& rows) {
    const auto first = task.layout.first_of(page);
    const bool fallback = task.layout.part_of_page(page) == Part::fallback;
    auto home = read_home_page(store, task.number, task.layout, page);
    if (!home) {
      return tl::unexpected(home.error());
    }
    const auto start = std::max<std::uint64_t>(from, first);
    const auto end = std::min<std::uint64_t>(past, std::uint64_t{first} + home->outcomes.size());
    const auto exceptions = store.exceptions(task.number, static_cast<InvitationNumber>(start),
                                             static_cast<std::size_t>(end - start));
    if (!exceptions) {
      return tl::unexpected(exceptions.error());
    }
    auto exception = exceptions->begin();
    for (auto n = start; n < end; ++n) {
      if (exception != exceptions->end() && exception->invitation == n) {
        rows.push_back(row_of(*exception++));
        continue;
      }
      Row row;
      row.invitation = static_cast<InvitationNumber>(n);
      row.outcome = Outcome::unpack(home->outcomes[n - first]);
      if (row.outcome.state == State::elsewhere) {
        return trouble(ErrorCode::store_corrupt);  // its exception row is gone
      }
      const bool untouched = home->outcomes[n - first] == 0;
      row.updated_at = untouched ? WallTime{} : home->at;
      row.asleep = untouched && fallback;
      if (!home->replies.empty()) {
        row.reply = std::move(home->replies[n - first]);
      }
      rows.push_back(std::move(row));
    }
    return {};
  }
};

LedgerReader::LedgerReader(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
LedgerReader::~LedgerReader() = default;

Result<std::unique_ptr<LedgerReader>, Complaint> LedgerReader::open(const std::string& dir) {
  auto store = store::LedgerStore::open(dir, store::OpenMode::read);
  if (!store) {
    return tl::unexpected(store.error());
  }
  auto implementation = std::make_unique<Implementation>(Implementation{std::move(*store)});
  return std::unique_ptr<LedgerReader>(new LedgerReader(std::move(implementation)));
}

Result<std::vector<TaskRow>> LedgerReader::tasks() {
  const auto records = implementation_->store.tasks();
  if (!records) {
    return tl::unexpected(records.error());
  }
  std::vector<TaskRow> rows;
  for (const auto& record : *records) {
    auto row = read_shown(record);
    if (!row) {
      return tl::unexpected(row.error());
    }
    rows.push_back(std::move(*row));
  }
  return rows;
}

Result<std::optional<TaskRow>> LedgerReader::task(const TaskId& id) {
  const auto found = implementation_->store.task(id);
  if (!found) {
    return tl::unexpected(found.error());
  }
  const auto& record = *found;
  if (!record) {
    return std::optional<TaskRow>{};
  }
  auto row = read_shown(*record);
  if (!row) {
    return tl::unexpected(row.error());
  }
  return std::optional<TaskRow>(std::move(*row));
}

Result<NumberSet> LedgerReader::devices(const TaskId& id) {
  const auto audience = implementation_->audience(id);
  if (!audience) {
    return tl::unexpected(audience.error());
  }
  return read_set(audience->devices);
}

Result<NumberSet> LedgerReader::mailboxes(const TaskId& id) {
  const auto audience = implementation_->audience(id);
  if (!audience) {
    return tl::unexpected(audience.error());
  }
  return read_set_if_any(audience->mailboxes);
}

Result<NumberSet> LedgerReader::fallbacks(const TaskId& id) {
  const auto audience = implementation_->audience(id);
  if (!audience) {
    return tl::unexpected(audience.error());
  }
  return read_set_if_any(audience->fallbacks);
}

Result<NumberSet> LedgerReader::accounts(const TaskId& id) {
  const auto audience = implementation_->audience(id);
  if (!audience) {
    return tl::unexpected(audience.error());
  }
  return read_set_if_any(audience->accounts);
}

Result<NumberSet> LedgerReader::users(const TaskId& id) {
  const auto audience = implementation_->audience(id);
  if (!audience) {
    return tl::unexpected(audience.error());
  }
  return read_set(audience->users);
}

Result<std::vector<std::pair<std::string, std::string>>> LedgerReader::alert_payloads(
    const TaskId& id) {
  const auto audience = implementation_->audience(id);
  if (!audience) {
    return tl::unexpected(audience.error());
  }
  auto payloads = read_payloads(audience->alerts);
  if (!payloads) {
    return trouble(ErrorCode::store_corrupt);
  }
  return std::move(*payloads);
}

Result<std::vector<Row>> LedgerReader::rows(const TaskId& id, InvitationNumber from,
                                            std::size_t count) {
  auto& store = implementation_->store;
  const Snapshot snapshot(store);
  if (!snapshot.begun()) {
    return tl::unexpected(snapshot.begun().error());
  }
  const auto task = store.task(id);
  if (!task) {
    return tl::unexpected(task.error());
  }
  const auto& found = *task;
  if (!found) {
    return trouble(ErrorCode::not_found);
  }
  const auto& record = *found;
  const auto past =
      from + std::min<std::uint64_t>(
                 count, record.layout.rows() - std::min<std::uint64_t>(from, record.layout.rows()));
  std::vector<Row> rows;
  for (std::uint64_t n = from; n < past;) {
    const auto page = record.layout.page_of(static_cast<InvitationNumber>(n));
    const auto read = implementation_->read_page_rows(record, page, n, past, rows);
    if (!read) {
      return tl::unexpected(read.error());
    }
    n = std::uint64_t{record.layout.first_of(page)} + record.layout.size_of(page);
  }
  if (record.state == static_cast<std::uint8_t>(TaskState::cancelled)) {
    for (auto& row : rows) {
      show_cancelled(row, record.ended_at);
    }
  }
  return rows;
}

}  // namespace muster::ledger
