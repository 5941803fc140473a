#include "pipeline/relay_pool.h"

#include <algorithm>
#include <string>

#include "base/log.h"

namespace muster::pipeline {
namespace {

constexpr Duration widen_interval = std::chrono::milliseconds(100);
// A mail connection is busy with two letters: one on its way, and the next one's envelope.
constexpr std::uint64_t letters_per_connection = 2;
// A relay that takes no further connection is asked for one again after that time.
constexpr Duration narrow_for = std::chrono::seconds(5);
constexpr Duration in_clear_for = std::chrono::hours(24);

}  // namespace

RelayPool::RelayPool(const PoolSettings& settings, wire::Network& network,
                     std::uint32_t ordinal_base, std::uint64_t seed)
    : Pool(network, ordinal_base, seed), settings_(settings), planning_(settings.connections_max) {}

void RelayPool::open_wanted(Instant now, const Load& load) {
  const auto standing = stand();
  planning_.look(now, load, standing, room());
  open_ = standing.open;
  if (!may_open(now, load)) {
    return;
  }
  if (ever_open_ && failures_ == 0 && now >= widen_at_) {
    width_ = std::min(width_ * 2, settings_.connections_max);
    widen_at_ = now + widen_interval;
  }
  const auto letters = standing.in_flight + load.waiting;
  const auto wanted = std::min<std::uint64_t>(
      width_, (letters + letters_per_connection - 1) / letters_per_connection);
  while (connections().size() < wanted) {
    const bool in_clear = now < in_clear_until_;
    auto& connection = open(settings_.endpoint, settings_.open_session({in_clear, 0}));
    connection.in_clear = in_clear;
  }
}

void RelayPool::note_drawn(std::uint64_t waiting) {
  planning_.note_drawn(waiting, stand(), room());
}

void RelayPool::note_answers(std::uint64_t count, Duration quickest) {
  planning_.note_answers(count, quickest);
}

Bound RelayPool::bound() const {
  const auto bound = planning_.plan().bound;
  if (bound == Bound::none || bound == Bound::cpu) {
    return bound;
  }
  return open_ >= settings_.connections_max ? Bound::connections : Bound::peer;
}

void RelayPool::refuse(Reason reason, std::string_view said) {
  std::string line = "relay " + settings_.endpoint.host + ": ";
  line += said.empty() ? std::string() : std::string(said) + ": ";
  refusal_ = Refusal{line + std::string(words(reason)), true};
}

// A mail server takes leave of whoever has nothing to say, and of connections beyond those it
// allows: neither says that it cannot be reached. True: it was one of these.
bool RelayPool::narrowed(const Connection& lost, Instant now) {
  if (lost.stood && !lost.used) {
    return true;
  }
  std::uint32_t stand = 0;
  bool answered = false;
  for (const auto& other : connections()) {
    if (other.id != lost.id && other.stood) {
      ++stand;
      answered = answered || other.answered != 0;
    }
  }
  if (!answered) {
    return false;
  }
  // Not at once down to what stands: a refusal may have been chance, and what stands may be slow.
  width_ = std::max(stand, width_ / 2);
  widen_at_ = now + narrow_for;
  return true;
}

std::string RelayPool::unreachable_words(const wire::Vitals& vitals) const {
  const auto& endpoint = settings_.endpoint;
  return "relay " + endpoint.host + ":" + std::to_string(endpoint.port) + ": " +
         (vitals.said.empty() ? words(vitals.error) : std::string(vitals.said));
}

void RelayPool::ended(const Connection& connection, const wire::Vitals& vitals, Instant now) {
  if (connection.answered != 0) {
    failures_ = 0;  // it worked: its successor may come at once
    return;
  }
  if (vitals.refusal == Reason::tls_failed && !connection.in_clear) {
    log::warning("pipeline", "no TLS came about: letters go in clear",
                 {{"host", settings_.endpoint.host}, {"error", words(vitals.error)}});
    in_clear_until_ = now + in_clear_for;
    return;
  }
  if (narrowed(connection, now)) {
    return;
  }
  back_off(now);
  if (refusal_.words.empty() && hopeless(vitals.error.code)) {
    refusal_ = Refusal{unreachable_words(vitals), false};
  }
}

}  // namespace muster::pipeline
