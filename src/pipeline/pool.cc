#include "pipeline/pool.h"

#include <algorithm>

#include "base/assert.h"
#include "base/log.h"
#include "model/outcome.h"

namespace muster::pipeline {
namespace {

constexpr Duration open_interval = std::chrono::milliseconds(100);  // while growing with the work
constexpr Duration back_off_first = std::chrono::seconds(1);
constexpr Duration back_off_most = std::chrono::seconds(60);
// So often in a row before the tasks are told: quickly where nothing ever went through (a wrong
// port, a closed firewall), patiently where it did.
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

Pool::Pool(const PoolSettings& settings, wire::Network& network, std::uint32_t ordinal_base,
           std::uint64_t seed)
    : settings_(settings), network_(network), next_ordinal_(ordinal_base), random_(seed) {}

Pool::~Pool() {
  MUSTER_ASSERT(connections_.empty());
}

void Pool::open_wanted(Instant now, bool waiting, bool busy) {
  if (draining_ || !waiting || !refusal_.words.empty() || now < next_open_) {
    return;
  }
  std::uint32_t usable = 0;
  bool opening = false;
  for (const auto& connection : connections_) {
    const auto condition = connection.session->vitals().condition;
    opening = opening || condition == wire::Vitals::Condition::opening;
    usable += condition == wire::Vitals::Condition::open ? 1 : 0;
  }
  const bool first = usable == 0;
  const bool grow = !busy && usable < settings_.connections_max && room() == 0 &&
                    (!opened_ || now - opened_at_ >= open_interval);
  if (!opening && (first || grow)) {
    open(now);
  }
}

void Pool::open(Instant now) {
  Connection connection;
  connection.ordinal = next_ordinal_++;
  connection.session = settings_.open_session();
  auto endpoint = settings_.endpoint;
  endpoint.ordinal = connection.ordinal;
  connection.id = network_.open(endpoint, *connection.session);
  connections_.push_back(std::move(connection));
  opened_ = true;
  opened_at_ = now;
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
      failures_ = connection.answered != 0 ? 0 : failures_;
    }
    if (vitals.refusal != Reason::none && refusal_.words.empty() &&
        action_for(403, vitals.refusal) == Action::stop_credential) {
      refusal_ = Refusal{
          std::string(name_of(vitals.refusal)) + ": " + std::string(words(vitals.refusal)), true};
    }
    if (vitals.condition != wire::Vitals::Condition::closed) {
      ++i;
      continue;
    }
    log::info("pipeline", "connection ended",
              {{"host", settings_.endpoint.host},
               {"ordinal", std::int64_t{connection.ordinal}},
               {"answered", static_cast<std::int64_t>(connection.answered)},
               {"error", words(vitals.error)}});
    note_failure(connection, vitals, now);
    connections_.erase(connections_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

void Pool::note_failure(const Connection& connection, const wire::Vitals& vitals, Instant now) {
  if (connection.answered != 0) {
    failures_ = 0;  // it worked: its successor may come at once
    return;
  }
  ++failures_;
  const auto doublings = std::min(failures_ - 1, 6U);
  const Duration wait = std::min<Duration>(back_off_first * (1 << doublings), back_off_most);
  next_open_ = now + std::max<Duration>(back_off_first, random_.jitter(wait, 0.2));
  const bool hopeless = configured_wrongly(vitals.error.code);
  if (refusal_.words.empty() &&
      (hopeless || failures_ >= (ever_open_ ? failures_later_max : failures_at_first_max))) {
    refusal_ = Refusal{settings_.endpoint.host + ":" + std::to_string(settings_.endpoint.port) +
                           ": " + words(vitals.error),
                       false};
  }
}

void Pool::retire(Connection& connection, Instant now) {
  connection.session->drain(now);
  network_.wake(connection.id);
}

void Pool::renew_credential(Connection& refused, Instant now) {
  if (settings_.renew_credential) {
    settings_.renew_credential();
  }
  retire(refused, now);
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
