#include "smtp/characters.h"

#include <fmt/format.h>

#include <algorithm>

namespace muster::smtp {
namespace {

unsigned byte_at(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
}

bool control(char32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0);
}

// Nothing to remove, seen without decoding: printable ASCII.
bool plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char letter) { return letter >= 0x20 && letter < 0x7F; });
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

bool invisible(char32_t code) {
  return control(code) || code == 0x061C || code == 0x200E || code == 0x200F ||
         (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) || code == 0xFEFF;
}

std::string_view harmless(std::string_view text, std::string& room) {
  if (plain(text)) {
    return without_blanks_around(text);
  }
  room.clear();
  for (std::size_t at = 0; at < text.size();) {
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
  return std::all_of(text.begin(), text.end(),
                     [](char letter) { return static_cast<unsigned char>(letter) < 0x80; });
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
