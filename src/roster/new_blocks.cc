#include "roster/new_blocks.h"

#include <algorithm>

#include "base/assert.h"
#include "model/limits.h"

namespace muster::roster {

NewBlocks::NewBlocks(std::uint32_t devices_before)
    : first_((devices_before + limits::block_size - 1) / limits::block_size * limits::block_size) {}

Result<bool> NewBlocks::add(store::RosterStore& store, const store::DeviceRow& row,
                            std::string_view topic, std::uint16_t language) {
  if (row.number < first_) {
    return false;
  }
  MUSTER_ASSERT(row.number == first_ + users_.size());
  if (row.number % limits::block_size == 0) {
    if (auto finished = finish(store); !finished) {
      return tl::unexpected(finished.error());
    }
    writer_.emplace(row.number / limits::block_size);
  }
  const auto entry = entry_of(row, topic, language);
  if (!entry.token.empty()) {
    pushable_.add(row.number);
    of_topic_.resize(std::max(of_topic_.size(), row.topic + std::size_t{1}));
    of_topic_[row.topic].add(row.number);
  }
  MUSTER_ASSERT(writer_.has_value());
  writer_->put(entry);
  users_.push_back(row.user);
  return true;
}

Result<void> NewBlocks::finish(store::RosterStore& store) {
  if (!writer_) {
    return {};
  }
  const auto last = first_ + static_cast<DeviceNumber>(users_.size()) - 1;
  const auto bytes = writer_->finish();
  writer_.reset();
  return store.put_block(last / limits::block_size, bytes);
}

bool NewBlocks::made(std::uint32_t block) const {
  const auto begin = block * limits::block_size;
  return begin >= first_ && begin < first_ + users_.size();
}

void NewBlocks::tell(DeviceUsers& users, NumberSet& pushable, std::vector<NumberSet>& of_topic) {
  MUSTER_ASSERT(!writer_);
  MUSTER_ASSERT(users_.empty() || users.size() == first_ + users_.size());
  MUSTER_ASSERT(of_topic_.size() <= of_topic.size());
  if (!users_.empty()) {
    std::ranges::copy(users_, users.begin() + first_);
  }
  pushable |= pushable_.take();
  for (std::size_t topic = 0; topic < of_topic_.size(); ++topic) {
    of_topic[topic] |= of_topic_[topic].take();
  }
}

}  // namespace muster::roster
