#include "loadgen/provider_token.h"

#include "crypto/digest.h"
#include "loadgen/json_shape.h"

namespace muster::loadgen {
namespace {

constexpr std::string_view scheme = "bearer ";
constexpr std::int64_t age_max_s = 3600;
constexpr std::int64_t lead_max_s = 300;  // a clock that runs ahead of ours
constexpr std::int64_t between_tokens_ms = 1'200'000;
constexpr std::size_t id_characters = 10;  // of team and key

std::string text_of(const std::vector<Byte>& bytes) {
  return std::string(as_text(bytes));
}

std::string string_member(const std::vector<JsonMember>& members, std::string_view key) {
  return std::string(json_plain_string(json_value(members, key)).value_or(""));
}

}  // namespace

std::optional<ProviderTokenJudge::Claims> ProviderTokenJudge::read(std::string_view token) const {
  const auto first = token.find('.');
  const auto second = token.find('.', first == token.npos ? first : first + 1);
  if (second == token.npos) {
    return std::nullopt;
  }
  std::vector<Byte> head;
  std::vector<Byte> body;
  std::vector<Byte> signature;
  if (!crypto::from_base64url(token.substr(0, first), head) ||
      !crypto::from_base64url(token.substr(first + 1, second - first - 1), body) ||
      !crypto::from_base64url(token.substr(second + 1), signature)) {
    return std::nullopt;
  }
  const auto head_text = text_of(head);
  const auto body_text = text_of(body);
  const auto header = json_members(head_text);
  const auto claims = json_members(body_text);
  if (!header || !claims || string_member(*header, "alg") != "ES256") {
    return std::nullopt;
  }
  const auto issued_at = json_integer(json_value(*claims, "iat"));
  Claims read{string_member(*header, "kid"), string_member(*claims, "iss"), issued_at.value_or(0)};
  if (!issued_at || read.key_id.size() != id_characters || read.team_id.size() != id_characters ||
      signature.size() != 64) {
    return std::nullopt;
  }
  if (check_ && !check_(as_bytes(token.substr(0, second)), signature)) {
    return std::nullopt;
  }
  return read;
}

Reason ProviderTokenJudge::judge(const std::string* authorization, WallTime now) {
  if (authorization == nullptr) {
    return Reason::missing_provider_token;
  }
  if (!authorization->starts_with(scheme)) {
    return Reason::invalid_provider_token;
  }
  const auto token = std::string_view(*authorization).substr(scheme.size());
  const bool known = bound() && token == current_;
  auto claims = known ? std::optional(claims_) : read(token);
  if (!claims || claims->issued_at_s > now.seconds() + lead_max_s) {
    return Reason::invalid_provider_token;
  }
  if (claims->issued_at_s + age_max_s < now.seconds()) {
    return Reason::expired_provider_token;
  }
  if (known) {
    return Reason::none;
  }
  if (bound()) {
    if (claims->team_id != claims_.team_id) {
      return Reason::invalid_provider_token;
    }
    if (claims->key_id != claims_.key_id) {
      return Reason::unrelated_key_id_in_token;
    }
    if (now.milliseconds - since_.milliseconds < between_tokens_ms) {
      return Reason::too_many_provider_token_updates;
    }
  }
  current_ = token;
  claims_ = std::move(*claims);
  since_ = now;
  return Reason::none;
}

}  // namespace muster::loadgen
