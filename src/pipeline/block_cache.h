// The roster's blocks that the pages in hand need, read once each while nothing changes.
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "base/time.h"
#include "roster/roster.h"

namespace muster::pipeline {

class BlockCache {
 public:
  explicit BlockCache(std::unique_ptr<roster::RosterReader> roster) : roster_(std::move(roster)) {}

  // Drops everything where the roster changed since the last call; asks at most every 100 ms.
  void refresh(Instant now);
  // What a push to the device needs, found at once where it lies in the same block as the last;
  // valid until the next call of refresh() or at(). Unreadable
  // blocks give trouble.
  [[nodiscard]] Result<roster::PushTarget> at(DeviceNumber device);
  [[nodiscard]] roster::RosterReader& roster() { return *roster_; }

 private:
  [[nodiscard]] Result<const roster::Block*> block(std::uint32_t number);

  // Pages in hand lie in as many blocks at least; a sparse audience touches more and reads them
  // again.
  static constexpr std::size_t blocks_max = 20;
  struct Held {
    roster::Block block;
    std::uint64_t used = 0;
  };
  std::unique_ptr<roster::RosterReader> roster_;
  std::map<std::uint32_t, Held> blocks_;
  std::uint64_t version_ = 0;
  std::uint64_t use_ = 0;
  // Devices come in runs of one block: the one asked last.
  std::uint32_t last_number_ = 0;
  const roster::Block* last_ = nullptr;
  Instant asked_at_{};
  bool asked_ = false;
};

}  // namespace muster::pipeline
