#include "service/row_states.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

#include "mdm/desk.h"
#include "registrar/progress.h"
#include "service/wording.h"
#include "store/snapshot.h"

namespace muster::service {
namespace {

// The half of control.db that this process can read; null where nobody made the file yet.
template <class Store>
Result<std::unique_ptr<Store>> open_if_there(const std::string& dir) {
  if (!std::filesystem::exists(dir + "/control.db")) {
    return std::unique_ptr<Store>();
  }
  auto opened = Store::open(dir, store::OpenMode::read);
  if (!opened) {
    return tl::unexpected(opened.error().cause);
  }
  return std::make_unique<Store>(std::move(*opened));
}

bool handed_over(State state) {
  return state == State::sent || state == State::in_doubt;
}

}  // namespace

Result<RowStates> RowStates::open(const std::string& dir, ledger::LedgerReader& ledger,
                                  const ledger::TaskRow& task) {
  RowStates states;
  states.task_ = task;
  states.managed_ = is_managed(task.selector);
  auto meant = Meant::read(ledger, task);
  if (!meant) {
    return tl::unexpected(meant.error());
  }
  states.meant_ = std::move(*meant);
  if (!states.managed_) {
    return states;  // rows are as the ledger has them: nothing else is read for a page of them
  }
  auto users = ledger.users(task.id);
  if (!users) {
    return tl::unexpected(users.error());
  }
  states.users_ = std::move(*users);
  auto roster = roster::RosterReader::open(dir);
  if (!roster) {
    return tl::unexpected(roster.error().cause);
  }
  auto enrolled = (*roster)->users_enrolled();
  if (!enrolled) {
    return tl::unexpected(enrolled.error());
  }
  states.enrolled_ = std::move(*enrolled);
  states.blocks_ = std::make_unique<pipeline::BlockCache>(std::move(*roster));
  auto commands = open_if_there<store::CommandStore>(dir);
  auto registrations = open_if_there<store::RegistrationStore>(dir);
  if (!commands || !registrations) {
    return tl::unexpected(commands ? registrations.error() : commands.error());
  }
  states.commands_ = std::move(*commands);
  states.registrations_ = std::move(*registrations);
  return states;
}

Result<std::vector<UserNumber>> RowStates::users_of(const std::vector<ledger::Row>& rows) {
  std::vector<UserNumber> users;
  users.reserve(rows.size());
  for (const auto& row : rows) {
    const auto user = meant_.user_of(row.invitation, *blocks_);
    if (!user) {
      return tl::unexpected(user.error());
    }
    users.push_back(*user);
  }
  return users;
}

Result<void> RowStates::apply(std::vector<ledger::Row>& rows) {
  if (rows.empty() || !managed_) {
    return {};
  }
  const auto users = users_of(rows);
  if (!users) {
    return tl::unexpected(users.error());
  }
  std::map<InvitationNumber, store::CommandRow> commands;
  if (commands_ != nullptr) {
    auto found = store::in_snapshot(*commands_, [&] {
      return commands_->commands(task_.id, rows.front().invitation, rows.back().invitation + 1);
    });
    if (!found) {
      return tl::unexpected(found.error());
    }
    for (auto& command : *found) {
      const auto number = command.invitation;
      commands.emplace(number, std::move(command));
    }
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto& outcome = rows[i].outcome;
    const auto user = (*users)[i];
    if (handed_over(outcome.state) && user != nobody && enrolled_.contains(user)) {
      outcome = Outcome{State::enrolled, Reason::none, outcome.attempts};
      continue;
    }
    const auto command = commands.find(rows[i].invitation);
    if (command == commands.end() || !handed_over(outcome.state)) {
      continue;
    }
    switch (static_cast<mdm::CommandResult>(command->second.result)) {
      case mdm::CommandResult::none:
        break;
      case mdm::CommandResult::shown:
        outcome = Outcome{State::shown, Reason::none, outcome.attempts};
        break;
      case mdm::CommandResult::postponed:
        outcome = Outcome{State::postponed, Reason::none, outcome.attempts};
        break;
      case mdm::CommandResult::refused:
        outcome = Outcome{State::failed, Reason::command_refused, outcome.attempts};
        rows[i].reply = command->second.trouble;
        break;
    }
  }
  if (const auto marked = mark_left(rows); !marked) {
    return marked;
  }
  return mark_registering(rows, *users);
}

// A device that checked out shows nothing any more, until it enrols again.
Result<void> RowStates::mark_left(std::vector<ledger::Row>& rows) {
  if (commands_ == nullptr || task_.layout.devices == 0) {
    return {};
  }
  std::optional<DeviceNumber> first;
  DeviceNumber last = 0;
  for (const auto& row : rows) {
    if (const auto device = meant_.device_of(row.invitation)) {
      first = first.value_or(*device);
      last = *device;
    }
  }
  if (!first) {
    return {};
  }
  const auto left = store::in_snapshot(*commands_, [&] {
    return commands_->devices_wholly_in(mdm::enrolment_left, *first, last + 1);
  });
  if (!left) {
    return tl::unexpected(left.error());
  }
  for (auto& row : rows) {
    const bool waits = handed_over(row.outcome.state) || row.outcome.state == State::postponed;
    const auto device = meant_.device_of(row.invitation);
    if (waits && device && std::ranges::binary_search(*left, *device)) {
      row.outcome = Outcome{State::unreachable, Reason::unenrolled, row.outcome.attempts};
    }
  }
  return {};
}

Result<void> RowStates::mark_registering(std::vector<ledger::Row>& rows,
                                         const std::vector<UserNumber>& users) {
  if (registrations_ == nullptr) {
    return {};
  }
  NumberSet asked;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].outcome.state == State::queued && users[i] != nobody) {
      asked.add(users[i]);
    }
  }
  const auto numbers = asked.slice(0, asked.size());
  const auto found =
      store::in_snapshot(*registrations_, [&] { return registrations_->registrations(numbers); });
  if (!found) {
    return tl::unexpected(found.error());
  }
  NumberSet waiting;
  for (const auto& row : *found) {
    const auto progress = static_cast<registrar::Progress>(row.state);
    if (progress == registrar::Progress::wanted || progress == registrar::Progress::asked) {
      waiting.add(row.user);
    }
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].outcome.state == State::queued && users[i] != nobody &&
        waiting.contains(users[i])) {
      rows[i].outcome.state = State::registering;
    }
  }
  return {};
}

Result<RowStates::Funnel> RowStates::funnel() {
  Funnel funnel;
  if (!managed_) {
    return funnel;
  }
  funnel.users = users_.size();
  funnel.users_enrolled = users_.size_of_intersection(enrolled_);
  if (commands_ == nullptr) {
    return funnel;
  }
  const auto tally = store::in_snapshot(*commands_, [&] { return commands_->tally(task_.id); });
  if (!tally) {
    return tl::unexpected(tally.error());
  }
  funnel.shown = tally->shown;
  funnel.postponed = tally->postponed;
  funnel.refused = tally->refused;
  return funnel;
}

}  // namespace muster::service
