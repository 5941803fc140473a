#include "pipeline/site_pool.h"

#include <algorithm>

#include "base/assert.h"
#include "base/log.h"

namespace muster::pipeline {
namespace {

// A mail connection is busy with two letters: one on its way, and the next one's envelope.
constexpr std::uint64_t letters_per_connection = 2;

}  // namespace

SitePool::SitePool(const SitePoolSettings& settings, Site& site, ConnectionBudget& budget,
                   wire::Network& network, std::uint64_t seed)
    : Pool(network, 0, seed), settings_(settings), site_(site), budget_(budget) {}

SitePool::~SitePool() = default;

void SitePool::open_wanted(Instant now, const Load& load) {
  looked_at_ = now;
  for (const auto& connection : connections()) {
    if (connection.answered != 0) {
      site_.stood(connection.target);
    }
  }
  const auto standing = stand();
  const auto letters = standing.in_flight + load.waiting;
  const auto wanted = (letters + letters_per_connection - 1) / letters_per_connection;
  std::uint64_t live = standing.open + standing.opening;
  while (may_open(now, load) && live < wanted && connections().size() < site_.connections_max()) {
    if (budget_.open >= budget_.most) {
      budget_.wanted_more = true;
      break;
    }
    const auto target = site_.choose(now);
    if (!target) {
      break;
    }
    open_to(*target, now);
    ++live;
  }
  if (load.waiting == 0 || room() != 0) {
    bound_ = Bound::none;
  } else {
    bound_ = all_open() ? Bound::connections : Bound::peer;
  }
}

bool SitePool::all_open() const {
  return connections().size() >= site_.connections_max() || budget_.open >= budget_.most;
}

void SitePool::open_to(std::size_t target, Instant now) {
  const auto& its = site_.target(target);
  const bool in_clear = settings_.tls == nullptr || now < its.in_clear_until;
  wire::Endpoint endpoint;
  endpoint.host = its.host.address;
  endpoint.port = settings_.port;
  endpoint.tls = in_clear ? nullptr : settings_.tls;
  endpoint.tls_later = true;
  endpoint.server_name = its.host.name;
  auto& connection =
      open(endpoint, settings_.open_session({in_clear, site_.letters_per_connection(now)}));
  connection.target = target;
  connection.in_clear = in_clear;
  ++budget_.open;
}

void SitePool::note_answers(std::uint64_t count, Duration /*quickest*/) {
  site_.answered(count, looked_at_);
}

void SitePool::refuse(Reason /*reason*/, std::string_view /*said*/) {}

void SitePool::ended(const Connection& connection, const wire::Vitals& vitals, Instant now) {
  MUSTER_ASSERT(budget_.open != 0);
  --budget_.open;
  // In clear there is no handshake: whoever says so then is not believed twice.
  if (vitals.refusal == Reason::tls_failed && !connection.in_clear) {
    const auto& host = site_.target(connection.target).host;
    log::warning("pipeline", "no TLS came about: letters go in clear",
                 {{"host", host.name}, {"address", host.address}, {"error", words(vitals.error)}});
    site_.tls_failed(connection.target, now);
    return;
  }
  if (connection.answered == 0 && (connection.used || !connection.stood)) {
    failed(connection, vitals, now);
    return;
  }
  site_.stood(connection.target);
  if (connection.answered != 0 && vitals.refusal == Reason::server_busy) {
    site_.ended_after(connection.answered, now);
  }
}

void SitePool::failed(const Connection& connection, const wire::Vitals& vitals, Instant now) {
  const auto reason = vitals.refusal == Reason::none ? Reason::no_mail_host : vitals.refusal;
  const auto& host = site_.target(connection.target).host;
  log::info("pipeline", "nothing came of a connection",
            {{"host", host.name},
             {"address", host.address},
             {"reason", name_of(reason)},
             {"said", vitals.said.empty() ? words(vitals.error) : std::string(vitals.said)}});
  site_.failed(connection.target, reason, others_stand(connection), now);
}

bool SitePool::others_stand(const Connection& connection) const {
  return std::any_of(connections().begin(), connections().end(), [&](const Connection& other) {
    return other.id != connection.id && other.target == connection.target && other.stood &&
           other.session->vitals().condition != wire::Vitals::Condition::closed;
  });
}

}  // namespace muster::pipeline
