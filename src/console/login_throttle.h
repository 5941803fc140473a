// How often a login may be tried: a few times at once, then after waits that double.
//
// Failures are counted for the account, whatever the address, and for the address, whatever the
// account: the one stops guessing at one password from many places, the other one password tried on
// many accounts. An attempt counts as a failure from the moment it is let in until it has
// succeeded, so that many at once gain nothing. Nobody is locked out for good: an account waits for
// a minute at most, since whoever knows its name could keep its owner out; and commands on this
// machine (muster admin) need no login.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/time.h"

namespace muster::console {

// Any thread.
class LoginThrottle {
 public:
  // Zero: it may be tried, and counts as a failure until succeeded() is called. Otherwise how long
  // to wait; nothing is counted then. An empty address is not counted by: the socket's.
  [[nodiscard]] Duration admit(std::string_view account, std::string_view address, Instant now);
  // The account's failures are forgotten; the address's are one less, as who knows one password
  // must not be able to guess at others without end.
  void succeeded(std::string_view account, std::string_view address);

 private:
  struct Trial {
    std::uint32_t failures = 0;
    Instant last{0};
    Instant not_before{0};
  };
  using Trials = std::unordered_map<std::string, Trial>;
  struct Rule {
    std::uint32_t free = 0;  // failures that cost nothing
    Duration wait_max{};
  };
  static const Rule account_rule;
  static const Rule address_rule;
  [[nodiscard]] static Duration wait_of(Trials& trials, const std::string& key, Instant now);
  static void count(Trials& trials, const std::string& key, Instant now, const Rule& rule);
  static void make_room(Trials& trials);

  std::mutex mutex_;  // guards what follows; held for a look-up only
  Trials accounts_;
  Trials addresses_;
};

// What addresses are counted by: an IPv6 address's first 64 bits, as a whole network of that size
// belongs to one customer; any other as it is.
[[nodiscard]] std::string network_of(std::string_view address);

}  // namespace muster::console
