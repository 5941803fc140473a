// What the console answers with: JSON, and problem documents (RFC 9457) for whatever is refused.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "console/refusal.h"
#include "http/server.h"
#include "muster/error.h"
#include "muster/preview.h"

namespace muster::console {

[[nodiscard]] http::Reply json_reply(std::string body, std::uint16_t status = 200);
[[nodiscard]] http::Reply text_reply(std::string body, std::uint16_t status = 200);
[[nodiscard]] http::Reply nothing();  // 204

// "Conflict"; of a status that is not ours the words are empty.
[[nodiscard]] std::string_view title_of(std::uint16_t status);
[[nodiscard]] http::Reply problem(const Refusal& refusal);
// 409 with the number of invitations now, and the preview to confirm instead.
[[nodiscard]] http::Reply audience_changed(const Preview& now, std::uint64_t confirmed);

// usage 422; refused and unfinished 409; cannot_start 503; what does not exist 404.
[[nodiscard]] Refusal refusal_of(const Failure& failure);
[[nodiscard]] inline tl::unexpected<Refusal> refused(const Failure& failure) {
  return tl::unexpected(refusal_of(failure));
}

// The fields that every answer of the console carries, where it has not said them itself: what a
// browser may do with it, and that nobody keeps it.
[[nodiscard]] http::Reply sealed(http::Reply reply);

}  // namespace muster::console
