// A peer that costs nothing: sessions in memory that accept every job at once, behind a network
// without bytes. What a shard is measured with.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/thread.h"
#include "base/time.h"
#include "wire/network.h"

namespace muster::testing {

class AgreeableSession final : public wire::DeliverySession {
 public:
  void connected(Instant /*now*/) override { open_ = true; }
  void receive(Bytes /*bytes*/, Instant /*now*/) override {}
  std::size_t transmit(MutableBytes /*room*/, Instant /*now*/) override { return 0; }
  [[nodiscard]] Instant deadline() const override { return Instant::never(); }
  void expire(Instant /*now*/) override {}
  [[nodiscard]] bool wants_close() const override { return draining_; }
  void lost(Error /*error*/, Instant /*now*/) override { closed_ = true; }
  [[nodiscard]] std::uint32_t room() const override {
    return open_ && !draining_ ? streams - static_cast<std::uint32_t>(answers_.size()) : 0;
  }
  void submit(Slot slot, const Job& /*job*/, const Content& /*content*/, Instant /*now*/) override {
    answers_.push_back({slot, wire::Fate::answered, Reason::none, 200, 0});
  }
  void take_answers(std::vector<wire::Answer>& answers) override {
    answers.insert(answers.end(), answers_.begin(), answers_.end());
    answers_.clear();
  }
  void drain(Instant /*now*/) override { draining_ = true; }
  [[nodiscard]] wire::Vitals vitals() const override {
    wire::Vitals vitals;
    using Condition = wire::Vitals::Condition;
    vitals.condition = closed_ ? Condition::closed : open_ ? Condition::open : Condition::opening;
    vitals.stream_limit = streams;
    vitals.window_bytes = 65'535;
    return vitals;
  }

 private:
  static constexpr std::uint32_t streams = 1000;
  bool open_ = false;
  bool draining_ = false;
  bool closed_ = false;
  std::vector<wire::Answer> answers_;
};

class EmptyNetwork final : public wire::Network {
 public:
  explicit EmptyNetwork(const Clock& clock) : clock_(clock), now_(clock.now()) {}
  [[nodiscard]] wire::ConnectionId open(const wire::Endpoint& /*endpoint*/,
                                        wire::Session& session) override {
    sessions_.push_back(&session);
    session.connected(now_);
    return static_cast<wire::ConnectionId>(sessions_.size());
  }
  void wake(wire::ConnectionId /*connection*/) override {}
  void close(wire::ConnectionId connection) override {
    if (auto* session = std::exchange(sessions_[connection - 1], nullptr)) {
      session->lost(Error{}, now_);
    }
  }
  void turn(Instant /*until*/) override {
    now_ = clock_.now();
    for (auto*& session : sessions_) {
      if (session != nullptr && session->wants_close()) {
        std::exchange(session, nullptr)->lost(Error{}, now_);
      }
    }
  }
  [[nodiscard]] Instant now() const override { return now_; }
  [[nodiscard]] Doorbell& doorbell() override { return doorbell_; }
  [[nodiscard]] std::string peer(wire::ConnectionId /*connection*/) const override { return {}; }

 private:
  const Clock& clock_;
  Instant now_;
  Doorbell doorbell_;
  std::vector<wire::Session*> sessions_;
};

}  // namespace muster::testing
