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

void IdTable::foresee(std::string_view id) const {
  __builtin_prefetch(&buckets_[hash_of(id) & (buckets_.size() - 1)]);
}

IdTable::Entry* IdTable::find(std::string_view id) {
  const auto hash = hash_of(id);
  const auto mask = buckets_.size() - 1;
  for (auto at = hash & mask; buckets_[at].place != 0; at = (at + 1) & mask) {
    if (buckets_[at].hash != hash) {
      continue;
    }
    auto& entry = entries_[buckets_[at].place - 1];
    if (id_of(entry) == id) {
      return &entry;
    }
  }
  return nullptr;
}

IdTable::Entry& IdTable::add(std::string_view id, std::uint32_t number, Mark mark) {
  if ((entries_.size() + 1) * 4 > buckets_.size() * 3) {
    grow();
  }
  MUSTER_ASSERT(id.size() <= UINT32_MAX);
  entries_.push_back(Entry{number, static_cast<std::uint32_t>(id.size()), mark, arena_.size()});
  arena_.insert(arena_.end(), id.begin(), id.end());
  put(Bucket{static_cast<std::uint32_t>(entries_.size()), hash_of(id)});
  return entries_.back();
}

void IdTable::put(Bucket bucket) {
  const auto mask = buckets_.size() - 1;
  auto at = bucket.hash & mask;
  while (buckets_[at].place != 0) {
    at = (at + 1) & mask;
  }
  buckets_[at] = bucket;
}

void IdTable::grow() {
  std::vector<Bucket> narrow(buckets_.size() * 2);
  narrow.swap(buckets_);
  for (const auto& bucket : narrow) {
    if (bucket.place != 0) {
      put(bucket);
    }
  }
}

}  // namespace muster::roster
