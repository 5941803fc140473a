// The roster's blocks that the pages in hand need, read once each while nothing changes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>

#include "base/time.h"
#include "model/limits.h"
#include "roster/roster.h"

namespace muster::pipeline {

class BlockCache {
 public:
  explicit BlockCache(std::unique_ptr<roster::RosterReader> roster) : roster_(std::move(roster)) {}

  // Drops everything where the roster changed since the last call; asks at most every 100 ms.
  void refresh(Instant now);
  // Neighbouring pages lie in one block more than they are: so many are kept, and no more memory
  // than that. Retries and a sparse audience touch more, and read them again.
  void hold(std::size_t pages) { blocks_max_ = std::max(pages + 1, blocks_min); }
  // What a push to the device needs, found at once where it lies in the same block as the last;
  // valid until the next call of refresh() or at(). Unreadable
  // blocks give trouble.
  [[nodiscard]] Result<roster::PushTarget> at(DeviceNumber device) {
    const auto number = device / limits::block_size;
    if (last_ == nullptr || number != last_number_) {
      if (const auto found = find(number); !found) {
        return tl::unexpected<Error>(found.error());
      }
    }
    return last_->at(device);
  }
  [[nodiscard]] roster::RosterReader& roster() { return *roster_; }

 private:
  // Makes it the last one.
  [[nodiscard]] Result<void> find(std::uint32_t number);
  [[nodiscard]] Result<void> read(std::uint32_t number);

  static constexpr std::size_t blocks_min = 8;
  struct Held {
    roster::Block block;
    std::uint64_t used = 0;
  };
  std::unique_ptr<roster::RosterReader> roster_;
  std::map<std::uint32_t, Held> blocks_;
  std::size_t blocks_max_ = blocks_min;
  std::uint64_t version_ = 0;
  std::uint64_t use_ = 0;
  // Devices come in runs of one block: the one asked last.
  std::uint32_t last_number_ = 0;
  const roster::Block* last_ = nullptr;
  Instant asked_at_{};
  bool asked_ = false;
};

}  // namespace muster::pipeline
