#include "registrar/inbox.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "crypto/hmac.h"
#include "model/limits.h"

namespace muster::registrar {
namespace {

// What stands behind "Bearer"; empty: something else stands there.
std::string_view bearer_of(std::string_view authorization) {
  constexpr std::string_view scheme = "bearer ";
  const auto same = [](char left, char right) { return ascii_lower(left) == right; };
  if (authorization.size() <= scheme.size() ||
      !std::ranges::equal(authorization.substr(0, scheme.size()), scheme, same)) {
    return {};
  }
  return authorization.substr(scheme.size());
}

}  // namespace

void Inbox::admit(store::LocationNumber location, std::string token) {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(doormen_, location, &Doorman::location);
  if (found == doormen_.end()) {
    doormen_.push_back({location, std::move(token)});
  } else {
    found->token = std::move(token);
  }
}

store::LocationNumber Inbox::location_of(std::string_view token) const {
  store::LocationNumber location = 0;
  for (const auto& doorman : doormen_) {  // to the end: where it matches must not be measurable
    if (crypto::equal_in_constant_time(as_bytes(doorman.token), as_bytes(token))) {
      location = doorman.location;
    }
  }
  return location;
}

std::uint16_t Inbox::deliver(std::string_view authorization, std::string_view body) {
  constexpr std::uint16_t good = 200;
  constexpr std::uint16_t bad = 400;
  constexpr std::uint16_t stranger = 401;
  const auto token = bearer_of(authorization);
  store::LocationNumber location = 0;
  {
    const std::lock_guard lock(mutex_);
    location = token.empty() ? 0 : location_of(token);
  }
  if (location == 0) {
    return stranger;
  }
  auto notification = read_notification(body);
  if (!notification) {
    return bad;
  }
  const bool ours = notification->kind == Notification::Kind::user_management ||
                    notification->kind == Notification::Kind::user_associated;
  if (!ours) {
    return good;  // a test, or what we never asked for
  }
  const std::lock_guard lock(mutex_);
  if (mail_.letters.size() < limits::notifications_waiting_max) {
    mail_.letters.push_back({location, std::move(*notification)});
  } else {
    mail_.left_out.insert(location);
  }
  any_.store(true, std::memory_order_release);
  return good;
}

Inbox::Mail Inbox::take() {
  const std::lock_guard lock(mutex_);
  any_.store(false, std::memory_order_release);
  return std::exchange(mail_, {});
}

}  // namespace muster::registrar
