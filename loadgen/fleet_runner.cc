#include "loadgen/fleet_runner.h"

#include <unistd.h>

#include <csignal>
#include <utility>

#include "base/log.h"
#include "base/thread.h"
#include "loadgen/serving.h"
#include "reactor/reactor.h"

namespace muster::loadgen {

struct FleetRunner::Made {
  std::unique_ptr<crypto::TlsContext> tls;
  FleetJournal journal;
  std::unique_ptr<wire::Network> network;
  BodySigner sign;
};

FleetRunner::FleetRunner(const FleetRunnerSettings& settings, const FleetRoster& roster,
                         const Behaviour& behaviour, const Clock& clock, Made made)
    : settings_(settings),
      tls_(std::move(made.tls)),
      journal_(std::move(made.journal)),
      network_(std::move(made.network)),
      gate_(clock, network_->doorbell()),
      fleet_({roster, gate_, journal_, std::move(made.sign)}, settings.fleet, behaviour),
      mdm_(*network_, {settings.connections, settings.patience, tls_.get()}),
      taps_(*network_, {settings.taps, settings.patience, tls_.get()}),
      clock_(clock) {}

FleetRunner::~FleetRunner() {
  end_thread();
}

Result<std::unique_ptr<FleetRunner>, Complaint> FleetRunner::open(
    const FleetRunnerSettings& settings, const FleetRoster& roster, const Behaviour& behaviour,
    const Clock& clock, BodySigner sign) {
  Made made;
  made.sign = std::move(sign);
  crypto::TlsClientSettings wanted;
  wanted.trust_file = settings.trust_file;
  wanted.alpn = "";
  auto tls = crypto::TlsContext::client(wanted);
  if (!tls) {
    return tl::unexpected(tls.error());
  }
  made.tls = std::move(*tls);
  if (!settings.journal_file.empty()) {
    auto journal = FleetJournal::open(settings.journal_file);
    if (!journal) {
      return tl::unexpected(journal.error());
    }
    made.journal = std::move(*journal);
  }
  auto network = reactor::open_network(reactor::Kind::epoll, clock);
  if (!network) {
    return tl::unexpected(network.error());
  }
  made.network = std::move(*network);
  std::unique_ptr<FleetRunner> runner(
      new FleetRunner(settings, roster, behaviour, clock, std::move(made)));
  // Its tokens are known before the push server takes its first push.
  runner->fleet_.begin(clock.now());
  return runner;
}

void FleetRunner::start() {
  thread_ = start_thread("fleet", [this] { run(); });
}

Result<void, Complaint> FleetRunner::stop() {
  end_thread();
  return ran_;
}

void FleetRunner::end_thread() {
  if (thread_.joinable()) {
    stopping_.store(true, std::memory_order_release);
    network_->doorbell().ring();
    thread_.join();
  }
}

void FleetRunner::run() {
  do {
    ran_ = turn();
  } while (ran_ && !stopping_.load(std::memory_order_acquire));
  if (ran_) {
    ran_ = journal_.flush();
    return;
  }
  log::error("loadgen", "the fleet has ended", {{"why", ran_.error().line_of_text()}});
  if (settings_.end_process_on_trouble) {
    ::kill(::getpid(), SIGTERM);
  }
}

Result<void, Complaint> FleetRunner::turn() {
  const auto now = clock_.now();
  wakes_.clear();
  gate_.take(wakes_);
  for (const auto& wake : wakes_) {
    fleet_.woken(wake, now);
  }
  fleet_.advance(now);
  hand_out(now);
  if (auto flushed = journal_.flush(); !flushed) {
    return flushed;
  }
  if (auto told = tell_enrolled(); !told) {
    return told;
  }
  network_->doorbell().doze();
  const bool awaited = gate_.waiting() || stopping_.load(std::memory_order_acquire);
  network_->turn(awaited ? network_->now() : fleet_.deadline());
  outcomes_.clear();
  mdm_.take(outcomes_);
  taps_.take(outcomes_);
  for (const auto& outcome : outcomes_) {
    fleet_.answered(outcome, network_->now());
  }
  return {};
}

void FleetRunner::hand_out(Instant now) {
  while (mdm_.has_room()) {
    auto next = fleet_.next_request(now);
    if (!next) {
      break;
    }
    mdm_.submit(next->to, std::move(next->request));
  }
  while (taps_.has_room()) {
    auto next = fleet_.next_tap(now);
    if (!next) {
      break;
    }
    taps_.submit(next->to, std::move(next->request));
  }
}

Result<void, Complaint> FleetRunner::tell_enrolled() {
  if (told_ || !fleet_.all_enrolled()) {
    return {};
  }
  told_ = true;
  log::info("loadgen", "every device has enrolled");
  return settings_.enrolled_file.empty()
             ? Result<void, Complaint>()
             : write_file(settings_.enrolled_file, std::to_string(fleet_.stats().devices));
}

}  // namespace muster::loadgen
