// A sink that costs less than any client: HTTP/2 framing by hand, every request answered 200,
// nothing read.
//
// Headers are not decoded, bodies not looked at, apns-id not echoed. A request is a stream that
// ended; its answer is ten constant bytes (HEADERS with :status 200 from the static table,
// END_STREAM). Answers of one read go out together; the connection's window is given back in bulk.
// Frames are read where they lie; only one that two reads share is copied. The first request of all
// is logged with its time, which is how a benchmark learns when the first push arrived.
// What it must do to be a good peer (SETTINGS, PING, windows) it does; anything malformed ends the
// connection. A figure measured on it counts only if the strict conversation has passed first.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "loadgen/conversation.h"

namespace muster::loadgen {

struct FastSettings {
  std::uint32_t streams = 1000;
  std::uint32_t window = 65'535;
  Duration delay{0};
  std::vector<Instant>* arrivals = nullptr;  // gains the time of each request, where anybody asks
};

class FastConversation final : public Conversation {
 public:
  // `requests` and `violations` count over all connections and outlive this one.
  FastConversation(const FastSettings& settings, std::uint64_t& requests,
                   std::uint64_t& violations);

  void receive(Bytes plaintext, Instant now) override;
  void transmit(std::vector<Byte>& to) override;
  [[nodiscard]] Instant deadline() const override;
  void expire(Instant now) override;
  [[nodiscard]] bool wants_close() const override { return broken_; }
  void lost(Instant) override {}

 private:
  struct Batch {
    Instant due;
    std::vector<Byte> frames;
  };

  // Takes from the front what the last read's incomplete frame still misses; returns what is left.
  Bytes complete_rest(Bytes bytes);
  // Takes whole frames from the front; returns how many bytes.
  std::size_t take_frames(Bytes bytes);
  // For every frame that a read of so many bytes can end.
  void make_room_for_answers(std::size_t read);
  void send_answers(Instant now);
  // False: malformed.
  bool take(Byte type, Byte flags, std::uint32_t stream, Bytes payload);
  void answer(std::uint32_t stream);
  void give_back_window();

  FastSettings settings_;
  std::uint64_t& requests_;
  std::uint64_t& violations_;
  std::size_t preface_left_ = 24;
  std::vector<Byte> rest_;  // an incomplete frame at the end of the last read
  std::vector<Byte> out_;
  std::vector<Byte> answers_;   // room for one read's
  std::size_t answered_ = 0;    // bytes of it in use
  std::deque<Batch> waiting_;   // for their delay
  std::uint64_t consumed_ = 0;  // bytes of DATA not given back yet
  std::uint32_t ending_ = 0;    // a stream whose HEADERS ended it but not their block
  bool broken_ = false;
};

}  // namespace muster::loadgen
