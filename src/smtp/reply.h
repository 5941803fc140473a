// Reads a server's replies out of bytes that come in pieces of any size.
//
//   reply := { code "-" [text] CRLF } code [" " text] CRLF        (RFC 5321 §4.2)
//   code  := "2"…"5" digit digit, the same on every line
//
// Liberal where servers in the wild are sloppy: a line may end in LF alone, text may be missing or
// be joined to its code by something else than a blank. Strict where sense ends: a code out of
// range, a NUL, a code that changes within a reply, a line or a reply longer than model/limits.h
// allows. Such a reply is broken, and so is everything behind it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace muster::smtp {

// x.y.z of RFC 3463, without its class. Only there where the class agrees with the code: else the
// code is trusted alone.
struct Enhanced {
  bool present = false;
  std::uint16_t subject = 0;
  std::uint16_t detail = 0;
};

struct Reply {
  std::uint16_t code = 0;
  Enhanced enhanced;
  // All lines joined by blanks, printable ASCII, cut at reply_text_max; begins with the enhanced
  // code, which is not repeated with every line.
  std::string text;

  [[nodiscard]] int kind() const { return code / 100; }
  // "250 2.0.0 Ok: queued as 4F1A2B", at most limits::reply_bytes_max; keeps `line`'s capacity.
  void write_line(std::string& line) const;
};
inline constexpr std::size_t reply_text_max = 512;

class ReplyReader {
 public:
  enum class Event : std::uint8_t { nothing, line, reply, broken };

  // Reads on to the end of the next line and takes from `bytes` what it read. `line`: a line of a
  // reply that goes on; `reply`: its last line.
  [[nodiscard]] Event feed(Bytes& bytes);
  // Of the last line, what stands behind the code; good until the next feed().
  [[nodiscard]] std::string_view line() const { return line_; }
  [[nodiscard]] const Reply& reply() const { return reply_; }
  // Forgets a reply that has begun.
  void reset();

 private:
  [[nodiscard]] Event read_line(std::string_view line);
  void add_text();

  std::string kept_;  // a line that has begun
  bool kept_done_ = false;
  std::string_view line_;
  Reply reply_;
  std::uint32_t lines_ = 0;  // of this reply
  bool goes_on_ = false;
};

// "5.1.1 No such user" → 1.1, where `kind` is 5.
[[nodiscard]] Enhanced enhanced_of(std::string_view text, int kind);

}  // namespace muster::smtp
