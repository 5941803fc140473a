// The JSON object of a request's body, read strictly: a field nobody knows, a value of another
// type, a name with NUL in it is refused (400), and a body of another type (415), so that no
// misspelt field changes something else than was meant.
//
//   auto body = Body::read(call.request);
//   if (!body) { return tl::unexpected(body.error()); }
//   const auto name = body->text("name");
//   if (auto whole = body->whole(); !whole) { return tl::unexpected(whole.error()); }
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "console/refusal.h"
#include "http/server.h"
#include "json/value.h"

namespace muster::console {

class Body {
 public:
  // An object, or where nothing was sent at all, an empty one.
  [[nodiscard]] static Result<Body, Refusal> read(const http::ServerRequest& request);

  // Nothing where it is not said, or null.
  [[nodiscard]] std::optional<std::string> text(std::string_view name);
  [[nodiscard]] std::optional<std::uint64_t> number(std::string_view name, std::uint64_t most);
  [[nodiscard]] bool flag(std::string_view name);  // false where it is not said
  // Texts; none where it is not said.
  [[nodiscard]] std::vector<std::string> texts(std::string_view name);
  // As it is, for whoever reads what nests; he complains himself.
  [[nodiscard]] json::Value part(std::string_view name) { return take(name); }
  // Must be said, and not be empty.
  [[nodiscard]] std::string needed(std::string_view name);
  void complain(std::string line);  // about a value that was read
  // The fields that were sent, by name, for the audit log: what was changed, never to what.
  [[nodiscard]] std::string fields() const;
  [[nodiscard]] bool empty() const { return sent_.empty(); }
  // What is wrong, once everything has been asked for.
  [[nodiscard]] Result<void, Refusal> whole() const;

 private:
  explicit Body(std::optional<json::Tree> tree);
  [[nodiscard]] json::Value take(std::string_view name);

  std::optional<json::Tree> tree_;
  std::set<std::string, std::less<>> sent_;
  std::set<std::string, std::less<>> left_;  // not asked for yet
  std::optional<std::string> trouble_;       // the first
};

// Whether a Content-Type names this type, whatever its parameters.
[[nodiscard]] bool is_type(const http::ServerRequest& request, std::string_view type);
// Whether the Accept field names this type expressly.
[[nodiscard]] bool accepts(const http::ServerRequest& request, std::string_view type);

}  // namespace muster::console
