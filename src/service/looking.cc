#include <algorithm>

#include "base/log.h"
#include "roster/search.h"
#include "service/implementation.h"
#include "service/row_names.h"
#include "service/row_states.h"
#include "service/wording.h"

namespace muster {
namespace {

constexpr Duration rate_window = std::chrono::seconds(3);

double seconds(Duration duration) {
  return static_cast<double>(duration.count()) * 1e-9;
}

// What limits a running task: where nothing waits for the shards, a limit that is nearly reached.
std::string bound_by(pipeline::Bound bound, double rate, std::uint32_t task_limit,
                     std::uint32_t wakes_limit) {
  constexpr double nearly = 0.8;
  for (const double limit : {task_limit, wakes_limit}) {
    if (bound == pipeline::Bound::none && limit != 0 && rate >= nearly * limit) {
      return "pace";
    }
  }
  return std::string(name_of(bound));
}

// The reader, opened at its first use. `what`: what a fresh directory does not hold yet.
template <class Reader>
Checked<Reader*> opened_once(std::unique_ptr<Reader>& reader, const std::string& data_dir,
                             const char* what) {
  if (reader == nullptr) {
    auto opened = Reader::open(data_dir);
    if (!opened && opened.error().cause.code == ErrorCode::not_found) {
      return Failure{FailureKind::cannot_start,
                     data_dir + " holds no " + what + " yet; begin with `muster import`"};
    }
    if (!opened) {
      return service::failure_of(opened.error());
    }
    reader = std::move(*opened);
  }
  return reader.get();
}

// How many rows one call looks at, at most: some tens of milliseconds.
constexpr std::uint32_t rows_looked_at_max = 32 * limits::page_size;

bool finds(const roster::Search& search, const roster::DeviceText& text) {
  return search.finds(text.user_full_name) || search.finds(text.device_name) ||
         search.finds(text.user_id) || search.finds(text.device_id);
}

}  // namespace

// By id, or by its first characters where they name only one task.
Checked<ledger::TaskRow> Dispatcher::Implementation::find_in(ledger::LedgerReader& reader,
                                                             const std::string& id) {
  const auto rows = reader.tasks();
  if (!rows) {
    return service::failure_of(rows.error(), "the ledger cannot be read");
  }
  std::optional<ledger::TaskRow> found;
  for (const auto& row : *rows) {
    if (uuid_text(row.id.bytes).starts_with(id)) {
      if (found) {
        return Failure{FailureKind::usage,
                       "'" + id + "' names more than one task; write more of it"};
      }
      found = row;
    }
  }
  if (!found || id.empty()) {
    return Failure{FailureKind::usage, "there is no task '" + id + "'; `muster tasks` lists them",
                   true};
  }
  return *found;
}

Checked<roster::RosterReader*> Dispatcher::Implementation::roster_reader() {
  return opened_once(roster_for_reading, settings.data_dir, "roster");
}

Checked<ledger::LedgerReader*> Dispatcher::Implementation::ledger_reader() {
  return opened_once(ledger_for_reading, settings.data_dir, "tasks");
}

Checked<roster::RosterReader*> Dispatcher::Implementation::roster_to_look_at() {
  return opened_once(looking.roster, settings.data_dir, "roster");
}

Checked<ledger::LedgerReader*> Dispatcher::Implementation::ledger_to_look_at() {
  return opened_once(looking.ledger, settings.data_dir, "tasks");
}

bool Dispatcher::Implementation::held() {
  return access == Access::read && store::DirectoryLock::held(settings.data_dir);
}

Dispatcher::Implementation::Run* Dispatcher::Implementation::run_of(const std::string& task) {
  const auto run = runs.find(task);
  return run == runs.end() ? nullptr : &run->second;
}

Checked<ledger::TaskRow> Dispatcher::Implementation::find(const std::string& id) {
  auto reader = ledger_reader();
  return reader ? find_in(**reader, id) : reader.failure();
}

Task Dispatcher::Implementation::shown(const ledger::TaskRow& row, bool somebody) {
  auto task = service::task_of(row, somebody);
  add_funnel(row, task);
  if (auto* run = run_of(task.id);
      run != nullptr && row.state == ledger::TaskState::running && run->open()) {
    task.state = TaskState::running;
    if (const auto now = progress(task.id)) {
      task.bound_by = now->bound_by;
    }
  }
  return task;
}

// What devices reported and who has accepted; left out where it cannot be read.
void Dispatcher::Implementation::add_funnel(const ledger::TaskRow& row, Task& task) {
  if (!service::is_managed(row.selector)) {
    return;
  }
  auto ledgers = ledger_reader();
  if (!ledgers) {
    return;
  }
  auto states = service::RowStates::open(settings.data_dir, **ledgers, row);
  const auto funnel = states ? states->funnel() : tl::unexpected(states.error());
  if (!funnel) {
    log::warning("service", "what the devices reported cannot be read",
                 {{"error", words(funnel.error())}});
    return;
  }
  task.shown = funnel->shown;
  task.postponed = funnel->postponed;
  task.users = funnel->users;
  task.users_enrolled = funnel->users_enrolled;
  // They were handed over, and refused afterwards.
  const auto refused = std::min(funnel->refused, task.sent);
  task.sent -= refused;
  task.failed += refused;
  if (refused != 0) {
    task.reasons.push_back({std::string(name_of(State::failed)),
                            std::string(name_of(Reason::command_refused)),
                            std::string(words(Reason::command_refused)), refused});
  }
}

Checked<std::vector<ledger::TaskRow>> Dispatcher::Implementation::task_rows() {
  auto reader = ledger_reader();
  if (!reader) {
    return reader.failure();
  }
  auto rows = (*reader)->tasks();
  if (!rows) {
    return service::failure_of(rows.error(), "the ledger cannot be read");
  }
  return std::move(*rows);
}

Checked<std::vector<Task>> Dispatcher::Implementation::tasks() {
  auto rows = task_rows();
  if (!rows) {
    return rows.failure();
  }
  std::vector<Task> tasks;
  const bool somebody = held();
  for (const auto& row : *rows) {
    tasks.push_back(shown(row, somebody));
  }
  return tasks;
}

Checked<Progress> Dispatcher::Implementation::progress(const std::string& task) {
  auto* run = run_of(task);
  if (run == nullptr) {
    auto row = find(task);
    if (!row) {
      return row.failure();
    }
    const auto as_it_is = service::task_of(*row, held());
    Progress still;
    still.state = as_it_is.state;
    still.state_reason = as_it_is.state_reason;
    still.total = as_it_is.invitations;
    still.sent = as_it_is.sent;
    still.deferred = as_it_is.deferred + as_it_is.in_doubt;
    still.failed = as_it_is.failed + as_it_is.unreachable + as_it_is.expired + as_it_is.cancelled;
    still.done = still.sent + still.failed;
    return still;
  }
  const auto& entry = *run->entry;
  Progress progress;
  const auto count = [&](State state) {
    return entry.durable[static_cast<std::size_t>(state)].load(std::memory_order_relaxed);
  };
  const auto phase = run->phase();
  progress.total =
      entry.layout.rows() - entry.layout.fallbacks + entry.woken.load(std::memory_order_relaxed);
  progress.sent =
      count(State::sent) + count(State::shown) + count(State::postponed) + count(State::enrolled);
  progress.failed = count(State::failed) + count(State::unreachable) + count(State::expired) +
                    count(State::cancelled) + count(State::superseded);
  progress.deferred = count(State::deferred) + count(State::in_doubt);
  progress.done = progress.sent + progress.failed;
  progress.state_reason = pipeline->stop_reason(entry);
  if (phase == pipeline::TaskEntry::Phase::completed) {
    progress.state = TaskState::completed;
  } else if (phase == pipeline::TaskEntry::Phase::stopped || pipeline->ledger_failed()) {
    const auto stop = entry.stop.load(std::memory_order_acquire);
    progress.state = stop == pipeline::Stop::cancel ? TaskState::cancelled
                     : stop > pipeline::Stop::drain ? TaskState::paused
                                                    : TaskState::interrupted;
  } else if (pipeline->store_trouble()) {
    progress.state = TaskState::paused;
  }
  const auto gauges = pipeline->gauges();
  progress.in_flight = gauges.in_flight;
  progress.unsettled = gauges.unsettled;
  const Instant now = clock.now();
  run->samples.emplace_back(now, progress.done);
  while (run->samples.size() > 2 && now - run->samples.front().first > rate_window) {
    run->samples.pop_front();
  }
  progress.seconds = seconds(now - run->begun_at);
  const auto& oldest = run->samples.front();
  const double span = seconds(now - oldest.first);
  progress.rate = span > 0.05 ? static_cast<double>(progress.done - oldest.second) / span
                  : progress.seconds > 0
                      ? static_cast<double>(progress.done - run->done_at_first) / progress.seconds
                      : 0;
  progress.seconds_left =
      progress.rate > 0 ? static_cast<double>(progress.total - progress.done) / progress.rate : 0;
  if (phase == pipeline::TaskEntry::Phase::open && progress.done < progress.total) {
    progress.bound_by =
        bound_by(gauges.bound == pipeline::Bound::none ? gauges.mail_bound : gauges.bound,
                 progress.rate, entry.rate, settings.mdm.wakes_per_second);
  }
  return progress;
}

Checked<InvitationPage> Dispatcher::Implementation::invitations(const std::string& task,
                                                                const InvitationQuery& query) {
  auto ledgers = ledger_to_look_at();
  auto rosters = roster_to_look_at();
  if (!ledgers || !rosters) {
    return !ledgers ? ledgers.failure() : rosters.failure();
  }
  const auto row = find_in(**ledgers, task);
  if (!row) {
    return row.failure();
  }
  const auto wanted = query.state.empty() ? std::optional<State>{} : state_named(query.state);
  if (!query.state.empty() && !wanted) {
    return Failure{FailureKind::usage, "there is no state '" + query.state + "'"};
  }
  auto states = service::RowStates::open(settings.data_dir, **ledgers, *row);
  if (!states) {
    return service::failure_of(states.error(), "what the devices reported cannot be read");
  }
  const auto limit = std::clamp<std::uint32_t>(query.limit, 1, limits::page_size);
  const roster::Search search(query.search);
  InvitationPage page;
  page.next = query.after;
  while (page.next < row->layout.rows() && page.rows.size() < limit &&
         page.next - query.after < rows_looked_at_max) {
    auto rows = (*ledgers)->rows(row->id, page.next, limits::page_size);
    if (!rows) {
      return service::failure_of(rows.error(), "the ledger cannot be read");
    }
    auto& found = *rows;
    if (const auto applied = states->apply(found); !applied) {
      return service::failure_of(applied.error(), "what the devices reported cannot be read");
    }
    if (found.empty()) {
      break;
    }
    page.next = found.back().invitation + 1;
    std::erase_if(found, [&](const ledger::Row& each) {
      return each.asleep || (wanted && each.outcome.state != *wanted);
    });
    const bool names_decide = !search.empty();
    if (!names_decide && found.size() > limit - page.rows.size()) {
      found.resize(limit - page.rows.size());
      page.next = found.back().invitation + 1;
    }
    const auto texts = service::names_of(found, states->meant(), **rosters);
    if (!texts) {
      return service::failure_of(texts.error(), "the roster cannot be read");
    }
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (names_decide && !finds(search, (*texts)[i])) {
        continue;
      }
      if (page.rows.size() == limit) {
        page.next = found[i].invitation;
        break;
      }
      page.rows.push_back(service::invitation_of_row(found[i], *row, (*texts)[i]));
    }
  }
  page.more = page.next < row->layout.rows();
  return page;
}

}  // namespace muster
