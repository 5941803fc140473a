// The verbs on exception rows.
#include "store/ledger_sql.h"
#include "store/ledger_store.h"

namespace muster::store {
namespace {

ExceptionRecord read_exception(const Statement& row) {
  ExceptionRecord exception;
  exception.invitation = narrow<InvitationNumber>(row, 0);
  exception.outcome = {narrow<State>(row, 1), narrow<Reason>(row, 2), narrow<std::uint8_t>(row, 3)};
  exception.status = narrow<std::uint16_t>(row, 4);
  exception.generation = narrow<std::uint32_t>(row, 5);
  exception.timestamp_ms = row.integer(6);
  exception.next_at_ms = row.integer(7);
  exception.wait = narrow<Wait>(row, 8);
  exception.doubt = row.integer(9) != 0;
  exception.updated_at = WallTime{row.integer(10)};
  exception.channel = narrow<Channel>(row, 11);
  exception.reply = row.text(12);
  return exception;
}

ExceptionGroup read_group(const Statement& row) {
  return {narrow<State>(row, 0), narrow<Reason>(row, 1), narrow<std::uint64_t>(row, 2)};
}

}  // namespace

Result<std::optional<ExceptionRecord>> LedgerStore::exception(TaskNumber task,
                                                              InvitationNumber invitation) {
  auto& statement = of(Verb::exceptions)
                        .bind(1, task)
                        .bind(2, std::int64_t{invitation})
                        .bind(3, std::int64_t{invitation});
  return first_of<ExceptionRecord>(statement, read_exception);
}

Result<std::vector<ExceptionRecord>> LedgerStore::exceptions(TaskNumber task, InvitationNumber from,
                                                             std::size_t count) {
  const auto past = std::int64_t{from} + static_cast<std::int64_t>(count);
  auto& statement =
      of(Verb::exceptions).bind(1, task).bind(2, std::int64_t{from}).bind(3, past - 1);
  return all_of<ExceptionRecord>(statement, read_exception);
}

Result<std::vector<InvitationNumber>> LedgerStore::ended(TaskNumber task, InvitationNumber past) {
  static_assert(static_cast<int>(State::failed) == 8 && static_cast<int>(State::unreachable) == 9 &&
                static_cast<int>(State::expired) == 11);
  auto& statement = of(Verb::ended).bind(1, task).bind(2, std::int64_t{past});
  return all_of<InvitationNumber>(
      statement, [](const Statement& row) { return narrow<InvitationNumber>(row, 0); });
}

Result<void> LedgerStore::put_exception(TaskNumber task, const ExceptionRecord& row) {
  return of(Verb::put_exception)
      .bind(1, task)
      .bind(2, std::int64_t{row.invitation})
      .bind(3, static_cast<std::int64_t>(row.outcome.state))
      .bind(4, static_cast<std::int64_t>(row.outcome.reason))
      .bind(5, std::int64_t{row.outcome.attempts})
      .bind(6, std::int64_t{row.status})
      .bind(7, std::int64_t{row.generation})
      .bind(8, row.timestamp_ms)
      .bind(9, row.next_at_ms)
      .bind(10, static_cast<std::int64_t>(row.wait))
      .bind(11, std::int64_t{row.doubt})
      .bind(12, row.updated_at.milliseconds)
      .bind(13, static_cast<std::int64_t>(row.channel))
      .bind(14, std::string_view(row.reply))
      .run();
}

Result<void> LedgerStore::remove_exception(TaskNumber task, InvitationNumber invitation) {
  return of(Verb::remove_exception).bind(1, task).bind(2, std::int64_t{invitation}).run();
}

Result<std::vector<ExceptionRecord>> LedgerStore::waiting(TaskNumber task, Channel channel,
                                                          WallTime until, std::size_t most) {
  auto& statement = of(Verb::waiting)
                        .bind(1, task)
                        .bind(2, static_cast<std::int64_t>(channel))
                        .bind(3, until.milliseconds)
                        .bind(4, static_cast<std::int64_t>(most));
  return all_of<ExceptionRecord>(statement, read_exception);
}

Result<void> LedgerStore::lease_exception(TaskNumber task, InvitationNumber invitation) {
  return of(Verb::lease_exception).bind(1, task).bind(2, std::int64_t{invitation}).run();
}

Result<std::vector<ExceptionGroup>> LedgerStore::doubt_leased(TaskNumber task) {
  static_assert(static_cast<int>(Channel::account) == 2);
  auto groups = all_of<ExceptionGroup>(of(Verb::leased_groups).bind(1, task), read_group);
  if (!groups) {
    return groups;
  }
  Result<void> done;
  if (!groups->empty()) {
    done = of(Verb::doubt_leased)
               .bind(1, task)
               .bind(2, static_cast<std::int64_t>(State::in_doubt))
               .bind(3, static_cast<std::int64_t>(Reason::process_died))
               .run();
  }
  if (done) {
    done = of(Verb::return_leased).bind(1, task).run();
  }
  if (!done) {
    return tl::unexpected(done.error());
  }
  return groups;
}

Result<std::vector<ExceptionGroup>> LedgerStore::retry(TaskNumber task, State state, WallTime now) {
  const auto from = static_cast<std::int64_t>(state);
  auto groups =
      all_of<ExceptionGroup>(of(Verb::retry_groups).bind(1, task).bind(2, from), read_group);
  if (!groups || groups->empty()) {
    return groups;
  }
  const auto done = of(Verb::retry)
                        .bind(1, task)
                        .bind(2, from)
                        .bind(3, static_cast<std::int64_t>(State::deferred))
                        .bind(4, now.milliseconds)
                        .bind(5, std::int64_t{state == State::in_doubt ? 0 : 1})
                        .run();
  if (!done) {
    return tl::unexpected(done.error());
  }
  return groups;
}

}  // namespace muster::store
