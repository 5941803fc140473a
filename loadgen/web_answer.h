// Reads one answer of HTTP/1.1 (RFC 9112) from bytes in pieces of any size.
//
// Lengths come from Content-Length or chunks, or from the connection's end; of a 1xx answer nothing
// is kept. A head beyond 16 KiB, a body beyond 1 MiB, two lengths that differ, and anything
// unreadable break it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace muster::loadgen {

class WebAnswerReader {
 public:
  enum class State : std::uint8_t { reading, whole, broken };

  void restart() { *this = WebAnswerReader(); }
  // Bytes behind a whole answer, which nobody asked for, break it.
  void receive(std::string_view bytes);
  // The connection has ended: an answer without a length is whole by this.
  void end();

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] bool begun() const { return begun_; }
  // The connection may be used again.
  [[nodiscard]] bool keeps() const { return keeps_; }
  [[nodiscard]] std::uint16_t status() const { return status_; }
  [[nodiscard]] const std::string& body() const { return body_; }

 private:
  enum class Part : std::uint8_t {
    head,
    counted,
    until_end,
    chunk_size,
    chunk,
    chunk_end,
    trailer
  };

  [[nodiscard]] bool take();  // one step; false: more bytes are needed
  [[nodiscard]] bool take_head();
  [[nodiscard]] bool read_head(std::string_view head);
  [[nodiscard]] bool read_field(std::string_view line);
  [[nodiscard]] bool take_counted();
  [[nodiscard]] bool take_line_of_chunks();
  void fail() { state_ = State::broken; }

  State state_ = State::reading;
  Part part_ = Part::head;
  bool begun_ = false;
  bool keeps_ = true;
  bool has_length_ = false;
  bool chunked_ = false;
  std::uint16_t status_ = 0;
  std::uint64_t left_ = 0;  // of the body, or of a chunk
  std::string in_;          // not taken yet
  std::string body_;
};

}  // namespace muster::loadgen
