#include "pipeline/site.h"

#include <algorithm>
#include <array>

#include "base/assert.h"

namespace muster::pipeline {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Duration down_first = minutes(1);
constexpr Duration down_most = minutes(30);
constexpr std::uint32_t doublings_max = 5;  // 1 minute to more than 30
// Longer than a connection takes to be refused or to carry its first letter; where nobody says how
// that went, another one tries.
constexpr Duration trial = minutes(5);
constexpr Duration in_clear = hours(72);
constexpr Duration narrow = seconds(10);
constexpr Duration learned_for = minutes(10);
constexpr Duration first_turn = seconds(1);
constexpr std::uint64_t turns_a_second_least = 20;
// DNS may name other addresses each time it is asked; those of the last few answers are remembered.
constexpr std::size_t targets_max = 4 * wire::mail_hosts_max;

}  // namespace

Site::Site(const std::vector<wire::MailHost>& hosts, std::uint64_t seed) : random_(seed) {
  refresh(hosts);
}

std::string Site::key_of(const std::vector<wire::MailHost>& hosts) {
  std::string key;
  const wire::MailHost* last = nullptr;
  for (const auto& host : hosts) {
    if (last == nullptr || last->name != host.name || last->preference != host.preference) {
      key += std::to_string(host.preference) + " " + host.name + ",";
    }
    last = &host;
  }
  return key;
}

// ── where to ──

void Site::refresh(const std::vector<wire::MailHost>& hosts) {
  MUSTER_ASSERT(!hosts.empty());
  MUSTER_ASSERT(hosts.size() <= wire::mail_hosts_max);
  ++refreshes_;
  for (auto& target : targets_) {
    target.gone = true;
  }
  for (const auto& host : hosts) {
    auto& target = targets_[place_for(host)];
    target.host.preference = host.preference;
    target.gone = false;
    target.named_in = refreshes_;
  }
  narrow_limits();
}

// Where the target of that host stands. A connection to one that made room for it is old, and what
// becomes of it is then laid at the newcomer's door, which is no worse than chance.
std::size_t Site::place_for(const wire::MailHost& host) {
  auto place = std::find_if(targets_.begin(), targets_.end(), [&](const Target& target) {
    return target.host.name == host.name && target.host.address == host.address;
  });
  if (place == targets_.end() && targets_.size() < targets_max) {
    place = targets_.emplace(targets_.end());
    place->host = host;
  } else if (place == targets_.end()) {
    place = std::min_element(targets_.begin(), targets_.end(),
                             [](const auto& a, const auto& b) { return a.named_in < b.named_in; });
    MUSTER_ASSERT(place->gone);
    *place = Target{};
    place->host = host;
  }
  return static_cast<std::size_t>(place - targets_.begin());
}

void Site::narrow_limits() {
  bool first = true;
  for (const auto& target : targets_) {
    if (target.gone) {
      continue;
    }
    const auto limits = shipped_limits(target.host.name);
    limits_.connections =
        first ? limits.connections : std::min(limits_.connections, limits.connections);
    limits_.letters_per_connection =
        first ? limits.letters_per_connection
              : std::min(limits_.letters_per_connection, limits.letters_per_connection);
    first = false;
  }
}

bool Site::may_be_tried(const Target& target, Instant now) const {
  return !target.gone && now >= target.down_until && now >= target.tried_until;
}

std::optional<std::size_t> Site::choose(Instant now) {
  std::array<std::size_t, targets_max> best{};  // those of the lowest preference
  std::size_t count = 0;
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    if (!may_be_tried(targets_[i], now)) {
      continue;
    }
    const auto preference = targets_[i].host.preference;
    const auto lowest = count == 0 ? preference : targets_[best[0]].host.preference;
    if (preference <= lowest) {
      count = preference < lowest ? 0 : count;
      best[count++] = i;
    }
  }
  if (count == 0) {
    return std::nullopt;
  }
  const auto chosen = best[random_.below(count)];
  if (targets_[chosen].failures != 0) {
    targets_[chosen].tried_until = now + trial;
  }
  return chosen;
}

bool Site::down(Instant now) const {
  return std::all_of(targets_.begin(), targets_.end(),
                     [&](const Target& target) { return target.gone || now < target.down_until; });
}

Instant Site::up_again_at() const {
  auto earliest = Instant::never();
  for (const auto& target : targets_) {
    earliest = target.gone ? earliest : std::min(earliest, target.down_until);
  }
  return earliest;
}

// ── what became of connections ──

void Site::stood(std::size_t target) {
  auto& its = targets_[target];
  its.failures = 0;
  its.down_until = Instant{};
  its.tried_until = Instant{};
  trouble_ = Reason::none;
}

void Site::failed(std::size_t target, Reason why, bool others_stand, Instant now) {
  trouble_ = why;
  auto& its = targets_[target];
  its.tried_until = Instant{};
  if (why == Reason::tls_refused) {  // whatever failed then, without TLS it is no better
    its.in_clear_until = Instant{};
  }
  if (others_stand) {
    width_ = std::max(1.0, width_ - 1);
    widen_at_ = now + narrow;
    return;
  }
  if (now < its.down_until) {  // it was opened before that was known
    return;
  }
  const auto doublings = std::min(its.failures, doublings_max);
  ++its.failures;
  const auto pause = std::min<Duration>(down_first * (1 << doublings), down_most);
  // Never sooner than it says, so that no sequence of failures comes round within a minute.
  its.down_until = now + pause + random_.jitter(pause / 10, 1);
  if (down(now)) {
    width_ = 1;
  }
}

void Site::tls_failed(std::size_t target, Instant now) {
  targets_[target].in_clear_until = now + in_clear;
  targets_[target].tried_until = Instant{};  // at once, in clear
}

void Site::answered(std::uint64_t letters, Instant now) {
  stalled_ = false;
  count_seconds(now);
  answered_now_ += letters;
  if (now < widen_at_) {
    return;
  }
  const auto most = static_cast<double>(limits_.connections);
  for (std::uint64_t i = 0; i < letters && width_ < most; ++i) {
    width_ = std::min(most, width_ + 1 / width_);
  }
}

void Site::ended_after(std::uint64_t letters, Instant now) {
  const auto carried = static_cast<std::uint32_t>(
      std::clamp<std::uint64_t>(letters, 1, limits_.letters_per_connection));
  learned_ = now < learned_until_ ? std::min(learned_, carried) : carried;
  learned_until_ = now + learned_for;
}

// ── how many, how much ──

std::uint32_t Site::connections_max() const {
  const auto whole = static_cast<std::uint32_t>(width_);
  return std::clamp<std::uint32_t>(whole, 1, limits_.connections);
}

std::uint32_t Site::letters_per_connection(Instant now) const {
  return now < learned_until_ ? std::min(learned_, limits_.letters_per_connection)
                              : limits_.letters_per_connection;
}

// ── when ──

void Site::count_seconds(Instant now) {
  constexpr Duration second = seconds(1);
  const Duration lasted = now - second_began_;
  if (lasted < second) {
    return;
  }
  answered_before_ = lasted < 2 * second ? answered_now_ : 0;
  answered_now_ = 0;
  second_began_ = lasted < 2 * second ? second_began_ + second : now;
}

Instant Site::give_turn(Instant now) {
  count_seconds(now);
  const auto answered = std::max(answered_now_, answered_before_);
  const auto rate = std::max(turns_a_second_least, answered + answered / 2);
  const auto earliest = down(now) ? up_again_at() : now + first_turn;
  const auto turn = std::max(earliest, next_turn_);
  next_turn_ = turn + Duration{seconds(1)} / static_cast<std::int64_t>(rate);
  return turn;
}

}  // namespace muster::pipeline
