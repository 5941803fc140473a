#include "store/ledger_store.h"

#include <algorithm>

#include "base/assert.h"
#include "store/ledger_sql.h"

namespace muster::store {
namespace {

void read_prefix(const Statement& row, int column, IdPrefix& prefix) {
  const auto bytes = row.bytes(column);
  std::copy_n(bytes.begin(), std::min(bytes.size(), prefix.size()), prefix.begin());
}

TaskRecord read_task(const Statement& row) {
  TaskRecord task;
  task.number = row.integer(0);
  const auto id = row.bytes(1);
  std::copy_n(id.begin(), std::min(id.size(), task.id.bytes.size()), task.id.bytes.begin());
  task.state = narrow<std::uint8_t>(row, 2);
  task.state_reason = row.text(3);
  task.epoch = narrow<std::uint32_t>(row, 4);
  task.target_name = row.text(5);
  task.selector = row.text(6);
  task.layout.devices = narrow<std::uint32_t>(row, 7);
  read_prefix(row, 8, task.push_prefix);
  task.expiration_s = row.integer(9);
  task.rate = narrow<std::uint32_t>(row, 10);
  task.invited = narrow<std::uint8_t>(row, 11);
  task.created_at = WallTime{row.integer(12)};
  task.ended_at = WallTime{row.integer(13)};
  task.layout.mailboxes = narrow<std::uint32_t>(row, 14);
  task.layout.fallbacks = narrow<std::uint32_t>(row, 15);
  read_prefix(row, 16, task.mail_prefix);
  task.layout.accounts = narrow<std::uint32_t>(row, 17);
  task.counts = copy_of(row.bytes(18));
  return task;
}

constexpr std::int64_t no_key = -1;
// Half a MiB. A commit is a few pages; where the -wal file grows with it, its new size has to be
// made durable as well, and that costs the disk once more what the commit cost. So it stops growing
// early.
constexpr int checkpoint_pages = 128;

// The one row of a min() or max().
Result<std::int64_t> read_key(Statement& statement) {
  const auto row = statement.step();
  if (!row) {
    return tl::unexpected(row.error());
  }
  MUSTER_ASSERT(*row);
  const auto key = statement.is_null(0) ? no_key : statement.integer(0);
  statement.reset();
  return key;
}

}  // namespace

Statement& LedgerStore::of(Verb verb) {
  return statements_[static_cast<std::size_t>(verb)];
}

Result<LedgerStore, Complaint> LedgerStore::open(const std::string& dir, OpenMode mode) {
  auto database =
      Database::open(dir + "/ledger.db", mode, ledger_version, ledger_schema, ledger_older);
  if (!database) {
    return tl::unexpected(database.error());
  }
  if (mode == OpenMode::write) {
    database->checkpoint_after(checkpoint_pages);
  }
  LedgerStore store(std::move(*database));
  const auto prepared = store.prepare(mode);
  if (!prepared) {
    return tl::unexpected(Complaint{.file = store.file(),
                                    .found = words(prepared.error()),
                                    .expected = "the tables of a ledger",
                                    .mend = "restore the file from a backup; nothing was changed",
                                    .cause = prepared.error()});
  }
  return store;
}

Result<void> LedgerStore::prepare(OpenMode mode) {
  static_assert(ledger_sql.size() == verbs_count);
  static_assert(static_cast<std::size_t>(Verb::letters) + 1 == verbs_count);
  for (std::size_t i = 0; i < ledger_sql.size(); ++i) {
    if (mode == OpenMode::read && !ledger_sql[i].starts_with("SELECT")) {
      continue;  // the views over an older file take no writing
    }
    auto statement = database_.prepare(ledger_sql[i]);
    if (!statement) {
      return tl::unexpected(statement.error());
    }
    statements_[i] = std::move(*statement);
  }
  return {};
}

Result<void> LedgerStore::check() {
  auto statement = database_.prepare("PRAGMA quick_check(1)");
  if (!statement) {
    return tl::unexpected(statement.error());
  }
  const auto row = statement->step();
  if (!row) {
    return tl::unexpected(row.error());
  }
  if (!*row || statement->text(0) != "ok") {
    return trouble(ErrorCode::store_corrupt);
  }
  return {};
}

// ── tasks ──

Result<void> LedgerStore::create_task(const TaskRecord& task, const AudienceRecord& audience) {
  const auto created = of(Verb::create_task)
                           .bind(1, Bytes(task.id.bytes))
                           .bind(2, std::int64_t{task.state})
                           .bind(3, std::string_view(task.state_reason))
                           .bind(4, std::int64_t{task.epoch})
                           .bind(5, std::string_view(task.target_name))
                           .bind(6, std::string_view(task.selector))
                           .bind(7, std::int64_t{task.layout.devices})
                           .bind(8, Bytes(task.push_prefix))
                           .bind(9, task.expiration_s)
                           .bind(10, std::int64_t{task.rate})
                           .bind(11, std::int64_t{task.invited})
                           .bind(12, task.created_at.milliseconds)
                           .bind(13, task.ended_at.milliseconds)
                           .bind(14, std::int64_t{task.layout.mailboxes})
                           .bind(15, std::int64_t{task.layout.fallbacks})
                           .bind(16, Bytes(task.mail_prefix))
                           .bind(17, std::int64_t{task.layout.accounts})
                           .run();
  if (!created) {
    return created;
  }
  const auto number = database_.last_row_id();
  const auto frozen = of(Verb::create_audience)
                          .bind(1, number)
                          .bind(2, Bytes(audience.devices))
                          .bind(3, Bytes(audience.users))
                          .bind(4, Bytes(audience.alerts))
                          .bind(5, Bytes(audience.mailboxes))
                          .bind(6, Bytes(audience.fallbacks))
                          .bind(7, Bytes(audience.accounts))
                          .run();
  if (!frozen) {
    return frozen;
  }
  return of(Verb::create_progress).bind(1, number).bind(2, Bytes(task.counts)).run();
}

Result<std::optional<TaskRecord>> LedgerStore::task(const TaskId& id) {
  return first_of<TaskRecord>(of(Verb::task).bind(1, Bytes(id.bytes)), read_task);
}

Result<std::vector<TaskRecord>> LedgerStore::tasks() {
  return all_of<TaskRecord>(of(Verb::tasks), read_task);
}

Result<std::optional<AudienceRecord>> LedgerStore::audience(const TaskId& id) {
  return first_of<AudienceRecord>(
      of(Verb::audience).bind(1, Bytes(id.bytes)), [](const Statement& row) {
        return AudienceRecord{copy_of(row.bytes(0)), copy_of(row.bytes(1)), copy_of(row.bytes(2)),
                              copy_of(row.bytes(3)), copy_of(row.bytes(4)), copy_of(row.bytes(5))};
      });
}

Result<void> LedgerStore::set_state(TaskNumber task, std::uint8_t state, std::string_view reason,
                                    WallTime ended_at) {
  return of(Verb::set_state)
      .bind(1, task)
      .bind(2, std::int64_t{state})
      .bind(3, reason)
      .bind(4, ended_at.milliseconds)
      .run();
}

Result<void> LedgerStore::complete(TaskNumber task, std::uint8_t state, WallTime at) {
  return of(Verb::complete)
      .bind(1, task)
      .bind(2, std::int64_t{state})
      .bind(3, at.milliseconds)
      .run();
}

Result<void> LedgerStore::record_invited(TaskNumber task, std::uint8_t invited) {
  return of(Verb::record_invited).bind(1, task).bind(2, std::int64_t{invited}).run();
}

Result<void> LedgerStore::put_counts(TaskNumber task, Bytes counts) {
  return of(Verb::put_counts).bind(1, task).bind(2, counts).run();
}

// ── letters ──

Result<void> LedgerStore::add_letters(std::int64_t day, std::uint64_t count) {
  return of(Verb::add_letters).bind(1, day).bind(2, static_cast<std::int64_t>(count)).run();
}

Result<std::uint64_t> LedgerStore::letters(std::int64_t day) {
  const auto count = read_key(of(Verb::letters).bind(1, day));
  if (!count) {
    return tl::unexpected(count.error());
  }
  return *count == no_key ? 0 : static_cast<std::uint64_t>(*count);
}

// ── pages ──

Result<std::vector<OpenPage>> LedgerStore::open_pages(TaskNumber task) {
  auto& statement =
      of(Verb::open_pages).bind(1, page_key(task, 0)).bind(2, page_key(task + 1, 0) - 1);
  return all_of<OpenPage>(statement, [](const Statement& row) {
    return OpenPage{page_of(row.integer(0)), narrow<PageState>(row, 1)};
  });
}

Result<std::uint32_t> LedgerStore::pages_begun(TaskNumber task, std::uint32_t first,
                                               std::uint32_t past) {
  auto& statement =
      of(Verb::pages_begun).bind(1, page_key(task, first)).bind(2, page_key(task, past) - 1);
  const auto last = read_key(statement);
  if (!last) {
    return tl::unexpected(last.error());
  }
  return *last == no_key ? first : page_of(*last) + 1;
}

Result<void> LedgerStore::lease_page(TaskNumber task, std::uint32_t page) {
  return of(Verb::lease_page).bind(1, page_key(task, page)).run();
}

Result<void> LedgerStore::fold_page(TaskNumber task, std::uint32_t page, PageState state,
                                    WallTime at, Bytes outcomes) {
  of(Verb::fold_page).bind(2, static_cast<std::int64_t>(state));
  return write_fold(task, page, at, outcomes);
}

Result<void> LedgerStore::refold_page(TaskNumber task, std::uint32_t page, WallTime at,
                                      Bytes outcomes) {
  of(Verb::fold_page).bind_null(2);
  return write_fold(task, page, at, outcomes);
}

Result<void> LedgerStore::write_fold(TaskNumber task, std::uint32_t page, WallTime at,
                                     Bytes outcomes) {
  const auto written = of(Verb::fold_page)
                           .bind(1, page_key(task, page))
                           .bind(3, at.milliseconds)
                           .bind(4, outcomes)
                           .run();
  if (!written) {
    return written;
  }
  return of(Verb::clear_deltas)
      .bind(1, delta_key(task, page))
      .bind(2, delta_key(task, std::uint64_t{page} + 1) - 1)
      .run();
}

Result<PageRecord> LedgerStore::page(TaskNumber task, std::uint32_t page) {
  auto& statement = of(Verb::page).bind(1, page_key(task, page));
  auto row = first_of<PageRecord>(statement, [](const Statement& found) {
    return PageRecord{WallTime{found.integer(0)}, copy_of(found.bytes(1))};
  });
  if (!row) {
    return tl::unexpected(row.error());
  }
  return row->value_or(PageRecord{});
}

Result<void> LedgerStore::append_delta(TaskNumber task, std::uint32_t page, WallTime at,
                                       Bytes body) {
  return of(Verb::append_delta)
      .bind(1, delta_key(task, page))
      .bind(2, delta_key(task, std::uint64_t{page} + 1) - 1)
      .bind(3, at.milliseconds)
      .bind(4, body)
      .run();
}

Result<std::vector<DeltaRecord>> LedgerStore::deltas(TaskNumber task, std::uint32_t page) {
  auto& statement = of(Verb::deltas)
                        .bind(1, delta_key(task, page))
                        .bind(2, delta_key(task, std::uint64_t{page} + 1) - 1);
  return all_of<DeltaRecord>(statement, [](const Statement& row) {
    return DeltaRecord{WallTime{row.integer(0)}, copy_of(row.bytes(1))};
  });
}

Result<std::optional<std::uint32_t>> LedgerStore::page_with_deltas(TaskNumber task,
                                                                   std::uint32_t from) {
  auto& statement =
      of(Verb::page_with_deltas).bind(1, delta_key(task, from)).bind(2, delta_key(task + 1, 0) - 1);
  const auto first = read_key(statement);
  if (!first) {
    return tl::unexpected(first.error());
  }
  return *first == no_key ? std::nullopt : std::optional(page_of(*first >> sequence_bits));
}

}  // namespace muster::store
