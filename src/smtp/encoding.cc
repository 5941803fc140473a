#include "smtp/encoding.h"

#include <algorithm>

#include "base/assert.h"
#include "crypto/digest.h"

namespace muster::smtp {
namespace {

// A soft line break takes one of 76.
constexpr std::size_t content_max = 75;

bool stands(char octet) {
  return octet > ' ' && octet < 0x7F && octet != '=';
}

// Whether `text` begins with "From ", as far as it goes.
bool opens_a_mailbox(std::string_view text) {
  constexpr std::string_view from = "From ";
  const auto size = std::min(text.size(), from.size());
  return text.substr(0, size) == from.substr(0, size);
}

}  // namespace

std::string_view name_of(Encoding encoding) {
  return encoding == Encoding::base64 ? "base64" : "quoted-printable";
}

void QuotedPrintable::feed(std::string_view text) {
  if (text.empty()) {
    return;
  }
  if (state_.blank != '\0' && !text.starts_with("\r\n")) {
    put(std::string_view(&state_.blank, 1));
    state_.blank = '\0';
  }
  for (std::size_t at = 0; at < text.size();) {
    const char octet = text[at];
    const auto rest = text.substr(at);
    if (rest.starts_with("\r\n")) {
      end_line();
      at += 2;
    } else if (octet == ' ' || octet == '\t') {
      if (rest.size() == 1 || rest.substr(1).starts_with("\r\n")) {
        state_.blank = octet;
      } else {
        put(rest.substr(0, 1));
      }
      ++at;
    } else if (!stands(octet) || (state_.column == 0 && (octet == '.' || opens_a_mailbox(rest)))) {
      put_escaped(octet);
      ++at;
    } else {
      const auto room = state_.column < content_max ? content_max - state_.column : 1;
      const auto* begin = rest.data();
      const auto* end = begin + 1;
      const auto* last = begin + std::min(room, rest.size());
      while (end < last && stands(*end)) {
        ++end;
      }
      put({begin, static_cast<std::size_t>(end - begin)});
      at += static_cast<std::size_t>(end - begin);
    }
  }
}

void QuotedPrintable::finish() {
  end_line();
}

void QuotedPrintable::put_encoded(const Octets& encoded, State after) {
  MUSTER_ASSERT(state_.column == 0 && state_.blank == '\0');
  add(to_, encoded);
  state_ = after;
}

// What does not fit this line opens the next, where feed() has not seen it coming.
void QuotedPrintable::put(std::string_view run) {
  if (make_room(run.size()) && (run[0] == '.' || run[0] == 'F')) {
    put_escaped(run[0]);
    run.remove_prefix(1);
  }
  add(to_, run);
  state_.column += run.size();
}

void QuotedPrintable::put_escaped(char octet) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  make_room(3);
  const auto value = static_cast<unsigned char>(octet);
  const char escape[] = {'=', digits[value >> 4], digits[value & 15U]};
  add(to_, std::string_view(escape, sizeof escape));
  state_.column += sizeof escape;
}

// True: on a new line.
bool QuotedPrintable::make_room(std::size_t octets) {
  if (state_.column + octets <= content_max) {
    return false;
  }
  add(to_, "=\r\n");
  state_.column = 0;
  return true;
}

void QuotedPrintable::end_line() {
  if (state_.blank != '\0') {
    put_escaped(state_.blank);
    state_.blank = '\0';
  }
  add(to_, "\r\n");
  state_.column = 0;
}

void Base64::feed(std::string_view text) {
  while (!text.empty()) {
    const auto size = std::min(line_bytes - held_, text.size());
    std::copy_n(as_bytes(text).data(), size, line_.data() + held_);
    held_ += size;
    text.remove_prefix(size);
    if (held_ == line_bytes) {
      put_line();
    }
  }
}

void Base64::finish() {
  if (held_ > 0) {
    put_line();
  }
}

void Base64::put_line() {
  std::array<char, crypto::base64_size(line_bytes) + 2> digits{};
  char* end = crypto::write_base64(Bytes(line_).first(held_), digits.data());
  *end++ = '\r';
  *end++ = '\n';
  add(to_, std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data())));
  held_ = 0;
}

}  // namespace muster::smtp
