#include "smtp/reply.h"

#include <algorithm>
#include <cstring>

#include "model/limits.h"
#include "smtp/characters.h"

namespace muster::smtp {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Reads up to three digits; false where there is none or a fourth.
bool read_number(std::string_view& text, std::uint16_t& number) {
  std::size_t digits = 0;
  unsigned value = 0;
  while (digits < text.size() && is_digit(text[digits])) {
    if (++digits > 3) {
      return false;
    }
    value = value * 10 + static_cast<unsigned>(text[digits - 1] - '0');
  }
  number = static_cast<std::uint16_t>(value);
  text.remove_prefix(digits);
  return digits != 0;
}

// How long the enhanced code at the beginning is, with the blank behind it; 0 where there is none.
std::size_t enhanced_size(std::string_view text, int kind, Enhanced& enhanced) {
  if (text.size() < 5 || text[0] != static_cast<char>('0' + kind) || text[1] != '.') {
    return 0;
  }
  auto rest = text.substr(2);
  Enhanced read{true, 0, 0};
  if (!read_number(rest, read.subject) || rest.empty() || rest[0] != '.') {
    return 0;
  }
  rest.remove_prefix(1);
  if (!read_number(rest, read.detail) || (!rest.empty() && rest[0] != ' ')) {
    return 0;
  }
  enhanced = read;
  return text.size() - rest.size() + (rest.empty() ? 0 : 1);
}

}  // namespace

Enhanced enhanced_of(std::string_view text, int kind) {
  Enhanced enhanced;
  (void)enhanced_size(text, kind, enhanced);
  return enhanced;
}

void Reply::write_line(std::string& line) const {
  line.clear();
  line += static_cast<char>('0' + code / 100);
  line += static_cast<char>('0' + code / 10 % 10);
  line += static_cast<char>('0' + code % 10);
  if (!text.empty()) {
    line += ' ';
    line += std::string_view(text).substr(0, limits::reply_bytes_max - line.size());
  }
}

ReplyReader::Event ReplyReader::feed(Bytes& bytes) {
  if (bytes.empty()) {
    return Event::nothing;
  }
  if (kept_done_) {
    kept_.clear();
    kept_done_ = false;
  }
  const auto piece = as_text(bytes);
  const auto* end = static_cast<const char*>(std::memchr(piece.data(), '\n', piece.size()));
  const std::size_t size =
      end == nullptr ? piece.size() : static_cast<std::size_t>(end - piece.data()) + 1;
  if (kept_.size() + size > limits::reply_line_bytes_max) {
    return Event::broken;
  }
  bytes = bytes.subspan(size);
  if (end == nullptr) {
    kept_ += piece;
    return Event::nothing;
  }
  if (kept_.empty()) {
    return read_line(piece.substr(0, size));
  }
  kept_ += piece.substr(0, size);
  kept_done_ = true;  // line() looks into it until the next call
  return read_line(kept_);
}

ReplyReader::Event ReplyReader::read_line(std::string_view line) {
  line.remove_suffix(line.ends_with("\r\n") ? 2 : 1);
  const bool coded =
      line.size() >= 3 && is_digit(line[0]) && is_digit(line[1]) && is_digit(line[2]);
  if (!coded || line[0] < '2' || line[0] > '5' || line.find('\0') != std::string_view::npos ||
      (line.size() > 3 && is_digit(line[3]))) {
    return Event::broken;
  }
  const auto code =
      static_cast<std::uint16_t>((line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0'));
  if (goes_on_ && code != reply_.code) {
    return Event::broken;
  }
  if (!goes_on_) {
    reply_.text.clear();
    lines_ = 0;
  }
  if (++lines_ > limits::reply_lines_max) {
    return Event::broken;
  }
  reply_.code = code;
  goes_on_ = line.size() > 3 && line[3] == '-';
  line_ = line.substr(std::min<std::size_t>(4, line.size()));
  add_text();
  return goes_on_ ? Event::line : Event::reply;
}

void ReplyReader::add_text() {
  auto text = line_;
  if (lines_ == 1) {
    reply_.enhanced = enhanced_of(text, reply_.kind());
  } else if (Enhanced repeated; reply_.enhanced.present) {
    text.remove_prefix(enhanced_size(text, reply_.kind(), repeated));
  }
  if (!reply_.text.empty() && !text.empty() && reply_.text.size() < reply_text_max) {
    reply_.text += ' ';
  }
  if (text.size() <= reply_text_max - std::min(reply_text_max, reply_.text.size()) &&
      is_printable(text)) {
    reply_.text += text;  // nearly always
    return;
  }
  for (const char c : text) {
    if (reply_.text.size() >= reply_text_max) {
      return;
    }
    const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    if (!control) {
      reply_.text += static_cast<unsigned char>(c) < 0x7f ? c : '?';
    }
  }
}

void ReplyReader::reset() {
  kept_.clear();
  kept_done_ = false;
  line_ = {};
  lines_ = 0;
  goes_on_ = false;
}

}  // namespace muster::smtp
