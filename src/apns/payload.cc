#include "apns/payload.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"
#include "base/bytes.h"

namespace muster::apns {
namespace {

constexpr std::string_view mdm_begin = R"({"mdm":")";
constexpr std::string_view mdm_end = R"("})";
static_assert(mdm_begin.size() + mdm_end.size() == mdm_payload_bytes_around);

// One byte's place in a JSON string: at most six characters.
char* write_escaped(char byte, char* out) {
  constexpr std::string_view digits = "0123456789abcdef";
  const auto value = static_cast<unsigned char>(byte);
  if (byte == '"' || byte == '\\') {
    *out++ = '\\';
    *out++ = byte;
  } else if (value < 0x20) {
    out = std::copy_n("\\u00", 4, out);
    *out++ = digits[value >> 4];
    *out++ = digits[value & 15U];
  } else {
    *out++ = byte;
  }
  return out;
}

// Whether JSON takes the text as it is. Eight bytes at a time, since every job asks: the classic
// tests for "a byte below n" and "a byte equal to n" in a word; both may report a byte too many
// only above one they report rightly.
bool needs_no_escape(std::string_view text) {
  constexpr std::uint64_t ones = 0x0101'0101'0101'0101;
  constexpr std::uint64_t tops = 0x8080'8080'8080'8080;
  const auto odd = [](std::uint64_t word) {
    const auto has_zero = [](std::uint64_t value) { return (value - ones) & ~value; };
    const std::uint64_t control = (word - ones * 0x20) & ~word;
    return ((control | has_zero(word ^ ones * '"') | has_zero(word ^ ones * '\\')) & tops) != 0;
  };
  std::size_t at = 0;
  for (; at + sizeof(std::uint64_t) <= text.size(); at += sizeof(std::uint64_t)) {
    if (odd(load<std::uint64_t>(as_bytes(text).data() + at))) {
      return false;
    }
  }
  if (text.size() >= sizeof(std::uint64_t)) {  // the last eight, some of them once more
    return !odd(load<std::uint64_t>(as_bytes(text).data() + text.size() - sizeof(std::uint64_t)));
  }
  std::uint64_t rest = ones * ' ';
  if (!text.empty()) {
    std::memcpy(&rest, text.data(), text.size());
  }
  return !odd(rest);
}

}  // namespace

std::size_t mdm_payload_size(std::string_view magic) {
  MUSTER_ASSERT(magic.size() <= limits::push_magic_bytes_max);
  if (needs_no_escape(magic)) {
    return plain_mdm_payload_size(magic);
  }
  MdmPayload payload;
  return write_mdm_payload(magic, payload);
}

void write_plain_mdm_payload(std::string_view magic, char* out) {
  out = std::copy(mdm_begin.begin(), mdm_begin.end(), out);
  out = std::copy(magic.begin(), magic.end(), out);
  std::copy(mdm_end.begin(), mdm_end.end(), out);
}

std::size_t write_mdm_payload(std::string_view magic, MdmPayload& out) {
  MUSTER_ASSERT(magic.size() <= limits::push_magic_bytes_max);
  char* end = std::copy(mdm_begin.begin(), mdm_begin.end(), out.data());
  if (needs_no_escape(magic)) {
    end = std::copy(magic.begin(), magic.end(), end);
  } else {
    for (const char byte : magic) {
      end = write_escaped(byte, end);
    }
  }
  end = std::copy(mdm_end.begin(), mdm_end.end(), end);
  return static_cast<std::size_t>(end - out.data());
}

void append_json_string(std::string& to, std::string_view text) {
  to += '"';
  for (const char byte : text) {
    std::array<char, 6> escaped{};
    to.append(escaped.data(), write_escaped(byte, escaped.data()));
  }
  to += '"';
}

Result<std::string, Complaint> alert_payload(const AlertText& text) {
  std::string payload = R"({"aps":{"alert":{"title":)";
  append_json_string(payload, text.title);
  payload += R"(,"body":)";
  append_json_string(payload, text.body);
  payload += R"(},"sound":"default"},"url":)";
  append_json_string(payload, text.url);
  payload += '}';
  if (payload.size() > limits::payload_bytes_max) {
    Complaint complaint;
    complaint.found = "the notification's payload has " + std::to_string(payload.size()) + " bytes";
    complaint.expected = "at most " + std::to_string(limits::payload_bytes_max) + ", Apple's limit";
    complaint.mend = "shorten the notification's title or text";
    return tl::unexpected(std::move(complaint));
  }
  return payload;
}

}  // namespace muster::apns
