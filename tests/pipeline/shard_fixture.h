// A shard between queues that the test fills and sessions that say what the test has them say.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <vector>

#include "pipeline/shard.h"
#include "tests/pipeline/fakes.h"

namespace muster::pipeline {

class ShardFixture : public ::testing::Test {
 protected:
  ShardFixture() {
    clock_.turn(std::chrono::seconds(100));
    auto entry = std::make_unique<TaskEntry>();
    entry->content.expiration_s = clock_.wall().seconds() + 86'400;
    crossings_.tasks[0] = std::move(entry);
    ShardSettings settings;
    settings.credentials = {testing::pool_settings(sessions_)};
    shard_.emplace(crossings_, clock_, network_, gauges_, settings);
  }
  ~ShardFixture() override {
    crossings_.ending = true;
    clock_.turn(std::chrono::seconds(100));
    for (auto* session : sessions_.all) {
      if (session != nullptr) {
        session->in_flight.clear();
      }
    }
    shard_->run();
  }
  TaskEntry& entry() { return *crossings_.tasks[0]; }
  void give(Slot slot) {
    auto& job = crossings_.slab[slot];
    job = Job{};
    job.invitation = slot;
    job.epoch = entry().epoch.load();
    crossings_.jobs[0]->enqueue(slot);
  }
  void give_all(Slot count) {
    for (Slot slot = 0; slot < count; ++slot) {
      give(slot);
    }
  }
  // Until it stands: the first turn opens, the second writes.
  void turn(int times = 2) {
    for (int i = 0; i < times; ++i) {
      shard_->turn(clock_.now());
    }
  }
  std::vector<Settlement> settled() { return testing::settled(crossings_); }
  testing::FakeSession& session(std::size_t number = 0) { return *sessions_.all.at(number); }

  FakeClock clock_;
  Crossings crossings_;
  testing::FakeNetwork network_{clock_};
  testing::Sessions sessions_;
  ShardGauges gauges_;
  std::optional<Shard> shard_;
};

}  // namespace muster::pipeline
