#include "http/request_reader.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <utility>

#include "base/assert.h"
#include "http/target.h"

namespace muster::http {
namespace {

namespace beast = boost::beast::http;

std::string text_of(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

std::uint16_t status_of(const boost::beast::error_code& error) {
  if (error == beast::error::header_limit) {
    return 431;
  }
  return error == beast::error::body_limit ? 413 : 400;
}

}  // namespace

struct RequestReader::Parser : beast::request_parser<beast::string_body> {};

RequestReader::RequestReader(std::size_t header_bytes_max, std::size_t body_bytes_max)
    : header_bytes_max_(header_bytes_max), body_bytes_max_(body_bytes_max) {}
RequestReader::~RequestReader() = default;

RequestReader::State RequestReader::advance() {
  MUSTER_ASSERT(refusal_ == 0);
  if (parser_ == nullptr) {
    // A client that ends a body with one line end too many is not misunderstood (RFC 9112 §2.2).
    while (rest().starts_with("\r\n")) {
      used_ += 2;
    }
    if (rest().empty() || rest() == "\r") {
      drop_used();
      return State::empty;
    }
    begin();
  }
  const auto state = parser_->is_header_done() ? read_body() : read_header();
  drop_used();
  return state;
}

void RequestReader::begin() {
  parser_ = std::make_unique<Parser>();
  // We count ourselves as well: Beast forgets what it has understood.
  parser_->header_limit(static_cast<std::uint32_t>(header_bytes_max_));
  parser_->body_limit(body_bytes_max_);
  header_bytes_ = 0;
  request_ = ServerRequest{};
  request_is_head_ = false;
  keeps_connection_ = false;
  version_ = Version::http_1_1;
}

void RequestReader::drop_used() {
  if (used_ == input_.size()) {
    std::string().swap(input_);  // gives its memory back, too
    used_ = 0;
  } else if (used_ > input_.size() / 2) {
    input_.erase(0, used_);
    used_ = 0;
  }
}

RequestReader::State RequestReader::read_header() {
  boost::beast::error_code error;
  const auto understood =
      parser_->put(boost::asio::const_buffer(rest().data(), rest().size()), error);
  used_ += understood;
  header_bytes_ += understood;
  const bool more = error == beast::error::need_more;
  if (header_bytes_ + (more ? rest().size() : 0) > header_bytes_max_) {
    return refuse(431);
  }
  if (more) {
    return State::more;
  }
  if (error) {
    return refuse(status_of(error));
  }
  return understand_header();
}

// The fields are taken before the body is read: what stands behind a chunked body must not pass
// for header.
RequestReader::State RequestReader::understand_header() {
  const auto& message = parser_->get();
  request_.method = text_of(message.method_string());
  request_is_head_ = request_.method == "HEAD";
  version_ = message.version() == 10 ? Version::http_1_0 : Version::http_1_1;
  for (const auto& each : message) {
    request_.fields.push_back({text_of(each.name_string()), text_of(each.value())});
  }
  if (const auto status = refusal_of(request_.fields, version_); status != 0) {
    return refuse(status);
  }
  auto target = read_target(text_of(message.target()));
  if (!target) {
    return refuse(400);
  }
  request_.path = std::move(target->path);
  request_.segments = std::move(target->segments);
  request_.query = std::move(target->query);
  keeps_connection_ = parser_->keep_alive();
  parser_->eager(true);
  const auto state = read_body();
  return state == State::more && expects_continue(request_.fields, version_) ? State::expects
                                                                             : state;
}

RequestReader::State RequestReader::read_body() {
  while (!parser_->is_done()) {
    if (rest().empty()) {
      return State::more;
    }
    boost::beast::error_code error;
    used_ += parser_->put(boost::asio::const_buffer(rest().data(), rest().size()), error);
    if (error == beast::error::need_more) {
      // Beast waits for the end of a chunk's first line, or of the trailer, however long it is.
      return rest().size() > header_bytes_max_ ? refuse(431) : State::more;
    }
    if (error) {
      return refuse(status_of(error));
    }
  }
  request_.body = std::move(parser_->get().body());
  return State::whole;
}

RequestReader::State RequestReader::refuse(std::uint16_t status) {
  refusal_ = status;
  keeps_connection_ = false;
  return State::refused;
}

ServerRequest RequestReader::take() {
  MUSTER_ASSERT(parser_ != nullptr && parser_->is_done() && refusal_ == 0);
  parser_.reset();
  return std::move(request_);
}

}  // namespace muster::http
