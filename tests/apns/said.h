// What a session said, cut into frames without any code of ours or of nghttp2's: for tests by
// bytes.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "tests/apns/pair.h"

namespace muster::apns::testing {

struct SaidFrame {
  int type = 0;
  int flags = 0;
  std::int32_t stream = 0;
  std::string payload;
  friend bool operator==(const SaidFrame&, const SaidFrame&) = default;
};
std::ostream& operator<<(std::ostream& out, const SaidFrame& said);

// Everything the session wants to send now, asked for in rooms of `room` bytes, until it says no
// more. The peer does not see it.
[[nodiscard]] Buffer said(Pair& pair, std::size_t room = 65'536);
// Whole frames only: a rest at the end becomes a frame of type -1.
[[nodiscard]] std::vector<SaidFrame> frames_in(const Buffer& bytes);
[[nodiscard]] std::vector<SaidFrame> frames_said(Pair& pair);

[[nodiscard]] SaidFrame said_reset(std::int32_t stream, std::uint32_t code);
[[nodiscard]] SaidFrame said_goaway(std::uint32_t code);
[[nodiscard]] SaidFrame said_window_update(std::int32_t stream, std::uint32_t by);

// Pair's settings, with our own framing whatever the environment says.
[[nodiscard]] SessionSettings own_wake();
[[nodiscard]] SessionSettings own_alert();

// Connected, and nothing left to say; `count` requests sent and read by the peer.
void open_with_requests(Pair& pair, std::uint32_t count);

}  // namespace muster::apns::testing
