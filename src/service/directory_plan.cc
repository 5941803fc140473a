#include "service/directory_plan.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "service/wording.h"
#include "settings/files.h"

namespace muster::service {
namespace {

constexpr std::string_view clear_scheme = "ldap://";
constexpr std::string_view secured_scheme = "ldaps://";

struct Address {
  std::string server;  // "ldap://host:1389", in lower case, the usual port left out
  std::string base;
};

// Nothing for an escape that is none.
std::optional<std::string> unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      plain += text[at];
      continue;
    }
    std::uint8_t byte = 0;
    const auto* begin = text.data() + at + 1;
    const auto* end = begin + std::min<std::size_t>(2, text.size() - at - 1);
    const auto [read_to, error] = std::from_chars(begin, end, byte, 16);
    if (error != std::errc{} || read_to != begin + 2 || byte < ' ') {
      return std::nullopt;
    }
    plain += static_cast<char>(byte);
    at += 2;
  }
  return plain;
}

std::optional<Address> address_of(const std::string& text) {
  if (!is_directory_address(text)) {
    return std::nullopt;
  }
  const auto scheme = text.starts_with(secured_scheme) ? secured_scheme : clear_scheme;
  const auto slash = text.find('/', scheme.size());
  const auto base =
      slash == std::string::npos ? std::optional(std::string()) : unescaped(text.substr(slash + 1));
  Address address{text.substr(0, slash), base.value_or("")};
  std::ranges::transform(address.server, address.server.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  const std::string_view usual = scheme == secured_scheme ? ":636" : ":389";
  if (address.server.ends_with(usual)) {
    address.server.resize(address.server.size() - usual.size());
  }
  const auto host = std::string_view(address.server).substr(scheme.size());
  const bool good = base && !host.empty() &&
                    host.find_first_of(" ?#@\\\"<>") == std::string_view::npos &&
                    base->find('?') == std::string::npos;
  return good ? std::optional(std::move(address)) : std::nullopt;
}

std::optional<directory::Kind> kind_named(const std::string& name) {
  if (name == "open-directory") {
    return directory::Kind::open_directory;
  }
  if (name == "active-directory") {
    return directory::Kind::active_directory;
  }
  return name == "generic" ? std::optional(directory::Kind::generic) : std::nullopt;
}

directory::Attributes attributes_of(const DirectoryAttributes& from) {
  return {.id = from.id,
          .user_id = from.user_id,
          .full_name = from.full_name,
          .email = from.email,
          .language = from.language,
          .managed_apple_account = from.managed_apple_account,
          .location = from.location,
          .disabled = from.disabled,
          .group_id = from.group_id,
          .group_name = from.group_name,
          .member = from.member,
          .member_uid = from.member_uid,
          .member_guid = from.member_guid,
          .nested_guid = from.nested_guid,
          .primary = from.primary,
          .group_number = from.group_number};
}

}  // namespace

bool is_directory_address(const std::string& path) {
  return path.starts_with(clear_scheme) || path.starts_with(secured_scheme);
}

Checked<directory::Plan> plan_of(const DirectorySettings& settings, const std::string& address,
                                 const std::string& format) {
  const auto asked = address_of(address);
  if (!asked) {
    return Failure{FailureKind::usage,
                   "'" + address +
                       "' is no address of a directory; expected ldap://host/ or ldaps://host/, "
                       "perhaps with a base, as in ldap://host/dc=school,dc=example"};
  }
  const auto kind = kind_named(format.empty() ? settings.kind : format);
  if (!kind) {
    return Failure{FailureKind::usage,
                   "the format '" + format +
                       "' is not one of a directory; expected open-directory, active-directory or "
                       "generic"};
  }
  const auto known = address_of(settings.url);
  const bool ours = known && known->server == asked->server;
  directory::Plan plan{
      .url = asked->server + "/",
      .kind = *kind,
      .base = asked->base.empty() ? settings.base : asked->base,
      .bind_dn = ours ? settings.bind_dn : "",
      .password = "",
      .start_tls = settings.start_tls,
      .trust_file = settings.trust_file,
      .page_size = settings.page_size,
      .user_filter = settings.user_filter,
      .group_filter = settings.group_filter,
      .in_chain = settings.nesting == "in-chain" && *kind == directory::Kind::active_directory,
      .attributes = attributes_of(settings.attributes)};
  if (!plan.bind_dn.empty()) {
    auto password = settings::read_password(settings.password_file);
    if (!password) {
      return failure_of(password.error());
    }
    plan.password = std::move(*password);
  }
  return plan;
}

}  // namespace muster::service
