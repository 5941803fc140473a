// Judges one request as Apple's server does: headers and body in, status and reason out.
//
// Pure: no connection, no time but the one handed in. Checks what reference documents name (method,
// path, device token, apns-id, expiration, priority, push type, collapse-id, topic, payload); the
// provider token is checked by provider_token.h, because that depends on the connection's past.
// Where Apple's pages leave the status open, the nearest named reason is taken.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "model/outcome.h"

namespace muster::loadgen {

inline constexpr std::size_t header_bytes_max =
    8000;  // as APNs says in SETTINGS_MAX_HEADER_LIST_SIZE

struct ApnsRequest {
  std::vector<std::pair<std::string, std::string>> headers;  // pseudo-headers included, in order
  std::string body;
  bool body_too_large = false;  // the rest was thrown away

  [[nodiscard]] const std::string* header(std::string_view name) const;
};

struct ApnsAnswer {
  std::uint16_t status = 200;
  Reason reason = Reason::none;
  std::int64_t timestamp_ms = 0;  // 410
  std::string reason_text;  // set where the reason is not in the table (faults may invent one)

  // {"reason":"…"}; empty for 200.
  [[nodiscard]] std::string body() const;
};

// What the request means, as far as it could be read.
struct ApnsFacts {
  std::optional<std::array<Byte, 16>> apns_id;
  std::optional<std::array<Byte, 32>> token;
  bool without_push_type = false;
  bool without_expiration = false;
};

struct ApnsRules {
  std::vector<std::string> topics;   // allowed; empty: every well-formed one
  std::string topic_of_certificate;  // stands in for a missing topic; empty: a topic is required
};

struct ApnsVerdict {
  ApnsAnswer answer;
  ApnsFacts facts;
};
[[nodiscard]] ApnsVerdict judge(const ApnsRequest& request, const ApnsRules& rules);

// The status that Apple's pages give with a reason; 500 for what is not in the table.
[[nodiscard]] std::uint16_t status_of(Reason reason);

}  // namespace muster::loadgen
