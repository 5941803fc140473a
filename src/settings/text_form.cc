#include "settings/text_form.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "model/limits.h"

namespace muster::settings {
namespace {

bool is_port(std::string_view text) {
  unsigned number = 0;
  const auto* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  return parsed.ec == std::errc{} && parsed.ptr == end && number <= 65'535;
}

// A name or a literal address, as it may stand in a certificate: no scheme, no path, no port.
bool is_host(std::string_view text) {
  const bool letters = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_' || c == ':';
  });
  const auto colons = std::count(text.begin(), text.end(), ':');
  return letters && !text.empty() && text.size() <= 253 && colons != 1;
}

// host:port, and [address]:port for IPv6.
struct Parts {
  std::string_view host;  // without brackets
  std::string_view port;
  bool bracketed = false;
};
Parts parts_of(std::string_view text) {
  const auto colon = std::min(text.rfind(':'), text.size());
  Parts parts{text.substr(0, colon), text.substr(std::min(colon + 1, text.size()))};
  parts.bracketed =
      parts.host.starts_with('[') && parts.host.ends_with(']') && parts.host.size() > 2;
  if (parts.bracketed) {
    parts.host = parts.host.substr(1, parts.host.size() - 2);
  }
  return parts;
}

bool is_endpoint(std::string_view text) {
  const auto parts = parts_of(text);
  const bool has_colon = parts.host.find(':') != std::string_view::npos;
  return is_port(parts.port) && is_host(parts.host) && has_colon == parts.bracketed;
}

// Who answers DNS cannot be found by a name.
bool is_resolver(std::string_view text) {
  const auto parts = parts_of(text);
  std::array<unsigned char, sizeof(in6_addr)> unused{};
  const bool literal = ::inet_pton(parts.bracketed ? AF_INET6 : AF_INET,
                                   std::string(parts.host).c_str(), unused.data()) == 1;
  return literal && is_port(parts.port) && parts.port.find_first_not_of('0') != parts.port.npos;
}

bool is_name(std::string_view text) {
  return is_host(text) && text.find(':') == std::string_view::npos;
}

// RFC 5321 §4.1.4: a name, or an address literal in brackets.
bool is_own_name(std::string_view text) {
  const bool bracketed = text.size() > 2 && text.starts_with('[') && text.ends_with(']');
  if (!bracketed) {
    return is_name(text);
  }
  text = text.substr(1, text.size() - 2);
  return is_host(text.starts_with("IPv6:") ? text.substr(5) : text);
}

// Printable ASCII without spaces, quotes and angle brackets, and no brace but in "{id}": what
// stands in an envelope or a header field as it is.
bool is_plain_with_id(std::string_view text) {
  for (auto at = text.find("{id}"); at != std::string_view::npos; at = text.find("{id}")) {
    if (!is_plain_with_id(text.substr(0, at))) {
      return false;
    }
    text.remove_prefix(at + 4);
  }
  return std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c <= '~' && std::string_view("\"<>{}").find(c) == std::string_view::npos;
  });
}

bool is_envelope(std::string_view text) {
  const auto at = text.find('@');
  return at != 0 && at != std::string_view::npos && text.size() <= limits::address_bytes_max &&
         is_plain_with_id(text) && is_name(text.substr(at + 1));
}

bool is_opt_out(std::string_view text) {
  constexpr std::string_view scheme = "https://";
  return text.starts_with(scheme) && text.size() > scheme.size() && is_plain_with_id(text);
}

// As Apple takes it: the scheme, a host's name, a path; no port, no user, no query, no fragment.
bool is_hook(std::string_view text) {
  constexpr std::string_view scheme = "https://";
  if (text.empty()) {
    return true;
  }
  if (!text.starts_with(scheme)) {
    return false;
  }
  text.remove_prefix(scheme.size());
  const auto path = text.find('/');
  return path != std::string_view::npos && is_name(text.substr(0, path)) &&
         text.find_first_of("?#@ ") == std::string_view::npos;
}

// A scheme, a host, perhaps a port; what is below it stands in `base`.
bool is_directory_url(std::string_view text) {
  const std::string_view scheme = text.starts_with("ldaps://") ? "ldaps://" : "ldap://";
  if (!text.starts_with(scheme)) {
    return false;
  }
  text.remove_prefix(scheme.size());
  if (text.ends_with('/')) {
    text.remove_suffix(1);
  }
  return is_host(text) || is_endpoint(text);
}

bool has_control(std::string_view text, bool lines_allowed) {
  return std::any_of(text.begin(), text.end(), [lines_allowed](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 || byte == 0x7f) && !(lines_allowed && (c == '\n' || c == '\t'));
  });
}

}  // namespace

std::string expected_instead(std::string_view text, TextForm form) {
  if (has_control(text, form == TextForm::lines)) {
    return "text without control characters";
  }
  switch (form) {
    case TextForm::any:
    case TextForm::lines:
    case TextForm::path:
      return {};
    case TextForm::not_empty:
    case TextForm::directory:
      return text.empty() ? "a text that is not empty" : "";
    case TextForm::host:
      return is_host(text) ? "" : "a host name or address, without scheme and port";
    case TextForm::listener:
      return is_endpoint(text) ? "" : "host:port, as in \"127.0.0.1:8470\"";
    case TextForm::resolver:
      return text.empty() || is_resolver(text)
                 ? ""
                 : "an address with its port, as in \"192.0.2.53:53\" or \"[2001:db8::53]:53\", or "
                   "\"\"";
    case TextForm::store: {
      const bool postgres = text.starts_with("postgres://") || text.starts_with("postgresql://");
      return text == "sqlite" || postgres ? "" : "\"sqlite\" or \"postgres://…\"";
    }
    case TextForm::directory_url:
      return text.empty() || is_directory_url(text)
                 ? ""
                 : "ldap:// or ldaps:// and a host, as in \"ldap://od.school.example/\", or \"\"";
    case TextForm::hook:
      return is_hook(text) ? "" : "https://, a host name and a path, without a port; or \"\"";
    case TextForm::web: {
      const bool web = text.starts_with("https://") || text.starts_with("http://");
      return web ? "" : "a URL that begins with https:// (or http://)";
    }
    case TextForm::relay:
      return text.empty() || is_host(text) ? "" : "a host name or address, without scheme and port";
    case TextForm::domain:
      return is_name(text) ? "" : "a domain name, as in \"school.example\"";
    case TextForm::own_name:
      return text.empty() || is_own_name(text)
                 ? ""
                 : "a host name that resolves, as in \"mail.school.example\", or \"\"";
    case TextForm::envelope:
      return text.empty() || is_envelope(text)
                 ? ""
                 : "an address, as in \"bounce+{id}@school.example\", or \"\"";
    case TextForm::opt_out:
      return text.empty() || is_opt_out(text)
                 ? ""
                 : "a URL that begins with https://, no braces in it but {id}, or \"\"";
  }
  return {};
}

}  // namespace muster::settings
