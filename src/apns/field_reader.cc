#include "apns/field_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "base/assert.h"

namespace muster::apns {
namespace {

// Decompressed, names and values. APNs' blocks are under 100 bytes.
constexpr std::size_t block_bytes_max = 16UL * 1024;

std::string_view text_of(const std::uint8_t* bytes, std::size_t size) {
  return as_text(Bytes(bytes, size));
}

// Three digits; 0 for anything else.
std::uint16_t status_in(std::string_view text) {
  std::uint16_t status = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), status);
  return text.size() == 3 && read.ptr == text.data() + 3 && status >= 100 ? status
                                                                          : std::uint16_t{0};
}

// RFC 9113 §8.2.1: a name is in small letters.
bool has_capitals(std::string_view name) {
  return std::any_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

// RFC 9113 §8.2.2: HTTP/1.1's fields about its connection.
bool speaks_of_the_connection(std::string_view name) {
  constexpr std::array<std::string_view, 5> names{"connection", "keep-alive", "proxy-connection",
                                                  "transfer-encoding", "upgrade"};
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

FieldReader::FieldReader() {
  nghttp2_hd_inflater* inflater = nullptr;
  MUSTER_ASSERT(nghttp2_hd_inflate_new(&inflater) == 0);
  inflater_.reset(inflater);
}

const AnswerHead* FieldReader::read(Bytes block) {
  head_.status = 0;
  head_.apns_id.clear();
  head_.malformed = false;
  bytes_ = 0;
  regular_seen_ = false;
  for (bool final = false; !final;) {
    nghttp2_nv field{};
    int flags = 0;
    const ssize_t taken =
        nghttp2_hd_inflate_hd2(inflater_.get(), &field, &flags, block.data(), block.size(), 1);
    if (taken < 0) {
      return nullptr;
    }
    block = block.subspan(static_cast<std::size_t>(taken));
    if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
      bytes_ += field.namelen + field.valuelen;
      if (bytes_ > block_bytes_max) {
        return nullptr;
      }
      take(field);
    }
    final = (flags & NGHTTP2_HD_INFLATE_FINAL) != 0;
  }
  nghttp2_hd_inflate_end_headers(inflater_.get());
  return &head_;
}

void FieldReader::take(const nghttp2_nv& field) {
  const auto name = text_of(field.name, field.namelen);
  const auto value = text_of(field.value, field.valuelen);
  if (name.starts_with(':')) {
    take_pseudo(name, value);
    return;
  }
  regular_seen_ = true;
  if (has_capitals(name) || speaks_of_the_connection(name)) {
    head_.malformed = true;
  } else if (nghttp2_check_header_name(field.name, field.namelen) == 0 ||
             nghttp2_check_header_value(field.value, field.valuelen) == 0) {
    return;  // a field that no reader may see; nghttp2's session leaves it out as well
  } else if (name == "apns-id") {
    head_.apns_id = value;
  }
}

void FieldReader::take_pseudo(std::string_view name, std::string_view value) {
  const bool expected = name == ":status" && !regular_seen_ && head_.status == 0;
  const std::uint16_t status = status_in(value);
  if (expected && status != 0) {
    head_.status = status;
  } else {
    head_.malformed = true;
  }
}

}  // namespace muster::apns
