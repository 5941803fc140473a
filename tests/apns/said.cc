#include "tests/apns/said.h"

#include <array>
#include <ostream>

namespace muster::apns::testing {

std::ostream& operator<<(std::ostream& out, const SaidFrame& said) {
  constexpr std::array<const char*, 10> names{
      "DATA",         "HEADERS", "PRIORITY", "RST_STREAM",    "SETTINGS",
      "PUSH_PROMISE", "PING",    "GOAWAY",   "WINDOW_UPDATE", "CONTINUATION"};
  const bool known = said.type >= 0 && said.type < static_cast<int>(names.size());
  out << (known ? names.at(static_cast<std::size_t>(said.type)) : "?") << " flags " << said.flags
      << " stream " << said.stream << " [";
  for (const Byte byte : as_bytes(said.payload)) {
    constexpr std::string_view digits = "0123456789abcdef";
    out << digits[byte >> 4] << digits[byte & 15];
  }
  return out << ']';
}

Buffer said(Pair& pair, std::size_t room) {
  Buffer all;
  Buffer bytes(room);
  for (std::size_t size = 0; (size = pair.session->transmit(bytes, pair.clock.now())) > 0;) {
    all.insert(all.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
  }
  return all;
}

std::vector<SaidFrame> frames_in(const Buffer& bytes) {
  std::vector<SaidFrame> frames;
  const std::string text(as_text(bytes));
  const auto byte = [&](std::size_t at) { return std::uint32_t{static_cast<Byte>(text[at])}; };
  std::size_t at = 0;
  while (at + 9 <= text.size()) {
    const std::size_t size = byte(at) << 16 | byte(at + 1) << 8 | byte(at + 2);
    if (at + 9 + size > text.size()) {
      break;
    }
    const auto stream = byte(at + 5) << 24 | byte(at + 6) << 16 | byte(at + 7) << 8 | byte(at + 8);
    frames.push_back({static_cast<int>(byte(at + 3)), static_cast<int>(byte(at + 4)),
                      static_cast<std::int32_t>(stream), text.substr(at + 9, size)});
    at += 9 + size;
  }
  if (at != text.size()) {
    frames.push_back({-1, 0, 0, text.substr(at)});
  }
  return frames;
}

std::vector<SaidFrame> frames_said(Pair& pair) {
  return frames_in(said(pair));
}

SaidFrame said_reset(std::int32_t stream, std::uint32_t code) {
  return {NGHTTP2_RST_STREAM, 0, stream, big_endian(code)};
}

SaidFrame said_goaway(std::uint32_t code) {
  return {NGHTTP2_GOAWAY, 0, 0, big_endian(0) + big_endian(code)};
}

SaidFrame said_window_update(std::int32_t stream, std::uint32_t by) {
  return {NGHTTP2_WINDOW_UPDATE, 0, stream, big_endian(by)};
}

SessionSettings own_wake() {
  SessionSettings settings = Pair::certificate();
  settings.framing = Framing::muster;
  return settings;
}

SessionSettings own_alert() {
  SessionSettings settings = Pair::alert();
  settings.framing = Framing::muster;
  return settings;
}

void open_with_requests(Pair& pair, std::uint32_t count) {
  pair.connect();
  pair.submit(count);
  pair.turn();
}

}  // namespace muster::apns::testing
