#include "console/problem.h"

#include <algorithm>
#include <array>
#include <utility>

#include "json/writer.h"

namespace muster::console {
namespace {

constexpr std::array<std::pair<std::uint16_t, std::string_view>, 16> titles = {{
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {409, "Conflict"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {507, "Insufficient Storage"},
}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 5> seals = {{
    {"Cache-Control", "no-store"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src "
     "'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"},
}};

http::Reply typed(std::string_view type, std::string body, std::uint16_t status) {
  return {
      .status = status, .fields = {{"Content-Type", std::string(type)}}, .body = std::move(body)};
}

json::Writer begun(const Refusal& refusal) {
  json::Writer writer;
  writer.begin_object().key("type").text("about:blank");
  writer.key("title").text(title_of(refusal.status));
  writer.key("status").number(refusal.status);
  writer.key("detail").text(refusal.detail);
  if (!refusal.kind.empty()) {
    writer.key("kind").text(refusal.kind);
  }
  if (refusal.offset) {
    writer.key("offset").number(*refusal.offset);
  }
  return writer;
}

}  // namespace

http::Reply json_reply(std::string body, std::uint16_t status) {
  return typed("application/json", std::move(body), status);
}

http::Reply text_reply(std::string body, std::uint16_t status) {
  return typed("text/plain; charset=utf-8", std::move(body), status);
}

http::Reply nothing() {
  return {.status = 204, .fields = {}, .body = {}};
}

std::string_view title_of(std::uint16_t status) {
  const auto* found = std::ranges::find(titles, status, &decltype(titles)::value_type::first);
  return found == titles.end() ? std::string_view() : found->second;
}

http::Reply problem(const Refusal& refusal) {
  auto reply = typed("application/problem+json", begun(refusal).end().result(), refusal.status);
  const auto wait = refusal.retry_after_s == 0 && refusal.status == 503 ? 1 : refusal.retry_after_s;
  if (wait != 0) {
    reply.fields.push_back({"Retry-After", std::to_string(wait)});
  }
  if (refusal.status == 401) {
    reply.fields.push_back({"WWW-Authenticate", "Bearer realm=\"muster\""});
  }
  return reply;
}

http::Reply audience_changed(const Preview& now, std::uint64_t confirmed) {
  auto writer =
      begun({409,
             "the audience has changed since the preview: now " + std::to_string(now.invitations) +
                 " invitations, then " + std::to_string(confirmed) + "; look at a new preview",
             0, "refused"});
  writer.key("count").number(now.invitations).key("preview").text(now.id);
  return typed("application/problem+json", writer.end().result(), 409);
}

Refusal refusal_of(const Failure& failure) {
  struct Meaning {
    std::uint16_t status;
    std::string_view word;
  };
  const auto meaning = [&]() -> Meaning {
    switch (failure.kind) {
      case FailureKind::usage:
        return {422, "usage"};
      case FailureKind::refused:
        return {409, "refused"};
      case FailureKind::unfinished:
        return {409, "unfinished"};
      case FailureKind::cannot_start:
        break;
    }
    return {503, "cannot_start"};
  }();
  return {failure.missing ? std::uint16_t{404} : meaning.status, failure.line, 0, meaning.word};
}

http::Reply sealed(http::Reply reply) {
  for (const auto& [name, value] : seals) {
    if (!http::field(reply.fields, name)) {
      reply.fields.push_back({std::string(name), std::string(value)});
    }
  }
  return reply;
}

}  // namespace muster::console
