#include "loadgen/invitation_url.h"

#include <algorithm>
#include <charconv>

#include "base/bytes.h"

namespace muster::loadgen {
namespace {

bool printable(char c) {
  return c > ' ' && c != '\x7f';
}

bool unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

bool read_port(std::string_view text, std::uint16_t& port) {
  const auto* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, port);
  return read.ec == std::errc() && read.ptr == end && port != 0;
}

// "host", "host:80", "[::1]:80"
bool read_authority(std::string_view text, WebAddress& address) {
  std::string_view rest;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) {
      return false;
    }
    address.host = text.substr(1, close - 1);
    rest = text.substr(close + 1);
  } else {
    const auto colon = std::min(text.find(':'), text.size());
    address.host = text.substr(0, colon);
    rest = text.substr(colon);
  }
  if (address.host.empty() || address.host.find('@') != std::string::npos) {
    return false;
  }
  return rest.empty() || (rest.front() == ':' && read_port(rest.substr(1), address.port));
}

}  // namespace

std::string WebAddress::authority() const {
  const auto name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port == (tls ? 443 : 80) ? name : name + ":" + std::to_string(port);
}

bool WebAddress::loopback() const {
  const bool digits = std::all_of(host.begin(), host.end(),
                                  [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
  return host == "localhost" || host == "::1" || (digits && host.starts_with("127."));
}

std::optional<WebAddress> read_web_address(std::string_view url) {
  WebAddress address;
  constexpr std::string_view plain = "http://";
  constexpr std::string_view secure = "https://";
  address.tls = url.starts_with(secure);
  if ((!address.tls && !url.starts_with(plain)) ||
      !std::all_of(url.begin(), url.end(), printable)) {
    return std::nullopt;
  }
  address.port = address.tls ? 443 : 80;
  auto rest = url.substr(address.tls ? secure.size() : plain.size());
  rest = rest.substr(0, rest.find('#'));
  const auto slash = std::min(rest.find_first_of("/?"), rest.size());
  if (!read_authority(rest.substr(0, slash), address)) {
    return std::nullopt;
  }
  const auto target = rest.substr(slash);
  address.target = target.starts_with('/') ? std::string(target) : "/" + std::string(target);
  return address;
}

std::string invitation_code(std::string_view url) {
  const auto address = read_web_address(url);
  if (!address) {
    return {};
  }
  constexpr std::string_view name = "inviteCode=";
  std::string_view query = address->target;
  auto at = query.find('?');
  while (at != std::string_view::npos) {
    query = query.substr(at + 1);
    if (query.starts_with(name)) {
      const auto code = query.substr(name.size(), query.find('&') - name.size());
      const bool plain = std::all_of(code.begin(), code.end(), unreserved);
      return plain ? std::string(code) : std::string();
    }
    at = query.find('&');
  }
  return {};
}

std::string query_escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (unreserved(c)) {
      escaped += c;
    } else {
      escaped += "%" + to_hex(as_bytes(std::string_view(&c, 1)));
    }
  }
  return escaped;
}

}  // namespace muster::loadgen
