// Any bytes as what a client sends: no crash, the same requests however the bytes are cut, and
// every request within its bounds. When the rest is refused may differ: a line that is broken is
// seen at once, or with the end of its header.
//
// The first byte says how the rest is cut into reads.
#include <algorithm>
#include <string>
#include <string_view>

#include "http/request_reader.h"
#include "tests/fuzz/target.h"

namespace {

using muster::fuzz::demand;
using muster::http::RequestReader;
using State = RequestReader::State;

constexpr std::size_t header_max = 300;
constexpr std::size_t body_max = 100;

void check(const muster::http::ServerRequest& request) {
  demand(request.path.starts_with('/'), "a path begins with a slash");
  demand(request.path.find('\0') == std::string::npos, "a path has no NUL");
  const auto bounded = "/" + request.path + "/";
  demand(bounded.find("/../") == std::string::npos, "a path does not climb");
  demand(request.body.size() <= body_max, "a body is within its bound");
  std::size_t bytes = 0;
  for (const auto& field : request.fields) {
    bytes += field.name.size() + field.value.size();
  }
  demand(bytes <= header_max, "a header is within its bound");
}

void append(std::string& all, const muster::http::ServerRequest& request) {
  all += request.method + "\n" + request.path + "\n" + request.query + "\n" + request.body + "\n";
  for (const auto& field : request.fields) {
    all += field.name + "=" + field.value + "\n";
  }
}

// The requests that these bytes are understood as, when they come in reads of `piece`.
std::string understood(std::string_view bytes, std::size_t piece) {
  RequestReader reader(header_max, body_max);
  std::string all;
  while (!bytes.empty()) {
    reader.input() += bytes.substr(0, piece);
    bytes.remove_prefix(std::min(piece, bytes.size()));
    auto state = reader.advance();
    while (state == State::whole) {
      const auto request = reader.take();
      check(request);
      append(all, request);
      state = reader.advance();
    }
    if (state == State::refused) {
      demand(reader.refusal() >= 400 && reader.refusal() <= 599, "a refusal has a status");
      return all;
    }
    demand(reader.input().size() <= 2 * (header_max + body_max + piece), "input is bounded");
  }
  return all;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto piece = std::size_t{data[0]} + 1;
  demand(understood(bytes, bytes.size() + 1) == understood(bytes, piece),
         "how the bytes are cut makes no difference");
  return 0;
}
