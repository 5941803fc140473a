#include "pipeline/pool.h"

#include <algorithm>

#include "base/assert.h"
#include "base/log.h"
#include "model/outcome.h"

namespace muster::pipeline {
namespace {

constexpr Duration open_interval = std::chrono::milliseconds(100);  // while growing with the work
// A plan is made of so much time, and of so many round trips: answers come in bursts.
constexpr Duration stretch_least = std::chrono::milliseconds(50);
constexpr int stretch_round_trips = 3;
constexpr double full_share = 0.5;                             // of a stretch that counts as full
constexpr Duration quickest_period = std::chrono::seconds(5);  // paths change
constexpr Duration back_off_first = std::chrono::seconds(1);
constexpr Duration back_off_most = std::chrono::seconds(60);
// So often in a row before the tasks are told: quickly where nothing ever went through (a wrong
// port, a closed firewall), patiently where it did.
constexpr std::uint32_t failures_at_first_max = 3;
constexpr std::uint32_t failures_later_max = 20;
// A mail connection is busy with two letters: one on its way, and the next one's envelope.
constexpr std::uint64_t letters_per_connection = 2;
// A mail server that takes no further connection is asked for one again after that time.
constexpr Duration narrow_for = std::chrono::seconds(5);

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

void Pool::open_wanted(Instant now, const Load& load) {
  const auto standing = stand();
  const bool was_full = was_full_;  // after the last drawing
  measure(now, load, standing);
  make_plan(now, load, standing);
  if (draining_ || load.waiting == 0 || !refusal_.words.empty() || now < next_open_) {
    return;
  }
  if (settings_.channel == Channel::mail) {
    open_for_letters(now, load, standing);
    return;
  }
  if (standing.open == 0) {
    if (standing.opening == 0) {
      open(now);
    }
    return;
  }
  // Those on their way first: a plan counts on what stands.
  const bool wait = standing.opening != 0 || !(was_full || was_full_) ||
                    (opened_ && now - opened_at_ < open_interval);
  for (auto count = standing.open; !wait && count < plan_.connections; ++count) {
    open(now);
  }
}

void Pool::open_for_letters(Instant now, const Load& load, const Standing& standing) {
  if (ever_open_ && failures_ == 0 && now >= widen_at_) {
    width_ = std::min(width_ * 2, settings_.connections_max);
    widen_at_ = now + open_interval;
  }
  const auto letters = standing.in_flight + load.waiting;
  const auto wanted = std::min<std::uint64_t>(
      width_, (letters + letters_per_connection - 1) / letters_per_connection);
  while (connections_.size() < wanted) {
    open(now);
  }
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

// How long there was work and no place for it, from look to look.
void Pool::measure(Instant now, const Load& load, const Standing& standing) {
  if (was_full_) {
    stretch_.full += now - looked_at_;
  }
  looked_at_ = now;
  note_standing(load.waiting, standing);
}

void Pool::note_standing(std::uint64_t waiting, const Standing& standing) {
  was_full_ = waiting != 0 && room() == 0;
  if (was_full_) {
    waiting_when_full_ = waiting;
    in_flight_when_full_ = standing.in_flight;
  }
}

void Pool::note_drawn(std::uint64_t waiting) {
  if (!was_full_) {
    note_standing(waiting, stand());
  }
}

void Pool::make_plan(Instant now, const Load& load, const Standing& standing) {
  // The widest window was seen when nothing was on its way.
  window_widest_ = std::max(window_widest_, standing.window_bytes);
  const auto quickest = std::min(quickest_, quickest_before_);
  const bool known = quickest != Duration::max();
  const Duration lasted = now - stretch_.since;
  if (standing.open != 0 && lasted < stretch_least) {
    return;
  }
  if (standing.open != 0 && known && lasted < stretch_round_trips * quickest) {
    return;
  }
  Measured measured;
  measured.connections = standing.open;
  measured.connections_max = settings_.connections_max;
  measured.streams = standing.streams;
  measured.window_bytes = window_widest_;
  measured.body_bytes = load.body_bytes;
  measured.full = static_cast<double>(stretch_.full.count()) >=
                  full_share * static_cast<double>(lasted.count());
  // Between two bursts of answers everything looks empty: what counts is how it is when full.
  measured.in_flight = measured.full ? in_flight_when_full_ : standing.in_flight;
  measured.waiting = measured.full ? waiting_when_full_ : load.waiting;
  measured.rate = static_cast<double>(stretch_.answers) * 1e9 /
                  static_cast<double>(std::max<std::int64_t>(1, lasted.count()));
  measured.round_trip = known ? quickest : Duration{0};
  measured.busy = load.busy;
  plan_ = plan(measured);
  if (settings_.channel == Channel::mail && plan_.bound != Bound::none &&
      plan_.bound != Bound::cpu) {
    plan_.bound = standing.open >= settings_.connections_max ? Bound::connections : Bound::peer;
  }
  stretch_ = Stretch{now, Duration{0}, 0};
  if (now - quickest_since_ >= quickest_period) {
    quickest_before_ = quickest_;
    quickest_ = Duration::max();
    quickest_since_ = now;
  }
}

void Pool::note_answers(std::uint64_t count, Duration quickest) {
  stretch_.answers += count;
  quickest_ = std::min(quickest_, quickest);
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
    log::info("pipeline", "connection ended",
              {{"host", settings_.endpoint.host},
               {"ordinal", std::int64_t{connection.ordinal}},
               {"answered", static_cast<std::int64_t>(connection.answered)},
               {"error", words(vitals.error)}});
    note_failure(connection, vitals, now);
    connections_.erase(connections_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

void Pool::refuse(Reason reason, std::string_view said) {
  std::string line;
  if (settings_.channel == Channel::mail) {
    line = "relay " + settings_.endpoint.host + ": ";
    line += said.empty() ? std::string() : std::string(said) + ": ";
  } else {
    line = std::string(name_of(reason)) + ": ";
  }
  refusal_ = Refusal{line + std::string(words(reason)), true};
}

void Pool::forgive(Instant now) {
  refusal_ = {};
  failures_ = 0;
  next_open_ = now;
}

// A mail server takes leave of whoever has nothing to say, and of connections beyond those it
// allows: neither says that it cannot be reached. True: it was one of these.
bool Pool::narrowed(const Connection& lost, Instant now) {
  if (settings_.channel != Channel::mail) {
    return false;
  }
  if (lost.stood && !lost.used) {
    return true;
  }
  std::uint32_t stand = 0;
  bool answered = false;
  for (const auto& other : connections_) {
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

std::string Pool::unreachable_words(const wire::Vitals& vitals) const {
  const auto& endpoint = settings_.endpoint;
  const bool mail = settings_.channel == Channel::mail;
  return (mail ? "relay " : "") + endpoint.host + ":" + std::to_string(endpoint.port) + ": " +
         (vitals.said.empty() ? words(vitals.error) : std::string(vitals.said));
}

void Pool::note_failure(const Connection& connection, const wire::Vitals& vitals, Instant now) {
  if (connection.answered != 0) {
    failures_ = 0;  // it worked: its successor may come at once
    return;
  }
  if (narrowed(connection, now)) {
    return;
  }
  ++failures_;
  const auto doublings = std::min(failures_ - 1, 6U);
  const Duration wait = std::min<Duration>(back_off_first * (1 << doublings), back_off_most);
  next_open_ = now + std::max<Duration>(back_off_first, random_.jitter(wait, 0.2));
  const bool hopeless = configured_wrongly(vitals.error.code);
  if (refusal_.words.empty() &&
      (hopeless || failures_ >= (ever_open_ ? failures_later_max : failures_at_first_max))) {
    refusal_ = Refusal{unreachable_words(vitals), false};
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
