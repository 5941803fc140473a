#include "smtp/characters.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace muster::smtp {
namespace {

unsigned byte_at(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
}

constexpr std::uint64_t each_byte = 0x0101'0101'0101'0101;
constexpr std::uint64_t high_bits = each_byte * 0x80;

bool control(char32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0);
}

// Calls look(eight letters) for all of `text`; the last eight are filled up with letters.
template <class Look>
void each_eight(std::string_view text, Look look) {
  constexpr std::size_t letters = sizeof(std::uint64_t);
  std::uint64_t eight = 0;
  for (; text.size() >= letters; text.remove_prefix(letters)) {
    std::memcpy(&eight, text.data(), letters);
    look(eight);
  }
  if (!text.empty()) {  // memcpy takes no null, even for no bytes
    eight = each_byte * 'x';
    std::memcpy(&eight, text.data(), text.size());
    look(eight);
  }
}

std::string_view without_blanks_around(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

}  // namespace

Character character_at(std::string_view text, std::size_t at) {
  const unsigned lead = byte_at(text, at);
  if (lead < 0x80) {
    return {lead, 1};
  }
  const unsigned size = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
  if (size == 0) {
    return {};
  }
  // The second byte's range keeps overlong forms, surrogates and what lies beyond U+10FFFF out.
  const unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (byte_at(text, at + 1) < low || byte_at(text, at + 1) > high) {
    return {};
  }
  char32_t code = lead & (0x7FU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    const unsigned next = byte_at(text, at + i);
    if ((next & 0xC0U) != 0x80U) {
      return {};
    }
    code = code << 6 | (next & 0x3FU);
  }
  return {code, static_cast<std::uint8_t>(size)};
}

namespace {

// Where a character stands that harmless() removes, or a byte that is not UTF-8.
std::size_t first_to_change(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (text[at] >= 0x20 && text[at] < 0x7F) {
      ++at;
      continue;
    }
    const auto [code, size] = character_at(text, at);
    if (size == 0 || invisible(code)) {
      break;
    }
    at += size;
  }
  return at;
}

}  // namespace

bool invisible(char32_t code) {
  return control(code) || code == 0x061C || code == 0x200E || code == 0x200F ||
         (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) || code == 0xFEFF;
}

std::string_view harmless(std::string_view text, std::string& room) {
  const auto good = is_printable(text) ? text.size() : first_to_change(text);
  if (good == text.size()) {
    return without_blanks_around(text);
  }
  room.assign(text, 0, good);
  for (std::size_t at = good; at < text.size();) {
    const auto [code, size] = character_at(text, at);
    if (size == 0) {
      room += "\uFFFD";
      ++at;
      continue;
    }
    if (!invisible(code)) {
      room.append(text, at, size);
    }
    at += size;
  }
  return without_blanks_around(room);
}

bool is_ascii(std::string_view text) {
  std::uint64_t all = 0;
  each_eight(text, [&all](std::uint64_t eight) { all |= eight; });
  return (all & high_bits) == 0;
}

// The lowest byte out of range shows in its high bit: beyond ASCII it is set, 0x7F plus one sets
// it, and so does what lies below a blank minus that. Bytes in range below it neither carry nor
// borrow.
bool is_printable(std::string_view text) {
  std::uint64_t odd = 0;
  each_eight(text, [&odd](std::uint64_t eight) {
    odd |= eight | (eight + each_byte) | (eight - each_byte * 0x20);
  });
  return (odd & high_bits) == 0;
}

std::string words_of_unfit(std::string_view text, Lines lines) {
  for (std::size_t at = 0; at < text.size();) {
    const auto [code, size] = character_at(text, at);
    if (size == 0) {
      return "a byte that is not UTF-8";
    }
    const bool layout = code == '\n' || code == '\r' || code == '\t';
    // Whoever writes a template may turn its text: it is his own.
    const bool unfit = lines == Lines::one ? invisible(code) : control(code) && !layout;
    if (unfit) {
      return fmt::format("the {} character U+{:04X}", control(code) ? "control" : "invisible",
                         static_cast<std::uint32_t>(code));
    }
    at += size;
  }
  return {};
}

}  // namespace muster::smtp
