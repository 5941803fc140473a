#include "apns/streams.h"

#include <bit>
#include <utility>

#include "base/assert.h"

namespace muster::apns {

void StreamTable::reserve(std::uint32_t streams) {
  // Twice as many places as streams: the next id's place is then rarely taken, and never all are.
  const std::size_t wanted = std::bit_ceil(std::size_t{2} * (streams + 1));
  if (wanted <= places_.size()) {
    return;
  }
  const auto before = std::exchange(places_, std::vector<Stream>(wanted));
  for (const Stream& stream : before) {
    if (stream.id != 0) {
      place_of(stream.id) = stream;
    }
  }
}

Stream& StreamTable::open() {
  MUSTER_ASSERT(open_count_ < places_.size() / 2);
  while (place_of(next_id_).id != 0) {
    next_id_ += 2;
  }
  Stream& stream = place_of(next_id_);
  stream = Stream{};
  stream.id = next_id_;
  if (awaiting_count_ == 0) {
    oldest_id_ = next_id_;
  }
  next_id_ += 2;
  ++open_count_;
  ++awaiting_count_;
  return stream;
}

void StreamTable::mark_answered(Stream& stream) {
  MUSTER_ASSERT(!stream.answered);
  stream.answered = true;
  --awaiting_count_;
  if (stream.id != oldest_id_ || awaiting_count_ == 0) {
    return;
  }
  const auto awaits = [this](StreamId id) {
    const Stream& place = place_of(id);
    return place.id == id && !place.answered;
  };
  do {
    oldest_id_ += 2;
  } while (!awaits(oldest_id_));
}

void StreamTable::close(Stream& stream) {
  MUSTER_ASSERT(stream.answered);
  MUSTER_ASSERT(stream.id != 0);
  stream.id = 0;
  --open_count_;
}

}  // namespace muster::apns
