// A reply as it goes out: status line and fields, the server's own among them.
//
// Every reply says how long it is, or that it comes in chunks, when it was made, and that it is not
// to be kept unless it says itself what may be kept. Who the server is and what version, it never
// says.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "http/server.h"

namespace muster::http {

struct ReplyManner {
  bool to_head = false;  // the request was HEAD: lengths, but no body
  bool last = false;     // the connection ends behind it
  bool old = false;      // to HTTP/1.0, which must be told that a connection is kept
  bool stream = false;   // of a length that nobody knows: chunked, or to HTTP/1.0 until the end
};

// The status of a reply that is none: Answer::hang_up().
inline constexpr std::uint16_t no_reply = 0;

// Whether it can be written at all: a final status, names that are tokens, values of one line.
[[nodiscard]] bool is_sendable(const Reply& reply);
// Up to and with the empty line. Fields of the reply that are the server's to say are left out.
[[nodiscard]] std::string head_of(const Reply& reply, const ReplyManner& manner, WallTime now);
// A chunk of a stream (RFC 9112 §7.1): what goes before it, and behind it or behind the last.
[[nodiscard]] std::string chunk_head(std::size_t bytes);
inline constexpr std::string_view chunk_end = "\r\n";
inline constexpr std::string_view last_chunk = "0\r\n\r\n";
// Whether a body of this status may follow the head at all (RFC 9110 §6.4.1).
[[nodiscard]] bool has_body(std::uint16_t status);
// What the server itself says where no handler is asked: a problem document (RFC 9457).
[[nodiscard]] Reply problem(std::uint16_t status);

}  // namespace muster::http
