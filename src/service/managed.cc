// Managed Distribution in the dispatcher: content tokens, who has accepted, and what listens for
// devices and for Apple.
#include <algorithm>
#include <filesystem>

#include "base/log.h"
#include "registrar/facts.h"
#include "service/codes_file.h"
#include "service/implementation.h"
#include "service/row_states.h"
#include "service/wording.h"

namespace muster {
namespace {

constexpr std::int64_t day_ms = 24LL * 3600 * 1000;

const char* name_of_condition(registrar::LocationFacts::Condition condition) {
  using Condition = registrar::LocationFacts::Condition;
  switch (condition) {
    case Condition::ok:
      return "ok";
    case Condition::unproved:
      return "unproved";
    case Condition::foreign:
      return "foreign";
    case Condition::refused:
      return "refused";
    case Condition::codes:
      return "codes";
  }
  return "";
}

// What keeps others than this machine from being listened to; empty: nothing, or they are not.
std::string exposed(const Settings& settings) {
  const auto& listen = settings.server.listen;
  if (listen.starts_with("127.") || listen.starts_with("[::1]") ||
      listen.starts_with("localhost:")) {
    return {};
  }
  if (settings.server.certificate_file.empty()) {
    return "server.listen is " + listen +
           ", which others reach, and there is no certificate; set server.certificate_file, or "
           "listen on 127.0.0.1 behind a proxy";
  }
  if (settings.mdm.mode == "builtin" && settings.mdm.device_trust_file.empty()) {
    return "server.listen is " + listen +
           ", which others reach, and any device would be believed; set mdm.device_trust_file";
  }
  if (settings.mdm.mode == "nanomdm" && settings.mdm.nanomdm_secret_file.empty()) {
    return "server.listen is " + listen +
           ", which others reach, and any webhook would be believed; set "
           "mdm.nanomdm_secret_file, and nanomdm -webhook-hmac-key to the same secret";
  }
  return {};
}

// As far as that, or to another end.
bool has_come(const ledger::Row& row, Part part, Goal goal) {
  switch (row.outcome.state) {
    case State::queued:
    case State::registering:
    case State::deferred:
    case State::in_doubt:
    case State::elsewhere:
      return false;
    case State::sent:
      return goal == Goal::sent || (goal == Goal::shown && part != Part::push);
    case State::postponed:
      return goal == Goal::sent;
    case State::shown:
      return goal != Goal::enrolled;
    default:
      return true;
  }
}

Location shown_location(const registrar::LocationFacts& facts, WallTime now) {
  Location location;
  location.id = facts.id;
  location.organisation = facts.organisation;
  location.name = facts.name;
  if (facts.expires_at.milliseconds != 0) {
    location.expires_at = to_text(facts.expires_at);
    const auto left = facts.expires_at.milliseconds - now.milliseconds;
    location.days_left = left < 0 ? -1 - (-left - 1) / day_ms : left / day_ms;
  }
  location.condition = name_of_condition(facts.condition);
  location.words = facts.words;
  location.waiting = facts.waiting;
  location.registered = facts.registered;
  location.enrolled = facts.associated;
  location.refused = facts.refused_users;
  return location;
}

}  // namespace

Checked<Done> Dispatcher::Implementation::open_registering(bool make) {
  if (registering != nullptr || access != Access::send) {
    return Done{};
  }
  if (!make && !std::filesystem::exists(settings.data_dir + "/control.db")) {
    return Done{};
  }
  auto opened = service::Registering::open(settings.data_dir, settings.books, clock);
  if (!opened) {
    return service::failure_of(opened.error());
  }
  if (pipeline != nullptr) {
    return Failure{FailureKind::refused,
                   "this process has begun to send without Apps and Books; start it anew"};
  }
  registering = std::move(*opened);
  return Done{};
}

bool Dispatcher::Implementation::managed() const {
  if (registering != nullptr) {
    return !registering->locations().empty();
  }
  // Another process may be the registrar. What cannot be read is said by whoever must have it.
  const auto any = registrar::any_location(settings.data_dir);
  return any && *any;
}

Checked<std::vector<registrar::LocationFacts>> Dispatcher::Implementation::location_facts() const {
  if (registering != nullptr) {
    return registering->locations();
  }
  auto facts = registrar::read_facts(settings.data_dir, clock.wall());
  if (!facts) {
    return service::failure_of(facts.error());
  }
  return std::move(*facts);
}

Checked<std::vector<service::StoppedUsers>> Dispatcher::Implementation::stopped_users(
    roster::RosterReader& reader, const NumberSet& users) const {
  const auto facts = location_facts();
  if (!facts) {
    return facts.failure();
  }
  auto stopped = service::stopped_users(settings.data_dir, *facts, reader, users);
  if (!stopped) {
    return service::failure_of(stopped.error(), "who is registered cannot be read");
  }
  return std::move(*stopped);
}

Checked<Done> Dispatcher::Implementation::install_content_token(const std::string& location,
                                                                const std::string& content,
                                                                const std::string& name) {
  const auto token = registrar::read_content_token(content, name);
  if (!token) {
    return service::failure_of(token.error());
  }
  if (auto opened = open_registering(true); !opened) {
    return opened.failure();
  }
  if (const auto installed = registering->install(location, *token); !installed) {
    return service::failure_of(installed.error(), FailureKind::refused);
  }
  return Done{};
}

Checked<Done> Dispatcher::Implementation::take_over_content_token(const std::string& location) {
  if (registering == nullptr) {
    return Failure{FailureKind::refused,
                   "there is no location '" + location + "'; install its content token first",
                   true};
  }
  if (const auto taken = registering->take_over(location); !taken) {
    return service::failure_of(taken.error(), FailureKind::refused);
  }
  return Done{};
}

Checked<ImportReport> Dispatcher::Implementation::import_codes(const std::string& file,
                                                               bool dry_run) {
  const auto begun = clock.now();
  if (access != Access::send) {
    return Failure{FailureKind::cannot_start, "the data directory was opened for reading only"};
  }
  auto reader = roster_reader();
  if (!reader) {
    return reader.failure();
  }
  const auto codes = service::read_codes(file, **reader);
  if (!codes) {
    return service::failure_of(codes.error());
  }
  ImportReport report;
  report.codes = codes->size();
  if (!dry_run) {
    if (auto opened = open_registering(true); !opened) {
      return opened.failure();
    }
    if (const auto taken = registering->take_codes(*codes); !taken) {
      return service::failure_of(taken.error(), "the codes could not be stored, none was");
    }
  }
  report.seconds = static_cast<double>((clock.now() - begun).count()) * 1e-9;
  return report;
}

Checked<std::vector<Location>> Dispatcher::Implementation::locations() {
  const auto facts = location_facts();
  if (!facts) {
    return facts.failure();
  }
  std::vector<Location> locations;
  for (const auto& each : *facts) {
    locations.push_back(shown_location(each, clock.wall()));
  }
  return locations;
}

// Devices that check in write to the roster as imports and edits do, under the one lock.
Checked<Done> Dispatcher::Implementation::open_devices_room() {
  if (settings.mdm.mode == "off" || devices_room != nullptr) {
    return Done{};
  }
  service::DevicesHouse house;
  house.registering = registering.get();
  house.check_in = [this](std::span<const roster::CheckIn> devices) {
    const std::lock_guard guard(roster_mutex);
    return roster->check_in(devices, clock.wall());
  };
  auto opened =
      service::DevicesRoom::open(settings.data_dir, settings.mdm, clock, std::move(house));
  if (!opened) {
    return service::failure_of(opened.error());
  }
  devices_room = std::move(*opened);
  return Done{};
}

Checked<std::uint16_t> Dispatcher::Implementation::listen(const WebHandler& others) {
  if (endpoint != nullptr) {
    return endpoint->port();
  }
  if (const auto why = exposed(settings); !why.empty()) {
    return Failure{FailureKind::cannot_start, why};
  }
  if (auto opened = open_registering(true); !opened) {
    return opened.failure();
  }
  if (auto opened = open_devices_room(); !opened) {
    return opened.failure();
  }
  if (auto opened = open_pipeline(); !opened) {
    return opened.failure();
  }
  if (auto opened = open_waking(); !opened) {
    return opened.failure();
  }
  auto opened = service::Endpoint::open(settings, {devices_room.get(), registering.get(), others});
  if (!opened) {
    return service::failure_of(opened.error());
  }
  endpoint = std::move(*opened);
  return endpoint->port();
}

Checked<Done> Dispatcher::Implementation::register_users(const NumberSet& users) {
  if (registering == nullptr) {
    return Failure{FailureKind::cannot_start,
                   "the task invites to Managed Distribution, but " + settings.data_dir +
                       "/control.db is not there; restore it from a backup, or send anew"};
  }
  // Whoever is woken or registered answers to us.
  if (settings.mdm.mode != "off" || !settings.books.notification_url.empty()) {
    if (auto listening = listen({}); !listening) {
      return listening.failure();
    }
  }
  registering->want(users);
  return Done{};
}

Checked<std::uint64_t> Dispatcher::Implementation::pending(const std::string& task, Goal goal) {
  auto row = find(task);
  auto ledgers = ledger_reader();
  if (!row || !ledgers) {
    return row ? ledgers.failure() : row.failure();
  }
  auto states = service::RowStates::open(settings.data_dir, **ledgers, *row);
  if (!states) {
    return service::failure_of(states.error(), "what the devices reported cannot be read");
  }
  std::uint64_t count = 0;
  for (InvitationNumber from = 0; from < row->layout.rows(); from += limits::page_size) {
    auto rows = (*ledgers)->rows(row->id, from, limits::page_size);
    if (!rows) {
      return service::failure_of(rows.error(), "the ledger cannot be read");
    }
    if (const auto applied = states->apply(*rows); !applied) {
      return service::failure_of(applied.error(), "what the devices reported cannot be read");
    }
    count += static_cast<std::uint64_t>(
        std::count_if(rows->begin(), rows->end(), [&](const ledger::Row& each) {
          return !each.asleep && !has_come(each, row->layout.part_of(each.invitation), goal);
        }));
  }
  return count;
}

// Who has accepted counts as enrolled from here on: in every task, audience and list.
void Dispatcher::Implementation::keep_associated() {
  if (registering == nullptr) {
    return;
  }
  const auto users = registering->take_associated();
  associated.insert(associated.end(), users.begin(), users.end());
  if (associated.empty()) {
    return;
  }
  const std::unique_lock writing(roster_mutex, roster_patience);
  if (!writing) {
    return;  // an import is under way: next time
  }
  NumberSet enrolled;
  for (const auto user : associated) {
    enrolled.add(user);
  }
  if (const auto added = roster->add_enrolled(enrolled); !added) {
    log::warning("service", "enrolled users could not be recorded, tried again",
                 {{"error", words(added.error())}});
    return;
  }
  associated.clear();
}

}  // namespace muster
