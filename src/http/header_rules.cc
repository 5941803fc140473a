#include "http/header_rules.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace muster::http {
namespace {

constexpr std::size_t length_digits_max = 18;  // fits 64 bits

std::ptrdiff_t count(const Fields& fields, std::string_view name) {
  return std::ranges::count_if(fields,
                               [&](const Field& each) { return same_word(each.name, name); });
}

bool is_length(std::string_view text) {
  return !text.empty() && text.size() <= length_digits_max &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::uint16_t refusal_of(const Fields& fields, Version version) {
  const auto hosts = count(fields, "Host");
  const auto lengths = count(fields, "Content-Length");
  const auto encodings = count(fields, "Transfer-Encoding");
  if (hosts > 1 || (hosts == 0 && version == Version::http_1_1)) {
    return 400;
  }
  if (lengths + encodings > 1 || (encodings == 1 && version == Version::http_1_0)) {
    return 400;
  }
  if (const auto length = field(fields, "Content-Length"); length && !is_length(*length)) {
    return 400;
  }
  if (const auto encoding = field(fields, "Transfer-Encoding");
      encoding && !same_word(*encoding, "chunked")) {
    return 501;
  }
  const auto expected = field(fields, "Expect");
  if (expected && version == Version::http_1_1 && !same_word(*expected, "100-continue")) {
    return 417;
  }
  return 0;
}

bool expects_continue(const Fields& fields, Version version) {
  return version == Version::http_1_1 && field(fields, "Expect").has_value();
}

}  // namespace muster::http
