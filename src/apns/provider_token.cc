#include "apns/provider_token.h"

#include <algorithm>
#include <utility>

#include "apns/payload.h"
#include "crypto/digest.h"

namespace muster::apns {
namespace {

constexpr std::int64_t window_seconds =
    std::chrono::duration_cast<std::chrono::seconds>(ProviderToken::window).count();

}  // namespace

ProviderToken::ProviderToken(crypto::Es256Key key, Identity identity, const Clock& clock)
    : key_(std::move(key)), identity_(std::move(identity)), clock_(clock) {}

ProviderToken::Reading ProviderToken::read() {
  const std::scoped_lock lock(mutex_);
  const std::int64_t begin_s = window_begin_s();
  // Unequal rather than later: a clock that was ahead and has been set back must not keep a token
  // from the future.
  if (authorization_ == nullptr || (begin_s != window_s_ && may_sign())) {
    sign(begin_s);
  }
  const Instant now = clock_.now();
  const auto wall_to_next =
      std::chrono::milliseconds((begin_s + window_seconds) * 1000 - clock_.wall().milliseconds);
  // A window has begun, but the last signing is too fresh: look again exactly when it no longer is.
  const Duration to_next = begin_s == window_s_ ? Duration{wall_to_next} : sign_not_before_ - now;
  return Reading{authorization_, version(), now + std::clamp(to_next, Duration{0}, reading_max)};
}

bool ProviderToken::renew(std::uint32_t version) {
  const std::scoped_lock lock(mutex_);
  if (version != this->version()) {
    return true;  // another session has renewed it already
  }
  if (!may_sign()) {
    return false;
  }
  // The exact time: a clock that is off by the better part of an hour may still be right about
  // this.
  sign(clock_.wall().seconds());
  return true;
}

void ProviderToken::hold() {
  const std::scoped_lock lock(mutex_);
  sign_not_before_ = clock_.now() + interval_min;
}

bool ProviderToken::may_sign() const {
  return authorization_ == nullptr || clock_.now() >= sign_not_before_;
}

std::int64_t ProviderToken::window_begin_s() const {
  const std::int64_t seconds = clock_.wall().seconds();
  return seconds - seconds % window_seconds;
}

void ProviderToken::sign(std::int64_t issued_at_s) {
  std::string header = R"({"alg":"ES256","kid":)";
  append_json_string(header, identity_.key_id);
  header += '}';
  std::string claims = R"({"iss":)";
  append_json_string(claims, identity_.team_id);
  claims += R"(,"iat":)" + std::to_string(issued_at_s) + '}';

  std::string token = crypto::base64url(as_bytes(header));
  token += '.';
  token += crypto::base64url(as_bytes(claims));
  const auto signature = key_.sign(as_bytes(token));
  authorization_ = std::make_shared<const std::string>("bearer " + token + '.' +
                                                       crypto::base64url(Bytes(signature)));
  window_s_ = window_begin_s();
  sign_not_before_ = clock_.now() + interval_min;
  version_.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace muster::apns
