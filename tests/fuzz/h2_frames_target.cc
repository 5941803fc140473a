// Any bytes as HTTP/2 frames, and every payload as an answer's header block. Whatever the pieces in
// which they come, the same frames are read; a block is read to its end or refused.
//
//   input := piece(1) bytes      as many bytes a feed(), 1 at least
#include <algorithm>
#include <string>
#include <vector>

#include "apns/field_reader.h"
#include "apns/frame_reader.h"
#include "tests/fuzz/target.h"

namespace muster::fuzz {
namespace {

struct Seen {
  apns::FrameType type{};
  Byte flags = 0;
  apns::StreamId stream = 0;
  std::vector<Byte> payload;
  friend bool operator==(const Seen&, const Seen&) = default;
};

struct Reading {
  std::vector<Seen> frames;
  bool too_long = false;
  friend bool operator==(const Reading&, const Reading&) = default;
};

Reading read_in_pieces(Bytes bytes, std::size_t piece) {
  apns::FrameReader reader;
  Reading reading;
  while (!bytes.empty() && !reader.too_long()) {
    // Exactly as large as the piece, so that a sanitizer sees a frame shown after its bytes.
    const std::vector<Byte> fed(
        bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(std::min(piece, bytes.size())));
    bytes = bytes.subspan(fed.size());
    reader.feed(fed);
    while (const auto frame = reader.next()) {
      demand(frame->payload.size() <= apns::frame_payload_max, "no frame is too long");
      demand(frame->stream >= 0, "the reserved bit is not part of the stream's id");
      reading.frames.push_back({frame->type,
                                frame->flags,
                                frame->stream,
                                {frame->payload.begin(), frame->payload.end()}});
    }
  }
  reading.too_long = reader.too_long();
  return reading;
}

}  // namespace
}  // namespace muster::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster;
  if (size == 0) {
    return 0;
  }
  const Bytes bytes{data + 1, size - 1};
  const auto whole = fuzz::read_in_pieces(bytes, bytes.size());
  fuzz::demand(whole == fuzz::read_in_pieces(bytes, std::max<std::size_t>(data[0], 1)),
               "pieces do not change what is read");
  apns::FieldReader fields;
  for (const auto& frame : whole.frames) {
    const apns::AnswerHead* head = fields.read(frame.payload);
    if (head == nullptr) {
      break;  // the connection's end: nothing is read after it
    }
    fuzz::demand(head->status == 0 || (head->status >= 100 && head->status <= 999),
                 "a status has three digits");
    fuzz::demand(head->apns_id.size() <= 16UL * 1024, "an answer's fields have an end");
  }
  return 0;
}
