// Cookies (RFC 6265), as far as a console needs them: one that no script reads and no other site
// sends.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "http/message.h"

namespace muster::http {

// The value of the first cookie of that name in a Cookie field: "a=b; c=d". Names are compared byte
// by byte. Nothing where there is none, or where its value holds what no value may: blanks,
// controls, quotes, commas, backslashes, bytes beyond ASCII. A view into `cookies`.
[[nodiscard]] std::optional<std::string_view> cookie_in(std::string_view cookies,
                                                        std::string_view name);
// The same in all fields of a request.
[[nodiscard]] std::optional<std::string_view> cookie_of(const Fields& fields,
                                                        std::string_view name);

struct NewCookie {
  std::string name;
  std::string value;
  std::string path = "/";
  std::optional<Duration> max_age = {};  // nothing: until the browser ends; zero: it is taken away
  bool secure = true;                    // false: also in clear, for a server on this machine
};
// The value of a Set-Cookie field; always HttpOnly and SameSite=Strict. Asserts what RFC 6265 §4.1
// allows: name, value and path are ours, never a client's.
[[nodiscard]] std::string set_cookie(const NewCookie& cookie);

}  // namespace muster::http
