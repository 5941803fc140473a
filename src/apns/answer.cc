#include "apns/answer.h"

#include <algorithm>

namespace muster::apns {

Verdict AnswerReader::read(std::uint16_t status, std::string_view body) {
  if (status == 200) {
    return {};
  }
  Verdict verdict{Reason::unknown_answer, 0};
  if (!object_.read(body)) {
    return verdict;
  }
  if (const auto reason = object_.string("reason")) {
    verdict.reason = reason_named(*reason);
    // Our own words are spelled in Apple's style; a peer that says one of them says nothing we
    // know.
    if (verdict.reason >= Reason::unknown_answer) {
      verdict.reason = Reason::unknown_answer;
    }
  }
  if (status == 410) {
    verdict.timestamp_ms = std::max<std::int64_t>(object_.integer("timestamp").value_or(0), 0);
  }
  return verdict;
}

Reason AnswerReader::read_goaway(std::string_view debug_data) {
  if (!object_.read(debug_data)) {
    return Reason::none;
  }
  const auto named = object_.string("reason");
  const Reason reason = named ? reason_named(*named) : Reason::none;
  return reason >= Reason::unknown_answer ? Reason::none : reason;
}

bool refuses_provider_token(std::uint16_t status, Reason reason) {
  if (status != 403) {
    return false;
  }
  switch (reason) {
    case Reason::expired_provider_token:
    case Reason::invalid_provider_token:
    case Reason::missing_provider_token:
    case Reason::unrelated_key_id_in_token:
    case Reason::bad_environment_key_id_in_token:
      return true;
    default:
      return false;
  }
}

bool refuses_credential(Reason reason) {
  if (reason == Reason::none) {
    return false;
  }
  const Action action = action_for(403, reason);
  return action == Action::stop_credential || action == Action::renew_credential;
}

bool same_apns_id(std::string_view echoed, std::string_view id) {
  return std::equal(echoed.begin(), echoed.end(), id.begin(), id.end(), [](char left, char right) {
    const bool upper = left >= 'A' && left <= 'F';
    return (upper ? static_cast<char>(left + ('a' - 'A')) : left) == right;
  });
}

}  // namespace muster::apns
