#include "mdm/one_line.h"

#include <algorithm>

#include "base/utf8.h"

namespace muster::mdm {
namespace {

// Codes are 32 hexadecimal digits; no word of a language is a run of so many letters and digits
// with digits among them.
constexpr std::size_t code_bytes_min = 16;

bool part_of_code(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         c == '-' || c == '%' || c == '=' || c == '+' || c == '/' || c == '&' || c == '?';
}

bool may_be_secret(std::string_view word) {
  if (word.find("://") != std::string_view::npos || word.find('=') != std::string_view::npos) {
    return true;
  }
  std::size_t run = 0;
  bool digits = false;
  for (const char c : word) {
    run = part_of_code(c) ? run + 1 : 0;
    digits = run != 0 && (digits || (c >= '0' && c <= '9'));
    if (run >= code_bytes_min && digits) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::string one_line(std::string_view text, std::size_t bytes_max) {
  std::string line(text);
  // Controls beyond ASCII have two bytes; both become spaces.
  for (auto at = first_control(line); at < line.size(); at = first_control(line)) {
    const bool two = static_cast<unsigned char>(line[at]) >= 0x80 && at + 1 < line.size();
    line[at] = ' ';
    if (two) {
      line[at + 1] = ' ';
    }
  }
  if (line.size() > bytes_max) {
    std::size_t end = bytes_max;
    while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xc0U) == 0x80) {
      --end;
    }
    line.resize(end);
  }
  return line;
}

std::string one_line_without_secrets(std::string_view text, std::size_t bytes_max) {
  const auto line = one_line(text, text.size());
  std::string kept;
  std::size_t at = 0;
  while (at < line.size()) {
    const auto end = std::min(line.find(' ', at), line.size());
    const auto word = std::string_view(line).substr(at, end - at);
    if (!word.empty()) {
      if (!kept.empty()) {
        kept += ' ';
      }
      kept += may_be_secret(word) ? std::string_view("(left out)") : word;
    }
    at = end + 1;
  }
  return one_line(kept, bytes_max);
}

}  // namespace muster::mdm
