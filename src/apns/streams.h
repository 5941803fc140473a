// The table of a connection's streams, and in which order their answers fall due.
//
// A record is taken at submit() and given back when the framing says that the stream is closed;
// until then it also stands in the queue of those that still owe an answer, oldest first. All
// streams wait equally long, so that the queue's head is always the next to fall due: one timer
// serves all. Records are reused by a free list; the table grows to the largest number of streams
// ever open at once and then never again. Owned by one session.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/id.h"
#include "model/job.h"

namespace muster::apns {

using StreamIndex = std::uint32_t;
inline constexpr StreamIndex no_stream = UINT32_MAX;

// How much of a request the transport was given; see the table in session.cc.
enum class Written : std::uint8_t {
  nothing,  // waits in the framing
  begun,    // HEADERS, perhaps a part of the body
  ending,   // the frame with END_STREAM is being cut across transmit() calls
  all,      // END_STREAM and every byte before it
};

struct Stream {
  std::int32_t id = 0;  // HTTP/2's; 0: the record is free
  Slot slot = 0;
  const Job* job = nullptr;          // borrowed until the slot's answer is taken
  const Content* content = nullptr;  // likewise
  Instant due{};
  std::uint32_t token_version = 0;  // of the provider token it carries; 0: none
  std::uint32_t body_size = 0;
  std::uint32_t body_sent = 0;  // bytes handed to the framing
  std::uint16_t status = 0;     // 0: none yet, or an interim (1xx) one
  Written written = Written::nothing;
  bool answered = false;   // the slot has its answer; the record only waits for the stream's end
  bool abandoned = false;  // answered because it was overdue: the peer may still work on it
  std::string answer_body;
  StreamIndex next = no_stream;      // in the queue or the free list
  StreamIndex previous = no_stream;  // in the queue
};

class StreamTable {
 public:
  // Takes a record and puts it at the end of the queue. Its text buffer is empty, the rest as
  // default.
  [[nodiscard]] StreamIndex open();
  // The slot has its answer: leaves the queue.
  void mark_answered(StreamIndex index);
  // The stream is no more. Only after mark_answered().
  void close(StreamIndex index);

  [[nodiscard]] Stream& operator[](StreamIndex index) { return streams_[index]; }
  [[nodiscard]] const Stream& operator[](StreamIndex index) const { return streams_[index]; }
  [[nodiscard]] StreamIndex oldest() const { return oldest_; }
  [[nodiscard]] std::uint32_t open_count() const { return open_count_; }  // with the abandoned
  [[nodiscard]] std::uint32_t awaiting_count() const { return awaiting_count_; }
  [[nodiscard]] std::size_t size() const { return streams_.size(); }

 private:
  std::vector<Stream> streams_;
  StreamIndex free_ = no_stream;
  StreamIndex oldest_ = no_stream;
  StreamIndex newest_ = no_stream;
  std::uint32_t open_count_ = 0;
  std::uint32_t awaiting_count_ = 0;
};

}  // namespace muster::apns
