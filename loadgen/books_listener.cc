#include "loadgen/books_listener.h"

#include <algorithm>

#include "loadgen/json_text.h"

namespace muster::loadgen {
namespace {

bool is_loopback(std::string_view authority) {
  if (authority.starts_with("[::1]")) {
    return true;
  }
  const auto host = authority.substr(0, authority.find(':'));
  return host == "localhost" || host.starts_with("127.");
}

Result<std::vector<std::string>, BooksRefusal> read_types(
    std::string_view value, std::span<const std::string_view> known_types) {
  const auto elements = json_elements(value);
  if (!elements) {
    return books_refuses(9602);
  }
  std::vector<std::string> types;
  for (const auto element : *elements) {
    const auto type = json_text(element);
    if (!type || std::ranges::find(known_types, *type) == known_types.end()) {
      return books_refuses(9602);
    }
    types.push_back(*type);
  }
  return types;
}

}  // namespace

Result<BooksOwner, BooksRefusal> read_books_owner(std::string_view info,
                                                  const BooksLimits& limits) {
  const auto members = json_members(info);
  std::optional<std::string> id;
  std::optional<std::string> name;
  std::optional<std::string> metadata;
  if (!members || !read_member(*members, "id", id) || !read_member(*members, "name", name) ||
      !read_member(*members, "metadata", metadata)) {
    return books_refuses(9602);
  }
  if (!id || id->empty() || !name || name->empty() || !metadata) {
    return books_refuses(9723);
  }
  if (id->size() > limits.of("maxMdmIdLength")) {
    return books_refuses(9724);
  }
  if (name->size() > limits.of("maxMdmNameLength")) {
    return books_refuses(9725);
  }
  if (metadata->size() > limits.of("maxMdmMetadataLength")) {
    return books_refuses(9713);
  }
  return BooksOwner{*id, *name, *metadata};
}

Result<std::optional<BooksSubscription>, BooksRefusal> read_books_listener(
    const std::vector<JsonMember>& members, std::span<const std::string_view> known_types,
    const BooksLimits& limits) {
  std::optional<std::string> url;
  std::optional<std::string> token;
  if (!read_member(members, "notificationUrl", url) ||
      !read_member(members, "notificationAuthToken", token)) {
    return books_refuses(9602);
  }
  BooksSubscription listener{url.value_or(""), token.value_or(""), {}};
  const auto types = json_value(members, "notificationTypes");
  const bool has_types = !types.empty() && types != "null";
  if (!url && !token && !has_types) {
    return std::optional<BooksSubscription>();
  }
  if (has_types) {
    auto read = read_types(types, known_types);
    if (!read) {
      return tl::unexpected(read.error());
    }
    listener.types = std::move(*read);
  }
  if (listener.url.empty() != listener.token.empty()) {
    return books_refuses(9710);
  }
  const auto length_max = limits.of("maxNotificationLength");
  if (listener.url.size() > length_max || listener.token.size() > length_max) {
    return books_refuses(9711);
  }
  if (!listener.url.empty() && !valid_books_listener_url(listener.url)) {
    return books_refuses(9712);
  }
  return std::optional(std::move(listener));
}

bool valid_books_listener_url(std::string_view url) {
  const bool encrypted = url.starts_with("https://");
  if (!encrypted && !url.starts_with("http://")) {
    return false;
  }
  const auto rest = url.substr(encrypted ? 8 : 7);
  const auto authority = rest.substr(0, rest.find('/'));
  const bool plain = rest.find_first_of("?#@ ") == std::string_view::npos;
  return plain && !authority.empty() && (encrypted || is_loopback(authority));
}

}  // namespace muster::loadgen
