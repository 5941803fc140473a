#include "console/login_throttle.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "base/bytes.h"
#include "model/limits.h"

namespace muster::console {
namespace {

using namespace std::chrono_literals;

constexpr Duration first_wait = 1s;
// So long after the last failure, those before are forgotten.
constexpr Duration forgotten_after = 1h;
// 2^12 s are longer than any wait_max.
constexpr std::uint32_t doublings_max = 12;

}  // namespace

const LoginThrottle::Rule LoginThrottle::account_rule{5, 1min};
// Many people may share one: a school behind one router.
const LoginThrottle::Rule LoginThrottle::address_rule{20, 15min};

Duration LoginThrottle::wait_of(Trials& trials, const std::string& key, Instant now) {
  const auto found = trials.find(key);
  if (found == trials.end()) {
    return Duration::zero();
  }
  if (now - found->second.last >= forgotten_after) {
    trials.erase(found);
    return Duration::zero();
  }
  return std::max(found->second.not_before - now, Duration::zero());
}

void LoginThrottle::count(Trials& trials, const std::string& key, Instant now, const Rule& rule) {
  if (trials.size() >= limits::login_trials_max && !trials.contains(key)) {
    make_room(trials);
  }
  Trial& trial = trials[key];
  ++trial.failures;
  trial.last = now;
  if (trial.failures >= rule.free) {
    const auto doublings = std::min(trial.failures - rule.free, doublings_max);
    trial.not_before = now + std::min<Duration>(first_wait * (1U << doublings), rule.wait_max);
  }
}

// Whoever has failed least gives way: names or addresses made up by the thousand do not make us
// forget the one that is guessed at.
void LoginThrottle::make_room(Trials& trials) {
  const auto least =
      std::min_element(trials.begin(), trials.end(), [](const auto& a, const auto& b) {
        return std::tie(a.second.failures, a.second.last) <
               std::tie(b.second.failures, b.second.last);
      });
  trials.erase(least);
}

Duration LoginThrottle::admit(std::string_view account, std::string_view address, Instant now) {
  const std::string name(account);
  const std::string network = network_of(address);
  const std::lock_guard lock(mutex_);
  const Duration wait =
      std::max(wait_of(accounts_, name, now),
               network.empty() ? Duration::zero() : wait_of(addresses_, network, now));
  if (wait > Duration::zero()) {
    return wait;
  }
  count(accounts_, name, now, account_rule);
  if (!network.empty()) {
    count(addresses_, network, now, address_rule);
  }
  return Duration::zero();
}

void LoginThrottle::succeeded(std::string_view account, std::string_view address) {
  const std::string network = network_of(address);
  const std::lock_guard lock(mutex_);
  accounts_.erase(std::string(account));
  const auto found = addresses_.find(network);
  if (found == addresses_.end()) {
    return;
  }
  if (found->second.failures <= 1) {
    addresses_.erase(found);
    return;
  }
  --found->second.failures;
  found->second.not_before = found->second.last;
}

std::string network_of(std::string_view address) {
  std::array<Byte, 16> bytes{};
  std::string text(address);
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) {
    return text;
  }
  constexpr std::array<Byte, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  if (std::equal(mapped.begin(), mapped.end(), bytes.begin())) {
    return text;  // an IPv4 address in other clothes
  }
  return to_hex(Bytes(bytes).first(8)) + "/64";
}

}  // namespace muster::console
