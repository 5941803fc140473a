// Web addresses, as far as a device needs them: where to, and the code of an invitation.
//
// An invitation's address is a secret: whoever has it can accept in another's place.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace muster::loadgen {

struct WebAddress {
  bool tls = false;
  std::string host;  // without the brackets of IPv6
  std::uint16_t port = 0;
  std::string target = "/";  // path and query

  // What the Host field says.
  [[nodiscard]] std::string authority() const;
  // "localhost", 127.0.0.0/8 or ::1: a rehearsal goes nowhere else.
  [[nodiscard]] bool loopback() const;
};
// http:// and https:// alone; nothing for anything else, user information, blanks and control
// characters included.
[[nodiscard]] std::optional<WebAddress> read_web_address(std::string_view url);

// The value of inviteCode; empty where `url` is no web address, or has none, or still holds the
// template's placeholder.
[[nodiscard]] std::string invitation_code(std::string_view url);

// As a query's value: everything but letters, digits and -._~ as %XX.
[[nodiscard]] std::string query_escaped(std::string_view text);

}  // namespace muster::loadgen
