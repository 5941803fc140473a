// What the large mail providers take, as they say themselves or as senders found out.
//
// A table by the name of the mail host, so that whoever lets a provider carry his mail is known
// too. Shipped with the program: what a site says (LIMITS, 421) is learned besides (site.h).
// Source: smtp.md §1.3, whose figures are KumoMTA's shaping rules (as of 2026-08-04).
#pragma once

#include <cstdint>
#include <string_view>

namespace muster::pipeline {

struct SiteLimits {
  std::uint32_t letters_per_connection = 100;
  std::uint32_t connections = 10;

  friend bool operator==(const SiteLimits&, const SiteLimits&) = default;
};

// `mail_host`: lower case, no dot at the end. The default where nobody is known by that name.
[[nodiscard]] SiteLimits shipped_limits(std::string_view mail_host);

}  // namespace muster::pipeline
