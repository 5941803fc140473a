// Requests out of bytes, as they come: Beast's parser within our bounds, behind our rules.
//
// Whoever reads a socket appends to input() and calls advance() until it wants more. One request is
// read at a time; what comes behind it, pipelined, waits in input(). Nothing is kept between
// requests, so that an idle connection costs nothing here.
//
// Bounded: the header and whatever frames a chunk or stands behind the last one (header_bytes_max),
// the body (by its announced length before a byte of it is read, or as chunks come), and with them
// input(), which holds at most these and one read of the socket. No socket and no clock here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "http/header_rules.h"
#include "http/server.h"

namespace muster::http {

class RequestReader {
 public:
  RequestReader(std::size_t header_bytes_max, std::size_t body_bytes_max);
  ~RequestReader();

  enum class State : std::uint8_t {
    empty,    // not a byte of a request
    more,     // a part of one
    expects,  // its header; the client waits for "100 Continue". Said once
    whole,    // take() it
    refused,  // refusal() is the status; nothing that follows can be understood
  };
  [[nodiscard]] std::string& input() { return input_; }
  [[nodiscard]] State advance();
  [[nodiscard]] std::uint16_t refusal() const { return refusal_; }

  // Method, path, query, fields and body; the rest is the connection's to fill. Begins anew.
  [[nodiscard]] ServerRequest take();
  // Of the request that was read last, or as much of it as was read.
  [[nodiscard]] bool is_head() const { return request_is_head_; }
  [[nodiscard]] bool keeps_connection() const { return keeps_connection_; }
  [[nodiscard]] Version version() const { return version_; }
  // Bytes wait that advance() has not seen the end of.
  [[nodiscard]] bool has_input() const { return used_ < input_.size(); }

 private:
  struct Parser;

  [[nodiscard]] std::string_view rest() const { return std::string_view(input_).substr(used_); }
  void begin();
  void drop_used();
  [[nodiscard]] State read_header();
  [[nodiscard]] State understand_header();
  [[nodiscard]] State read_body();
  [[nodiscard]] State refuse(std::uint16_t status);

  const std::size_t header_bytes_max_;
  const std::size_t body_bytes_max_;
  std::string input_;
  std::size_t used_ = 0;  // bytes of input_ that were understood
  std::unique_ptr<Parser> parser_;
  std::size_t header_bytes_ = 0;  // understood of this header
  ServerRequest request_;
  bool request_is_head_ = false;
  bool keeps_connection_ = false;
  Version version_ = Version::http_1_1;
  std::uint16_t refusal_ = 0;
};

}  // namespace muster::http
