#include "pipeline/pool.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/log.h"

namespace muster::pipeline {
namespace {

constexpr Duration back_off_first = std::chrono::seconds(1);
constexpr Duration back_off_most = std::chrono::seconds(60);
constexpr std::uint32_t doublings_max = 6;
constexpr double jitter_share = 0.2;
constexpr std::uint32_t failures_at_first_max = 3;
constexpr std::uint32_t failures_later_max = 20;

// Trouble that trying again will not mend.
bool configured_wrongly(ErrorCode code) {
  switch (code) {
    case ErrorCode::tls_certificate_untrusted:
    case ErrorCode::tls_certificate_expired:
    case ErrorCode::tls_certificate_wrong_name:
    case ErrorCode::tls_client_refused:
    case ErrorCode::alpn_refused:
      return true;
    default:
      return false;
  }
}

}  // namespace

Pool::Pool(wire::Network& network, std::uint32_t ordinal_base, std::uint64_t seed)
    : random_(seed), network_(network), next_ordinal_(ordinal_base) {}

Pool::~Pool() {
  MUSTER_ASSERT(connections_.empty());
}

Pool::Connection& Pool::open(wire::Endpoint endpoint,
                             std::unique_ptr<wire::DeliverySession> session) {
  Connection connection;
  connection.ordinal = next_ordinal_++;
  connection.session = std::move(session);
  endpoint.ordinal = connection.ordinal;
  connection.id = network_.open(endpoint, *connection.session);
  return connections_.emplace_back(std::move(connection));
}

Pool::Standing Pool::stand() const {
  Standing standing;
  for (const auto& connection : connections_) {
    const auto vitals = connection.session->vitals();
    standing.opening += vitals.condition == wire::Vitals::Condition::opening ? 1U : 0U;
    if (vitals.condition == wire::Vitals::Condition::open) {
      ++standing.open;
      standing.streams += vitals.stream_limit;
      standing.in_flight += vitals.in_flight;
      standing.window_bytes = std::max(standing.window_bytes, vitals.window_bytes);
    }
  }
  return standing;
}

std::uint32_t Pool::room() const {
  std::uint32_t room = 0;
  for (const auto& connection : connections_) {
    room += connection.session->room();
  }
  return refusal_.words.empty() ? room : 0;
}

Pool::Connection* Pool::roomiest() {
  Connection* best = nullptr;
  std::uint32_t most = 0;
  for (auto& connection : connections_) {
    const auto room = connection.session->room();
    if (room > most) {
      most = room;
      best = &connection;
    }
  }
  return best;
}

void Pool::bury(Instant now) {
  for (std::size_t i = 0; i < connections_.size();) {
    auto& connection = connections_[i];
    const auto vitals = connection.session->vitals();
    if (vitals.condition == wire::Vitals::Condition::open) {
      ever_open_ = true;
      connection.stood = true;
      failures_ = connection.answered != 0 ? 0 : failures_;
    }
    if (vitals.refusal != Reason::none && refusal_.words.empty() &&
        action_for(403, vitals.refusal) == Action::stop_credential) {
      refuse(vitals.refusal, vitals.said);
    }
    if (vitals.condition != wire::Vitals::Condition::closed) {
      ++i;
      continue;
    }
    goaways_ += vitals.goaway ? 1U : 0U;
    log::info("pipeline", "connection ended",
              {{"ordinal", std::int64_t{connection.ordinal}},
               {"answered", static_cast<std::int64_t>(connection.answered)},
               {"error", words(vitals.error)}});
    ended(connection, vitals, now);
    connections_.erase(connections_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

void Pool::back_off(Instant now) {
  ++failures_;
  const auto doublings = std::min(failures_ - 1, doublings_max);
  const Duration wait = std::min<Duration>(back_off_first * (1 << doublings), back_off_most);
  next_open_ = now + std::max<Duration>(back_off_first, random_.jitter(wait, jitter_share));
}

bool Pool::hopeless(ErrorCode code) const {
  return configured_wrongly(code) ||
         failures_ >= (ever_open_ ? failures_later_max : failures_at_first_max);
}

void Pool::forgive(Instant now) {
  refusal_ = {};
  failures_ = 0;
  next_open_ = now;
}

void Pool::retire(Connection& connection, Instant now) {
  connection.session->drain(now);
  network_.wake(connection.id);
}

void Pool::drain(Instant now) {
  draining_ = true;
  for (auto& connection : connections_) {
    retire(connection, now);
  }
}

void Pool::abandon() {
  for (const auto& connection : connections_) {
    network_.close(connection.id);
  }
}

}  // namespace muster::pipeline
