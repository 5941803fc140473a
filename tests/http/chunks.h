// The body of a chunked response, taken apart.
#pragma once

#include <cstdlib>
#include <string>
#include <string_view>

namespace muster::http {

struct Chunked {
  std::string text;
  bool whole = false;  // the last chunk came, and nothing behind it
  int chunks = 0;
};

inline Chunked chunks_of(std::string_view body) {
  Chunked all;
  for (;;) {
    const auto line = body.find("\r\n");
    if (line == std::string_view::npos) {
      return all;
    }
    const auto size = std::strtoul(std::string(body.substr(0, line)).c_str(), nullptr, 16);
    body.remove_prefix(line + 2);
    if (size == 0) {
      all.whole = body == "\r\n";
      return all;
    }
    all.text += body.substr(0, size);
    if (body.size() < size + 2 || body.substr(size, 2) != "\r\n") {
      return all;
    }
    body.remove_prefix(size + 2);
    ++all.chunks;
  }
}

}  // namespace muster::http
