#include "apns/streams.h"

#include <utility>

#include "base/assert.h"
#include "model/limits.h"

namespace muster::apns {
namespace {

// An answer's body is kept between uses up to this size; APNs' are under 60 bytes.
constexpr std::size_t body_capacity_kept = 256;

}  // namespace

StreamIndex StreamTable::open() {
  StreamIndex index = free_;
  if (index == no_stream) {
    MUSTER_ASSERT(streams_.size() < limits::streams_per_connection_max);
    index = static_cast<StreamIndex>(streams_.size());
    streams_.emplace_back();
  } else {
    free_ = streams_[index].next;
  }
  Stream& stream = streams_[index];
  std::string body = std::move(stream.answer_body);
  stream = Stream{};
  stream.answer_body = std::move(body);
  stream.previous = newest_;
  if (newest_ == no_stream) {
    oldest_ = index;
  } else {
    streams_[newest_].next = index;
  }
  newest_ = index;
  ++open_count_;
  ++awaiting_count_;
  return index;
}

void StreamTable::mark_answered(StreamIndex index) {
  Stream& stream = streams_[index];
  MUSTER_ASSERT(!stream.answered);
  stream.answered = true;
  (stream.previous == no_stream ? oldest_ : streams_[stream.previous].next) = stream.next;
  (stream.next == no_stream ? newest_ : streams_[stream.next].previous) = stream.previous;
  --awaiting_count_;
}

void StreamTable::close(StreamIndex index) {
  Stream& stream = streams_[index];
  MUSTER_ASSERT(stream.answered);
  MUSTER_ASSERT(stream.id != 0);
  stream.id = 0;
  stream.answer_body.clear();
  if (stream.answer_body.capacity() > body_capacity_kept) {
    stream.answer_body.shrink_to_fit();
  }
  stream.next = free_;
  free_ = index;
  --open_count_;
}

}  // namespace muster::apns
