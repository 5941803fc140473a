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
    last_ = nullptr;
    version_ = version.value_or(0);
  }
}

Result<roster::PushTarget> BlockCache::at(DeviceNumber device) {
  const auto number = device / limits::block_size;
  if (last_ == nullptr || number != last_number_) {
    const auto found = block(number);
    if (!found) {
      return tl::unexpected<Error>(found.error());
    }
    last_ = *found;
    last_number_ = number;
  }
  return last_->at(device);
}

Result<const roster::Block*> BlockCache::block(std::uint32_t number) {
  auto held = blocks_.find(number);
  if (held == blocks_.end()) {
    if (blocks_.size() >= blocks_max) {
      const auto oldest = std::min_element(
          blocks_.begin(), blocks_.end(),
          [](const auto& a, const auto& b) { return a.second.used < b.second.used; });
      last_ = nullptr;  // it may be that one
      blocks_.erase(oldest);
    }
    auto read = roster_->block(number);
    if (!read) {
      return tl::unexpected<Error>(read.error());
    }
    held = blocks_.emplace(number, Held{std::move(*read), 0}).first;
  }
  held->second.used = ++use_;
  return &held->second.block;
}

}  // namespace muster::pipeline
