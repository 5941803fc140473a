#include "loadgen/header_watch.h"

#include <algorithm>
#include <optional>

namespace muster::loadgen {
namespace {

constexpr std::size_t head_bytes = 9;
constexpr std::size_t block_bytes_max = 64UL * 1024;
constexpr Byte type_headers = 1;
constexpr Byte type_continuation = 9;
constexpr Byte flag_end_headers = 0x4;
constexpr Byte flag_padded = 0x8;
constexpr Byte flag_priority = 0x20;
// RFC 7541, appendix A.
constexpr std::uint64_t index_path = 4;
constexpr std::uint64_t index_path_of_file = 5;
constexpr std::uint64_t index_authorization = 23;

// Reads an integer with a prefix of `bits` (RFC 7541 §5.1) and moves `at` behind it.
std::optional<std::uint64_t> integer(Bytes block, std::size_t& at, unsigned bits) {
  if (at >= block.size()) {
    return std::nullopt;
  }
  const std::uint64_t most = (1U << bits) - 1;
  std::uint64_t value = block[at++] & most;
  if (value < most) {
    return value;
  }
  for (unsigned shift = 0; shift < 28; shift += 7) {
    if (at >= block.size()) {
      return std::nullopt;
    }
    const Byte byte = block[at++];
    value += std::uint64_t{byte & 0x7fU} << shift;
    if ((byte & 0x80U) == 0) {
      return value;
    }
  }
  return std::nullopt;
}

bool skip_string(Bytes block, std::size_t& at) {
  const auto size = integer(block, at, 7);
  if (!size || *size > block.size() - at) {
    return false;
  }
  at += *size;
  return true;
}

}  // namespace

void HeaderWatch::receive(Bytes bytes) {
  while (!bytes.empty()) {
    std::size_t taken = 0;
    if (preface_left_ > 0) {
      taken = std::min(preface_left_, bytes.size());
      preface_left_ -= taken;
    } else if (head_.size() < head_bytes) {
      taken = std::min(head_bytes - head_.size(), bytes.size());
      head_.insert(head_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(taken));
      if (head_.size() == head_bytes) {
        payload_left_ = std::size_t{head_[0]} << 16U | std::size_t{head_[1]} << 8U | head_[2];
        keep_ = head_[3] == type_headers || head_[3] == type_continuation;
      }
    } else {
      taken = std::min(payload_left_, bytes.size());
      payload_left_ -= taken;
      if (keep_ && payload_.size() + taken <= block_bytes_max) {
        payload_.insert(payload_.end(), bytes.begin(),
                        bytes.begin() + static_cast<std::ptrdiff_t>(taken));
      }
    }
    bytes = bytes.subspan(taken);
    if (head_.size() == head_bytes && payload_left_ == 0) {
      frame();
      head_.clear();
      payload_.clear();
    }
  }
}

void HeaderWatch::frame() {
  if (!keep_) {
    return;
  }
  const Byte flags = head_[4];
  Bytes part = payload_;
  if (head_[3] == type_headers) {
    block_.clear();
    const std::size_t padding =
        (flags & flag_padded) != 0 && !part.empty() ? std::size_t{part[0]} + 1 : 0;
    const std::size_t front =
        ((flags & flag_padded) != 0 ? 1U : 0U) + ((flags & flag_priority) != 0 ? 5U : 0U);
    const auto around = padding + ((flags & flag_priority) != 0 ? 5U : 0U);
    if (around > part.size()) {
      return;
    }
    part = part.subspan(front, part.size() - around);
  }
  if (block_.size() + part.size() > block_bytes_max) {
    return;
  }
  block_.insert(block_.end(), part.begin(), part.end());
  if ((flags & flag_end_headers) != 0) {
    walk(block_);
  }
}

void HeaderWatch::walk(Bytes block) {
  std::size_t at = 0;
  while (at < block.size()) {
    const Byte first = block[at];
    if ((first & 0x80U) != 0) {  // indexed: index 4 is the constant "/", not a device's path
      if (!integer(block, at, 7)) {
        return;
      }
      continue;
    }
    if ((first & 0xe0U) == 0x20) {  // table size update
      if (!integer(block, at, 5)) {
        return;
      }
      continue;
    }
    const bool indexing = (first & 0x40U) != 0;
    const auto name = integer(block, at, indexing ? 6 : 4);
    if (!name || (*name == 0 && !skip_string(block, at)) || !skip_string(block, at)) {
      return;
    }
    if (indexing) {
      counts_.path_indexed += *name == index_path || *name == index_path_of_file ? 1 : 0;
      counts_.authorization_indexed += *name == index_authorization ? 1 : 0;
    }
  }
}

}  // namespace muster::loadgen
