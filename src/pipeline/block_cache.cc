#include "pipeline/block_cache.h"

#include <algorithm>

#include "model/limits.h"

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
    version_ = version.value_or(0);
  }
}

Result<roster::PushTarget> BlockCache::at(DeviceNumber device) {
  const auto number = device / limits::block_size;
  auto held = blocks_.find(number);
  if (held == blocks_.end()) {
    if (blocks_.size() >= blocks_max) {
      const auto oldest = std::min_element(
          blocks_.begin(), blocks_.end(),
          [](const auto& a, const auto& b) { return a.second.used < b.second.used; });
      blocks_.erase(oldest);
    }
    auto block = roster_->block(number);
    if (!block) {
      return tl::unexpected<Error>(block.error());
    }
    held = blocks_.emplace(number, Held{std::move(*block), 0}).first;
  }
  held->second.used = ++use_;
  return held->second.block.at(device);
}

}  // namespace muster::pipeline
