#include "pipeline/block_cache.h"

#include <algorithm>

namespace muster::pipeline {
namespace {
constexpr Duration version_interval = std::chrono::milliseconds(100);
}  // namespace

void BlockCache::refresh(Instant now) {
  if (asked_ && now - asked_at_ < version_interval) {
    return;
  }
  asked_ = true;
  asked_at_ = now;
  const auto version = roster_->version();
  if (!version || *version != version_) {
    blocks_.clear();
    last_ = nullptr;
    version_ = version.value_or(0);
  }
}

Result<void> BlockCache::find(std::uint32_t number) {
  last_ = nullptr;
  if (!blocks_.contains(number)) {
    if (const auto done = read(number); !done) {
      return done;
    }
  }
  auto& held = blocks_.at(number);
  held.used = ++use_;
  last_ = &held.block;
  last_number_ = number;
  return {};
}

// Into the memory of the one that was not asked for longest: a block is hundreds of kilobytes, and
// fresh memory of that size costs more than the reading.
Result<void> BlockCache::read(std::uint32_t number) {
  decltype(blocks_)::node_type place;
  while (blocks_.size() >= blocks_max_) {
    place = blocks_.extract(std::min_element(
        blocks_.begin(), blocks_.end(),
        [](const auto& a, const auto& b) { return a.second.used < b.second.used; }));
  }
  Held held = place.empty() ? Held{} : std::move(place.mapped());
  if (const auto done = roster_->read_block(number, held.block); !done) {
    return done;
  }
  blocks_.insert_or_assign(number, std::move(held));
  return {};
}

}  // namespace muster::pipeline
