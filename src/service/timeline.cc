// One invitation, step by step, from what is kept of it: the ledger's row, the command, the
// registration.
#include <algorithm>
#include <filesystem>

#include "mdm/desk.h"
#include "registrar/progress.h"
#include "service/local_dispatcher.h"
#include "service/wording.h"
#include "store/registration_store.h"
#include "store/snapshot.h"

namespace muster {
namespace {

std::string times(std::uint32_t count) {
  return count == 1 ? "once" : std::to_string(count) + " times; this is the last";
}

// Moments with the time they are ordered by.
class Moments {
 public:
  void add(WallTime at, std::string what, std::string words) {
    if (at.milliseconds != 0) {
      all_.push_back({at, {to_text(at), std::move(what), std::move(words)}});
    }
  }
  [[nodiscard]] std::vector<Moment> in_order() {
    std::ranges::stable_sort(all_, {}, &Timed::at);
    std::vector<Moment> moments;
    moments.reserve(all_.size());
    for (auto& each : all_) {
      moments.push_back(std::move(each.moment));
    }
    return moments;
  }

 private:
  struct Timed {
    WallTime at;
    Moment moment;
  };
  std::vector<Timed> all_;
};

// How the hand-over ended, as the ledger has it; later facts are told apart.
void add_hand_over(const ledger::Row& row, const Invitation& shown, Moments& moments) {
  if (row.outcome.state == State::queued || row.outcome.state == State::registering) {
    return;
  }
  std::string words;
  if (row.outcome.state == State::sent) {
    words = shown.channel == "push"
                ? "the push was taken by APNs under the apns-id " + shown.apns_id
            : shown.channel == "mail" ? "the letter was taken by the mail server: " + shown.reply
                                      : "nothing had to be sent";
    if (row.outcome.attempts > 1) {
      words += ", at attempt " + std::to_string(row.outcome.attempts);
    }
  } else {
    words = std::string(muster::words(row.outcome.reason));
    words += shown.reply.empty() ? "" : " (" + shown.reply + ")";
    if (row.next_at_ms != 0) {
      words += "; tried again at " + to_text(WallTime{row.next_at_ms});
    }
  }
  moments.add(row.updated_at, std::string(name_of(row.outcome.state)), words);
}

void add_command(const store::CommandRow& command, Moments& moments) {
  using mdm::CommandResult;
  moments.add(command.handed_at, "handed",
              "the device was handed the command " + times(command.handed));
  const auto result = static_cast<CommandResult>(command.result);
  if (command.not_now != 0) {
    const bool last = result == CommandResult::postponed;
    // Of the last NotNow before another word only the number is kept.
    moments.add(last ? command.result_at : command.handed_at, "postponed",
                "the device said NotNow " +
                    (last ? times(command.not_now)
                          : std::to_string(command.not_now) + " times, up to then"));
  }
  if (result == CommandResult::shown) {
    moments.add(command.result_at, "shown", "the device showed the invitation");
  } else if (result == CommandResult::refused) {
    moments.add(command.result_at, "refused", "the device refused the command: " + command.trouble);
  }
}

void add_registration(const store::RegistrationRow& registration, Moments& moments) {
  using registrar::Progress;
  switch (static_cast<Progress>(registration.state)) {
    case Progress::wanted:
    case Progress::asked:
      moments.add(registration.changed_at, "registering",
                  "the user is being registered with Apps and Books");
      break;
    case Progress::registered:
      moments.add(registration.changed_at, "registered",
                  "the user is registered with Apps and Books");
      break;
    case Progress::associated:
      moments.add(registration.changed_at, "enrolled", "the user accepted");
      break;
    case Progress::refused:
      moments.add(
          registration.changed_at, "refused",
          std::string(words(registrar::seen_of(Progress::refused, registration.error).reason)));
      break;
    case Progress::retired:
      moments.add(registration.changed_at, "retired", "the user was removed at Apple's");
      break;
  }
}

// What control.db knows of it.
Checked<Done> add_facts(const std::string& dir, const ledger::TaskRow& task,
                        InvitationNumber number, std::optional<UserNumber> user, Moments& moments) {
  if (!std::filesystem::exists(dir + "/control.db")) {
    return Done{};
  }
  auto commands = store::CommandStore::open(dir, store::OpenMode::read);
  auto registrations = store::RegistrationStore::open(dir, store::OpenMode::read);
  if (!commands || !registrations) {
    return service::failure_of(commands ? registrations.error() : commands.error());
  }
  const auto command = store::in_snapshot(
      *commands, [&] { return commands->commands(task.id, number, number + 1); });
  if (!command) {
    return service::failure_of(command.error(), "what the device reported cannot be read");
  }
  for (const auto& each : *command) {
    add_command(each, moments);
  }
  if (!user) {
    return Done{};
  }
  const std::vector<UserNumber> users{*user};
  const auto known =
      store::in_snapshot(*registrations, [&] { return registrations->registrations(users); });
  if (!known) {
    return service::failure_of(known.error(), "the user's registration cannot be read");
  }
  for (const auto& each : *known) {
    add_registration(each, moments);
  }
  return Done{};
}

}  // namespace

Checked<Timeline> Dispatcher::Implementation::timeline(const std::string& task,
                                                       std::uint32_t number) {
  InvitationQuery query;
  query.after = number;
  query.limit = 1;
  const auto page = invitations(task, query);
  if (!page) {
    return page.failure();
  }
  if (page->rows.empty() || page->rows.front().number != number) {
    return Failure{FailureKind::usage,
                   "the task has no invitation " + std::to_string(number) +
                       "; `muster tasks TASK --csv` lists them",
                   true};
  }
  auto ledgers = ledger_to_look_at();
  auto rosters = roster_to_look_at();
  if (!ledgers || !rosters) {
    return !ledgers ? ledgers.failure() : rosters.failure();
  }
  const auto row = find_in(**ledgers, task);
  if (!row) {
    return row.failure();
  }
  const auto rows = (*ledgers)->rows(row->id, number, 1);
  if (!rows) {
    return service::failure_of(rows.error(), "the ledger cannot be read");
  }
  Timeline timeline{page->rows.front(), {}};
  Moments moments;
  moments.add(row->created_at, "queued", "the send to " + row->target_name + " was confirmed");
  // Of what happened in the same millisecond a registration comes first.
  if (service::is_managed(row->selector)) {
    // Whose it is now; a user who was removed has no registration that would concern it.
    const auto user = (*rosters)->user_number(timeline.row.user_id);
    const auto added = add_facts(settings.data_dir, *row, number,
                                 user ? std::optional(*user) : std::nullopt, moments);
    if (!added) {
      return added.failure();
    }
  }
  for (const auto& each : *rows) {
    add_hand_over(each, timeline.row, moments);
  }
  timeline.moments = moments.in_order();
  return timeline;
}

Checked<Timeline> LocalDispatcher::timeline(const std::string& task, std::uint32_t number) {
  const std::lock_guard lock(implementation_->looking.mutex);
  return implementation_->timeline(task, number);
}

}  // namespace muster
