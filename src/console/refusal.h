// Why a request is not done: an HTTP status and a line for the person who asked. Never a secret,
// never which half of a login was wrong, never more of an inner trouble than its kind.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace muster::console {

struct [[nodiscard]] Refusal {
  // 400 wrong input · 401 nobody · 403 not allowed · 404 no such thing · 409 already so ·
  // 421 not this host · 429 too often · 503 trouble of ours ·
  // 507 no room.
  std::uint16_t status = 500;
  std::string detail;                        // one sentence with the mend, no final stop
  std::uint32_t retry_after_s = 0;           // 429 and 503: earlier is in vain; 0: unknown
  std::string_view kind = {};                // of a Failure: "usage", "refused", …; empty: of none
  std::optional<std::uint64_t> offset = {};  // of an upload: how much of it is kept
};

[[nodiscard]] inline tl::unexpected<Refusal> refuse(std::uint16_t status, std::string detail,
                                                    std::uint32_t retry_after_s = 0) {
  return tl::unexpected(Refusal{status, std::move(detail), retry_after_s});
}

// What control.db could not do for us. What exactly is the log's, not the visitor's.
[[nodiscard]] tl::unexpected<Refusal> refuse_for_trouble(const Error& error);

}  // namespace muster::console
