#include "loadgen/books_call.h"

#include "base/bytes.h"
#include "loadgen/json_text.h"

namespace muster::loadgen {
namespace {

std::optional<std::string> decoded(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '+') {
      plain += ' ';
    } else if (text[at] != '%') {
      plain += text[at];
    } else {
      std::vector<Byte> byte;
      if (at + 2 >= text.size() || !from_hex(text.substr(at + 1, 2), byte)) {
        return std::nullopt;
      }
      plain += static_cast<char>(byte.front());
      at += 2;
    }
  }
  return plain;
}

}  // namespace

std::optional<BooksQuery> read_books_query(std::string_view query) {
  BooksQuery read;
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto pair = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    if (pair.empty()) {
      continue;
    }
    const auto equals = pair.find('=');
    auto name = decoded(pair.substr(0, equals));
    auto value = decoded(equals == std::string_view::npos ? "" : pair.substr(equals + 1));
    if (!name || !value) {
      return std::nullopt;
    }
    read.emplace_back(std::move(*name), std::move(*value));
  }
  return read;
}

bool read_member(const std::vector<JsonMember>& members, std::string_view key,
                 std::optional<std::string>& into) {
  const auto value = json_value(members, key);
  if (value.empty() || value == "null") {
    into = std::nullopt;
    return true;
  }
  into = json_text(value);
  return into.has_value();
}

}  // namespace muster::loadgen
