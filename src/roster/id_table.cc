#include "roster/id_table.h"

#include <functional>

#include "base/assert.h"

namespace muster::roster {
namespace {

constexpr std::size_t buckets_at_start = 1024;  // a power of two, like every later size

std::uint32_t hash_of(std::string_view id) {
  const auto hash = std::hash<std::string_view>{}(id);
  return static_cast<std::uint32_t>(hash ^ hash >> 32);
}

}  // namespace

IdTable::IdTable() : buckets_(buckets_at_start) {}

IdTable::Entry* IdTable::find(std::string_view id) {
  const auto hash = hash_of(id);
  const auto mask = buckets_.size() - 1;
  for (auto at = hash & mask; buckets_[at] != 0; at = (at + 1) & mask) {
    auto& entry = entries_[buckets_[at] - 1];
    if (entry.hash == hash && id_of(entry) == id) {
      return &entry;
    }
  }
  return nullptr;
}

IdTable::Entry& IdTable::add(std::string_view id, std::uint32_t number, Mark mark) {
  if ((entries_.size() + 1) * 2 > buckets_.size()) {
    grow();
  }
  MUSTER_ASSERT(id.size() <= UINT32_MAX);
  const Entry entry{number, mark, arena_.size(), static_cast<std::uint32_t>(id.size()),
                    hash_of(id)};
  arena_.insert(arena_.end(), id.begin(), id.end());
  entries_.push_back(entry);
  const auto mask = buckets_.size() - 1;
  auto at = entry.hash & mask;
  while (buckets_[at] != 0) {
    at = (at + 1) & mask;
  }
  buckets_[at] = static_cast<std::uint32_t>(entries_.size());
  return entries_.back();
}

void IdTable::grow() {
  std::vector<std::uint32_t> wider(buckets_.size() * 2);
  const auto mask = wider.size() - 1;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    auto at = entries_[i].hash & mask;
    while (wider[at] != 0) {
      at = (at + 1) & mask;
    }
    wider[at] = static_cast<std::uint32_t>(i + 1);
  }
  buckets_ = std::move(wider);
}

}  // namespace muster::roster
