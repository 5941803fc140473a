#include "base/utf8.h"

#include <fmt/format.h>

#include <cstdint>
#include <cstring>

namespace muster {
namespace {

unsigned byte_at(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
}

// How many bytes the character at `at` takes; 0 where it is not UTF-8 (Unicode 15, table 3-7).
std::size_t length_at(std::string_view text, std::size_t at) {
  const unsigned lead = byte_at(text, at);
  if (lead < 0x80) {
    return lead == 0 ? 0 : 1;
  }
  const auto size = lead < 0xC2 ? 0U : lead < 0xE0 ? 2U : lead < 0xF0 ? 3U : lead < 0xF5 ? 4U : 0U;
  if (size == 0) {
    return 0;
  }
  // The second byte's range keeps overlong forms, surrogates and what lies beyond U+10FFFF out.
  const unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (byte_at(text, at + 1) < low || byte_at(text, at + 1) > high) {
    return 0;
  }
  for (std::size_t i = 2; i < size; ++i) {
    if ((byte_at(text, at + i) & 0xC0U) != 0x80U) {
      return 0;
    }
  }
  return size;
}

// Whether these eight bytes are all plain characters 0x01–0x7F.
bool plain(const char* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  constexpr std::uint64_t high = 0x8080808080808080U;
  constexpr std::uint64_t ones = 0x0101010101010101U;
  return ((word | (word - ones)) & high) == 0;
}

}  // namespace

std::size_t first_not_text(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (text.size() - at >= 8 && plain(text.data() + at)) {
      at += 8;
      continue;
    }
    const auto length = length_at(text, at);
    if (length == 0) {
      return at;
    }
    at += length;
  }
  return at;
}

std::string words_of_byte(std::string_view text, std::size_t at) {
  const unsigned byte = byte_at(text, at);
  if (byte == 0) {
    return "a NUL byte";
  }
  const unsigned next = byte_at(text, at + 1);
  if (byte == 0xED && next >= 0xA0 && next <= 0xBF) {
    return "a lone surrogate, which is not UTF-8";
  }
  const bool overlong = byte == 0xC0 || byte == 0xC1 ||
                        (byte == 0xE0 && next >= 0x80 && next < 0xA0) ||
                        (byte == 0xF0 && next >= 0x80 && next < 0x90);
  if (overlong) {
    return "an overlong form, which is not UTF-8";
  }
  // A letter with an accent between plain ones: what Latin-1 and Windows-1252 look like.
  const bool latin = byte >= 0xA0 && next < 0x80;
  return fmt::format("the byte 0x{:02X}, which is not UTF-8{}", byte,
                     latin ? " (it looks like Latin-1)" : "");
}

std::size_t first_control(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const unsigned byte = byte_at(text, at);
    if (byte < 0x20 || byte == 0x7F) {
      return at;
    }
    if (byte == 0xC2 && byte_at(text, at + 1) < 0xA0) {
      return at;
    }
  }
  return text.size();
}

std::string words_of_control(std::string_view text, std::size_t at) {
  const unsigned byte = byte_at(text, at);
  const unsigned character = byte == 0xC2 ? byte_at(text, at + 1) : byte;
  const char* name = character == 0x0A   ? "a line feed"
                     : character == 0x0D ? "a carriage return"
                     : character == 0x09 ? "a tab"
                     : character == 0    ? "a NUL"
                                         : "a control character";
  return fmt::format("{} (U+{:04X})", name, character);
}

}  // namespace muster
