#include "service/row_states.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

#include "mdm/desk.h"
#include "registrar/progress.h"
#include "service/wording.h"

namespace muster::service {
namespace {

constexpr UserNumber nobody = UINT32_MAX;

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

template <class Store, class Read>
auto in_snapshot(Store& store, Read read) -> decltype(read()) {
  if (auto begun = store.begin(); !begun) {
    return tl::unexpected(begun.error());
  }
  auto value = read();
  store.rollback();  // nothing was written
  return value;
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
  if (!states.managed_) {
    return states;  // rows are as the ledger has them: nothing is read for each page of them
  }
  auto devices = ledger.devices(task.id);
  auto mailboxes = ledger.mailboxes(task.id);
  auto fallbacks = ledger.fallbacks(task.id);
  auto accounts = ledger.accounts(task.id);
  auto users = ledger.users(task.id);
  for (const auto* each : {&devices, &mailboxes, &fallbacks, &accounts, &users}) {
    if (!*each) {
      return tl::unexpected(each->error());
    }
  }
  states.devices_ = std::move(*devices);
  states.mailboxes_ = std::move(*mailboxes);
  states.fallbacks_ = std::move(*fallbacks);
  states.accounts_ = std::move(*accounts);
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
    const auto part = task_.layout.part_of(row.invitation);
    const auto rank = task_.layout.rank_of(row.invitation);
    if (part != Part::push) {
      const auto& set = part == Part::mail       ? mailboxes_
                        : part == Part::fallback ? fallbacks_
                                                 : accounts_;
      users.push_back(set.at(rank).value_or(nobody));
      continue;
    }
    const auto device = devices_.at(rank);
    if (!device) {
      users.push_back(nobody);
      continue;
    }
    const auto target = blocks_->at(*device);
    if (!target) {
      return tl::unexpected(target.error());
    }
    users.push_back(target->known ? target->user : nobody);
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
    auto found = in_snapshot(*commands_, [&] {
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
  const auto device_of = [&](const ledger::Row& row) {
    return task_.layout.part_of(row.invitation) == Part::push
               ? devices_.at(task_.layout.rank_of(row.invitation))
               : std::nullopt;
  };
  std::optional<DeviceNumber> first;
  DeviceNumber last = 0;
  for (const auto& row : rows) {
    if (const auto device = device_of(row)) {
      first = first.value_or(*device);
      last = *device;
    }
  }
  if (!first) {
    return {};
  }
  const auto left = in_snapshot(*commands_, [&] {
    return commands_->devices_wholly_in(mdm::enrolment_left, *first, last + 1);
  });
  if (!left) {
    return tl::unexpected(left.error());
  }
  for (auto& row : rows) {
    const bool waits = handed_over(row.outcome.state) || row.outcome.state == State::postponed;
    const auto device = device_of(row);
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
      in_snapshot(*registrations_, [&] { return registrations_->registrations(numbers); });
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
  const auto tally = in_snapshot(*commands_, [&] { return commands_->tally(task_.id); });
  if (!tally) {
    return tl::unexpected(tally.error());
  }
  funnel.shown = tally->shown;
  funnel.postponed = tally->postponed;
  funnel.refused = tally->refused;
  return funnel;
}

}  // namespace muster::service
