// A network without bytes and sessions that do as a test says: what pools and shards are tested
// with.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/thread.h"
#include "base/time.h"
#include "pipeline/crossings.h"
#include "pipeline/pool.h"
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

  wire::ConnectionId open(const wire::Endpoint&, wire::Session& session) override {
    opened_at.push_back(clock_.now());
    links_[++last_] = &session;
    return last_;
  }
  void wake(wire::ConnectionId) override {}
  void close(wire::ConnectionId id) override { closed_.push_back(id); }
  // Connections that were opened succeed or fail; those that want to close do.
  void turn(Instant until) override {
    waited_until = until;
    for (auto link = links_.begin(); link != links_.end();) {
      auto& [id, session] = *link;
      auto& fake = dynamic_cast<FakeSession&>(*session);
      const bool opening = fake.state.condition == wire::Vitals::Condition::opening;
      const bool closed = std::find(closed_.begin(), closed_.end(), id) != closed_.end();
      if (opening && failure == ErrorCode::none && !closed) {
        fake.connected(clock_.now());
      } else if (opening || closed || fake.wants_close() || cut) {
        fake.lost(Error{opening ? failure
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

  ErrorCode failure = ErrorCode::none;  // of connection attempts
  bool cut = false;                     // the next turn resets every connection
  std::vector<Instant> opened_at;
  Instant waited_until{};

 private:
  const FakeClock& clock_;
  Doorbell doorbell_;
  std::map<wire::ConnectionId, wire::Session*> links_;
  std::vector<wire::ConnectionId> closed_;
  wire::ConnectionId last_ = 0;
};

inline PoolSettings pool_settings(Sessions& sessions, std::uint32_t connections_max = 4) {
  PoolSettings settings;
  settings.endpoint.host = "peer";
  settings.endpoint.port = 443;
  settings.connections_max = connections_max;
  settings.open_session = [&sessions] { return std::make_unique<FakeSession>(sessions); };
  return settings;
}

}  // namespace muster::pipeline::testing
