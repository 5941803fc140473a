#include "http/reply_text.h"

#include <algorithm>
#include <array>
#include <boost/beast/http/status.hpp>
#include <charconv>
#include <cstdint>
#include <string_view>

#include "http/date.h"
#include "http/token.h"

namespace muster::http {
namespace {

bool is_one_line(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

// The framing of messages, which only the server knows.
bool is_the_servers(std::string_view name) {
  constexpr std::array<std::string_view, 6> names{"Content-Length",    "Date",       "Connection",
                                                  "Transfer-Encoding", "Keep-Alive", "Server"};
  return std::ranges::any_of(names, [&](std::string_view each) { return same_word(each, name); });
}

std::string_view reason_of(std::uint16_t status) {
  namespace beast = boost::beast::http;
  const auto known = beast::int_to_status(status);
  if (known == beast::status::unknown) {
    return "";
  }
  const auto reason = beast::obsolete_reason(known);
  return {reason.data(), reason.size()};
}

void append_field(std::string& text, std::string_view name, std::string_view value) {
  text += name;
  text += ": ";
  text += value;
  text += "\r\n";
}

}  // namespace

bool is_sendable(const Reply& reply) {
  return reply.status >= 200 && reply.status <= 599 &&
         std::ranges::all_of(reply.fields, [](const Field& each) {
           return is_token(each.name) && is_one_line(each.value);
         });
}

bool has_body(std::uint16_t status) {
  return status != 204 && status != 304;
}

std::string head_of(const Reply& reply, const ReplyManner& manner, WallTime now) {
  std::string text = "HTTP/1.1 " + std::to_string(reply.status) + " ";
  text += reason_of(reply.status);
  text += "\r\n";
  append_field(text, "Date", date_text(now));
  for (const auto& each : reply.fields) {
    if (!is_the_servers(each.name)) {
      append_field(text, each.name, each.value);
    }
  }
  if (!field(reply.fields, "Cache-Control")) {
    append_field(text, "Cache-Control", "no-store");
  }
  if (manner.stream && has_body(reply.status)) {
    if (!manner.old) {
      append_field(text, "Transfer-Encoding", "chunked");
    }
  } else if (has_body(reply.status)) {
    append_field(text, "Content-Length", std::to_string(reply.body.size()));
  }
  if (manner.last) {
    append_field(text, "Connection", "close");
  } else if (manner.old) {
    append_field(text, "Connection", "keep-alive");
  }
  text += "\r\n";
  return text;
}

std::string chunk_head(std::size_t bytes) {
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), bytes, 16);
  return std::string(digits.data(), end.ptr) + "\r\n";
}

Reply problem(std::uint16_t status) {
  Reply reply;
  reply.status = status;
  reply.fields.push_back({"Content-Type", "application/problem+json"});
  reply.body = R"({"type":"about:blank","title":")";
  reply.body += reason_of(status);
  reply.body += R"(","status":)" + std::to_string(status) + "}";
  return reply;
}

}  // namespace muster::http
