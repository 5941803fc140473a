// Reads what APNs says: the body of an answer and the debug data of a GOAWAY.
//
//   body := {"reason":"<Apple's word>"[,"timestamp":<milliseconds since 1970>]}
//
// A body that is missing, broken, too long or names a reason unknown to us is no trouble: the
// status stays and the reason becomes unknown_answer (in a GOAWAY: none).
#pragma once

#include <cstdint>
#include <string_view>

#include "json/small_object.h"
#include "model/outcome.h"

namespace muster::apns {

struct Verdict {
  Reason reason = Reason::none;
  std::int64_t timestamp_ms = 0;  // 410 only: when the token ceased to be valid
};

class AnswerReader {
 public:
  [[nodiscard]] Verdict read(std::uint16_t status, std::string_view body);
  [[nodiscard]] Reason read_goaway(std::string_view debug_data);

 private:
  json::SmallObject object_;
};

// The 403s that speak about the provider token: the connection has not accepted it.
[[nodiscard]] bool refuses_provider_token(std::uint16_t status, Reason reason);
// The reasons in a GOAWAY that concern the credential rather than this connection.
[[nodiscard]] bool refuses_credential(Reason reason);
// Whether `echoed` is `id` in any case of its letters.
[[nodiscard]] bool same_apns_id(std::string_view echoed, std::string_view id);

}  // namespace muster::apns
