// A network without bytes and sessions that do as a test says: what pools and shards are tested
// with.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/thread.h"
#include "base/time.h"
#include "pipeline/crossings.h"
#include "pipeline/pool.h"
#include "wire/mail_hosts.h"
#include "wire/network.h"

namespace muster::pipeline::testing {

struct FakeSession;

// Sessions of a test, in the order they were opened; an entry is null once its pool buried it.
struct Sessions {
  std::vector<FakeSession*> all;
  std::uint32_t streams = 100;                             // room of each new one
  std::map<std::uint8_t, std::uint32_t> room_by_language;  // what a job takes of it, if not 1
  std::vector<Slot> submitted;                             // over all sessions, in order
  [[nodiscard]] std::size_t alive() const {
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [](const auto* one) { return one != nullptr; }));
  }
};

struct FakeSession final : wire::DeliverySession {
  explicit FakeSession(Sessions& owner) : sessions(owner), number(owner.all.size()) {
    owner.all.push_back(this);
    free = owner.streams;
  }
  ~FakeSession() override { sessions.all[number] = nullptr; }

  void connected(Instant) override { state.condition = wire::Vitals::Condition::open; }
  void receive(Bytes, Instant) override {}
  std::size_t transmit(MutableBytes, Instant) override { return 0; }
  Instant deadline() const override { return Instant::never(); }
  void expire(Instant) override {}
  bool wants_close() const override {
    return state.condition == wire::Vitals::Condition::draining && in_flight.empty();
  }
  void lost(Error error, Instant) override {
    for (const auto slot : in_flight) {
      answers.push_back({slot, wire::Fate::in_doubt, Reason::connection_lost, 0, 0});
    }
    in_flight.clear();
    state.error = error;
    state.condition = wire::Vitals::Condition::closed;
  }
  std::uint32_t room() const override {
    return state.condition == wire::Vitals::Condition::open ? free / largest : 0;
  }
  void submit(Slot slot, const Job& job, const Content&, Instant) override {
    ASSERT_GT(room(), 0U);
    const auto known = sessions.room_by_language.find(job.language);
    const std::uint32_t takes = known == sessions.room_by_language.end() ? 1 : known->second;
    largest = std::max(largest, takes);  // room is counted in bodies as large as the largest so far
    free -= std::min(free, takes);
    in_flight.push_back(slot);
    sessions.submitted.push_back(slot);
  }
  void take_answers(std::vector<wire::Answer>& into) override {
    into.insert(into.end(), answers.begin(), answers.end());
    answers.clear();
  }
  void drain(Instant) override { go_away(); }
  wire::Vitals vitals() const override {
    auto vitals = state;
    vitals.stream_limit = sessions.streams;
    vitals.in_flight = static_cast<std::uint32_t>(in_flight.size());
    return vitals;
  }

  // What the peer does.
  void go_away() { state.condition = wire::Vitals::Condition::draining; }
  void answer(Slot slot, std::uint16_t status, Reason reason = Reason::none) {
    say({slot, wire::Fate::answered, reason, status, 0});
  }
  void say(const wire::Answer& answer) {
    ASSERT_EQ(std::erase(in_flight, answer.slot), 1U);
    answers.push_back(answer);
    ++free;
  }
  void accept_all() {
    for (const auto slot : std::vector<Slot>(in_flight)) {
      answer(slot, 200);
    }
  }

  Sessions& sessions;
  std::size_t number;
  std::uint32_t free = 0;
  std::uint32_t largest = 1;
  wire::Vitals state;
  std::vector<Slot> in_flight;
  std::vector<wire::Answer> answers;
};

class FakeNetwork final : public wire::Network {
 public:
  explicit FakeNetwork(const FakeClock& clock) : clock_(clock) {}

  wire::ConnectionId open(const wire::Endpoint& endpoint, wire::Session& session) override {
    opened_at.push_back(clock_.now());
    endpoints.push_back(endpoint);
    links_[++last_] = {&session, endpoint.host};
    return last_;
  }
  void wake(wire::ConnectionId) override {}
  void close(wire::ConnectionId id) override { closed_.push_back(id); }
  // Connections that were opened succeed or fail; those that want to close do.
  void turn(Instant until) override {
    waited_until = until;
    for (auto link = links_.begin(); link != links_.end();) {
      const auto id = link->first;
      auto& fake = dynamic_cast<FakeSession&>(*link->second.session);
      const auto hosts = failure_of.find(link->second.host);
      const auto failure_here = hosts == failure_of.end() ? failure : hosts->second;
      const bool opening = fake.state.condition == wire::Vitals::Condition::opening;
      const bool closed = std::find(closed_.begin(), closed_.end(), id) != closed_.end();
      if (opening && silent.contains(link->second.host) && !closed) {
        ++link;
        continue;
      }
      if (opening && failure_here == ErrorCode::none && !closed) {
        fake.connected(clock_.now());
      } else if (opening || closed || fake.wants_close() || cut) {
        fake.lost(Error{opening ? failure_here
                        : cut   ? ErrorCode::connection_reset
                                : ErrorCode::none,
                        0},
                  clock_.now());
        link = links_.erase(link);
        continue;
      }
      ++link;
    }
    cut = false;
  }
  Instant now() const override { return clock_.now(); }
  Doorbell& doorbell() override { return doorbell_; }
  std::string peer(wire::ConnectionId) const override { return "fake"; }

  ErrorCode failure = ErrorCode::none;          // of connection attempts
  std::map<std::string, ErrorCode> failure_of;  // of those to that host
  std::set<std::string> silent;                 // hosts that leave us waiting
  bool cut = false;                             // the next turn resets every connection
  std::vector<Instant> opened_at;
  std::vector<wire::Endpoint> endpoints;
  Instant waited_until{};

 private:
  const FakeClock& clock_;
  Doorbell doorbell_;
  struct Link {
    wire::Session* session = nullptr;
    std::string host;
  };
  std::map<wire::ConnectionId, Link> links_;
  std::vector<wire::ConnectionId> closed_;
  wire::ConnectionId last_ = 0;
};

// DNS as a test says.
struct FakeFinder final : wire::MailHostFinder {
  struct Zone {
    std::map<std::string, wire::MailHosts> domains;
    std::vector<std::string> asked;  // all that ever was, in order
    bool mute = false;               // answers wait
  };
  explicit FakeFinder(Zone& wanted) : zone(wanted) {}

  void ask(const std::string& domain) override {
    zone.asked.push_back(domain);
    open.push_back(domain);
  }
  void take(std::vector<wire::MailHosts>& answers) override {
    if (zone.mute) {
      return;
    }
    for (const auto& domain : open) {
      const auto known = zone.domains.find(domain);
      auto answer = known == zone.domains.end()
                        ? wire::MailHosts{domain, Reason::no_such_domain, {}}
                        : known->second;
      answer.domain = domain;
      answers.push_back(std::move(answer));
    }
    open.clear();
  }

  Zone& zone;
  std::vector<std::string> open;
};

// What was handed over to the ledger's thread since the last call.
inline std::vector<Settlement> settled(Crossings& crossings) {
  std::vector<Settlement> all;
  Settlement one;
  while (crossings.settlements.try_dequeue(one)) {
    all.push_back(one);
  }
  return all;
}

inline PoolSettings pool_settings(Sessions& sessions, std::uint32_t connections_max = 4) {
  PoolSettings settings;
  settings.endpoint.host = "peer";
  settings.endpoint.port = 443;
  settings.connections_max = connections_max;
  settings.open_session = [&sessions](const auto&) {
    return std::make_unique<FakeSession>(sessions);
  };
  return settings;
}

}  // namespace muster::pipeline::testing
