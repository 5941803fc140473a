// The table of a connection's streams, found by their ids, and whose answer falls due first.
//
// A record stands at the place id ÷ 2 modulo the table's size, so that finding it is a mask and a
// compare. Ids only rise; one whose place is still taken by an older stream is left out, which
// RFC 9113 §5.1.1 allows. All streams wait equally long and were opened in the order of their ids:
// the oldest that still awaits its answer is the next to fall due, and one timer serves all. Owned
// by one conversation; allocates in reserve() only.
#pragma once

#include <cstdint>
#include <vector>

#include "base/time.h"
#include "model/id.h"
#include "model/job.h"

namespace muster::apns {

using StreamId = std::int32_t;  // HTTP/2's; a client's are odd

// How much of a request the transport was given; see the table in session.cc.
enum class Written : std::uint8_t {
  nothing,  // waits in the framing
  begun,    // HEADERS, perhaps a part of the body
  ending,   // the frame with END_STREAM is being cut across transmit() calls
  all,      // END_STREAM and every byte before it
};

// A cache line.
struct Stream {
  StreamId id = 0;  // 0: the place is free
  Slot slot = 0;
  const Job* job = nullptr;          // borrowed until the slot's answer is taken
  const Content* content = nullptr;  // likewise
  Instant due{};
  std::uint32_t token_version = 0;  // of the provider token it carries; 0: none
  std::uint32_t body_size = 0;
  std::uint32_t body_sent = 0;    // bytes handed to the framing
  std::uint32_t answer_text = 0;  // of the conversation's texts; 0: none yet
  std::int32_t window = 0;        // bytes of body that the peer takes now (own framing)
  std::uint32_t heard = 0;        // bytes of answer since the last WINDOW_UPDATE (own framing)
  std::uint16_t status = 0;       // 0: none yet, or an interim (1xx) one
  Written written = Written::nothing;
  bool answered : 1 = false;  // the slot has its answer; the record only waits for the stream's end
  bool abandoned : 1 = false;  // answered because it was overdue: the peer may still work on it
};
static_assert(sizeof(Stream) <= 64);

class StreamTable {
 public:
  explicit StreamTable(StreamId first) : next_id_(first), oldest_id_(first) {}

  // From now on as many may be open at once; never fewer than before. Moves the records.
  void reserve(std::uint32_t streams);
  // A record under the next id, the last in the row of those that await their answer. Its fields
  // but the id are as default. At most as many as were reserved.
  [[nodiscard]] Stream& open();
  // The slot has its answer: leaves the row.
  void mark_answered(Stream& stream);
  // The stream is no more. Only after mark_answered().
  void close(Stream& stream);

  // Null where no open stream has that id. Valid until the next reserve().
  [[nodiscard]] Stream* find(StreamId id) {
    if (places_.empty()) {
      return nullptr;
    }
    Stream& stream = place_of(id);
    return stream.id == id && id != 0 ? &stream : nullptr;
  }
  // The first in the row; null where none awaits an answer.
  [[nodiscard]] Stream* oldest() { return awaiting_count_ == 0 ? nullptr : &place_of(oldest_id_); }
  [[nodiscard]] const Stream* oldest() const {
    return awaiting_count_ == 0 ? nullptr : &places_[index_of(oldest_id_)];
  }
  // Every open stream, in no order; `visit` may answer and close the one it is shown.
  template <class Visit>
  void for_each(const Visit& visit) {
    for (Stream& stream : places_) {
      if (stream.id != 0) {
        visit(stream);
      }
    }
  }
  // The id that open() will give, unless its place is taken.
  [[nodiscard]] StreamId next_id() const { return next_id_; }
  [[nodiscard]] std::uint32_t open_count() const { return open_count_; }  // with the abandoned
  [[nodiscard]] std::uint32_t awaiting_count() const { return awaiting_count_; }

 private:
  [[nodiscard]] std::size_t index_of(StreamId id) const {
    return (static_cast<std::uint32_t>(id) >> 1) & (places_.size() - 1);
  }
  [[nodiscard]] Stream& place_of(StreamId id) { return places_[index_of(id)]; }

  std::vector<Stream> places_;  // a power of two, at least twice what may be open
  StreamId next_id_;
  StreamId oldest_id_;
  std::uint32_t open_count_ = 0;
  std::uint32_t awaiting_count_ = 0;
};

}  // namespace muster::apns
