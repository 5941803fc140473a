#include <algorithm>
#include <thread>

#include "base/assert.h"
#include "base/log.h"
#include "crypto/digest.h"
#include "service/implementation.h"
#include "service/wording.h"

namespace muster {
namespace {

reactor::Kind kind_of_setting(const std::string& kind) {
  if (kind == "io_uring") {
    return reactor::Kind::io_uring;
  }
  return kind == "epoll" ? reactor::Kind::epoll : reactor::Kind::automatic;
}

std::vector<Duration> durations(const std::vector<std::chrono::milliseconds>& from) {
  return {from.begin(), from.end()};
}

std::uint64_t random_seed() {
  std::uint64_t seed = 0;
  crypto::fill_random({reinterpret_cast<Byte*>(&seed), sizeof seed});
  return seed;
}

// Tried here, where a refusal can still be told; the shards then open their own.
Checked<std::string> usable_reactor(const Settings& settings, const Clock& clock) {
  auto probe = reactor::open_network(kind_of_setting(settings.reactor.kind), clock);
  if (!probe) {
    return service::failure_of(probe.error());
  }
  return std::string(reactor::name_of(reactor::kind_of(**probe)));
}

// What follows from the settings alone.
pipeline::PipelineSettings pipeline_settings(const Settings& settings) {
  pipeline::PipelineSettings wanted;
  wanted.shards = settings.reactor.shards == 0 ? std::max(1U, std::thread::hardware_concurrency())
                                               : settings.reactor.shards;
  wanted.shards = std::min(wanted.shards, limits::shards_max);
  wanted.policy.retry_after = durations(settings.apns.retry_after);
  wanted.policy.attempts = settings.apns.attempts;
  wanted.policy.hold_in_doubt = settings.apns.in_doubt == "hold";
  wanted.expander.wakes_per_second = settings.mdm.wakes_per_second;
  wanted.expander.hold_in_doubt = wanted.policy.hold_in_doubt;
  wanted.seed = random_seed();
  return wanted;
}

}  // namespace

// The pipeline drains first (its threads ring nobody outside); then the keeper books what that
// left.
Dispatcher::Implementation::~Implementation() {
  directory_sync.reset();
  endpoint.reset();  // nobody comes in any more
  waking.reset();
  if (devices_room != nullptr) {
    devices_room->end();  // the pipeline may ask it to the last
  }
  if (pipeline != nullptr) {
    (void)pipeline->drain(std::chrono::seconds(30));
  }
  {
    const std::lock_guard guard(mutex);
    ending = true;
  }
  keeper_wanted.notify_all();
  if (keeper.joinable()) {
    keeper.join();
  }
  if (registering != nullptr) {
    registering->on_change({});  // there is soon nobody to tell
  }
  pipeline.reset();  // before the registrar, whose word it asks for
}

Checked<Done> Dispatcher::Implementation::open(Access wanted) {
  access = wanted;
  if (settings.store_url != "sqlite") {
    return Failure{FailureKind::cannot_start, "store.url is \"" + settings.store_url +
                                                  "\"; expected \"sqlite\", the only store of this "
                                                  "version; leave store.url out"};
  }
  if (wanted == Access::read) {
    return Done{};
  }
  auto taken = store::DirectoryLock::take(settings.data_dir);
  if (!taken) {
    return service::failure_of(taken.error());
  }
  lock.emplace(std::move(*taken));
  auto opened_roster = roster::Roster::open(settings.data_dir);
  if (!opened_roster) {
    return service::failure_of(opened_roster.error());
  }
  roster = std::move(*opened_roster);
  auto opened_ledger = ledger::Ledger::open(settings.data_dir);
  if (!opened_ledger) {
    return service::failure_of(opened_ledger.error());
  }
  ledger = std::move(*opened_ledger);
  if (auto opened_books = open_registering(false); !opened_books) {
    return opened_books.failure();
  }
  return catch_up_invited();
}

// Two files cannot commit together: the task comes first, the roster's `invited` second, when it
// begins and when it ends, and a crash in between is made good here.
Checked<Done> Dispatcher::Implementation::catch_up_invited() {
  auto rows = task_rows();
  if (!rows) {
    return rows.failure();
  }
  for (const auto& row : *rows) {
    if (row.state == ledger::TaskState::paused && row.state_reason == service::waits_for_its_time) {
      scheduled.emplace(uuid_text(row.id.bytes), service::read_asked(row.selector).start_at);
    }
    if (row.invited == ledger::Invited::unknown) {
      if (auto added = add_invited(row.id); !added) {
        return added;
      }
    }
    const bool ended =
        row.state == ledger::TaskState::completed || row.state == ledger::TaskState::cancelled;
    if (ended && row.invited != ledger::Invited::settled) {
      (void)give_back(row);  // nobody else writes to the roster yet
    }
  }
  return Done{};
}

Checked<Done> Dispatcher::Implementation::add_invited(const TaskId& task) {
  auto reader = ledger_reader();
  if (!reader) {
    return reader.failure();
  }
  const auto users = (*reader)->users(task);
  if (!users) {
    return service::failure_of(users.error(), "the ledger cannot be read");
  }
  auto added = roster->add_invited(*users);
  if (added) {
    with_ledger(
        [&](ledger::Ledger& book) { added = book.record_invited(task, ledger::Invited::added); });
  }
  if (!added) {
    return service::failure_of(added.error(), "the roster cannot be written");
  }
  return Done{};
}

Checked<Done> Dispatcher::Implementation::open_pipeline() {
  if (pipeline != nullptr) {
    return Done{};
  }
  if (access != Access::send) {
    return Failure{FailureKind::cannot_start, "the data directory was opened for reading only"};
  }
  auto opened = service::Credentials::open(settings.apns, clock);
  if (!opened) {
    return service::failure_of(opened.error());
  }
  credentials = std::make_unique<service::Credentials>(std::move(*opened));
  if (settings.mail.mode != "off") {
    auto mail_opened = service::Mail::open(settings);
    if (!mail_opened) {
      return service::failure_of(mail_opened.error());
    }
    mail = std::move(*mail_opened);
  }
  auto usable = usable_reactor(settings, clock);
  if (!usable) {
    return usable.failure();
  }
  reactor_name = std::move(*usable);
  auto reader = roster::RosterReader::open(settings.data_dir);
  if (!reader) {
    return service::failure_of(reader.error());
  }
  auto wanted = pipeline_settings(settings);
  wanted.credentials = credentials->pools(wanted.shards);
  if (mail != nullptr) {
    wanted.mail = mail->route();
    const auto spent = ledger->letters_today(clock.wall());
    if (!spent) {
      return service::failure_of(spent.error(), "the ledger cannot be read");
    }
    wanted.mail->pace.spent_today = *spent;
  }
  if (registering != nullptr) {
    // NanoMDM has to be told before a device is woken; where devices come to us they find us later.
    if (settings.mdm.mode == "nanomdm") {
      if (auto room = open_devices_room(); !room) {
        return room.failure();
      }
    }
    readiness = std::make_unique<service::Readiness>(
        *registering, devices_room == nullptr ? nullptr : devices_room->enqueuing());
    wanted.clearances = readiness.get();
  }
  const auto chosen = reactor_name == "epoll" ? reactor::Kind::epoll : reactor::Kind::io_uring;
  wanted.open_network = [this, chosen] {
    auto network = reactor::open_network(chosen, clock);
    if (!network) {
      log::warning("service", "a shard falls back to epoll", {{"why", network.error().found}});
      network = reactor::open_network(reactor::Kind::epoll, clock);
    }
    MUSTER_ASSERT(network.has_value());
    return std::move(*network);
  };
  pipeline =
      std::make_unique<pipeline::Pipeline>(wanted, std::move(ledger), std::move(*reader), clock);
  if (registering != nullptr) {
    registering->on_change([this] { pipeline->clearances_changed(); });
    if (devices_room != nullptr && devices_room->enqueuing() != nullptr) {
      devices_room->enqueuing()->on_change([this] { pipeline->clearances_changed(); });
    }
  }
  keeper = start_thread("keeper", [this] { keep(); });
  return Done{};
}

}  // namespace muster
