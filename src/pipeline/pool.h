// The connections of one shard to one (host, credential): opened as work wants them, replaced as
// they end.
//
// A pool opens its first connection when there is something to send, more when work waits although
// every connection is full (how many says plan.h, from what the pool measures), and a new one at
// once when a server takes its leave (GOAWAY). While it grows it at most doubles every 100 ms.
// A connection that could not be made, or that died without having answered anything, is tried
// again with back-off, never more often than once a second (rapid reconnecting is an attack to
// Apple). A refusal of the credential stops the pool until the process starts anew.
//
// To a mail server there are as many connections as letters want, up to those allowed: each carries
// its letters one after the other, whatever the others do, and may end after every letter. Those
// that take their leave are counted until they are gone, and a server that takes no more of them
// than stand is believed: it counts as well.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "pipeline/plan.h"
#include "wire/network.h"
#include "wire/session.h"

namespace muster::pipeline {

struct PoolSettings {
  Channel channel = Channel::push;
  wire::Endpoint endpoint;
  std::uint32_t connections_max = 4;
  // A new conversation for this credential.
  std::function<std::unique_ptr<wire::DeliverySession>()> open_session;
  // After ExpiredProviderToken: sign anew. May be empty (certificate authentication).
  std::function<void()> renew_credential;
};

class Pool {
 public:
  struct Connection {
    wire::ConnectionId id = 0;
    std::uint32_t ordinal = 0;
    std::unique_ptr<wire::DeliverySession> session;
    std::uint64_t answered = 0;
    bool woken = false;
    bool used = false;   // something was submitted to it
    bool stood = false;  // it got through to the protocol
  };
  // Why nothing can be sent by this pool: one line for a person. Empty while it can or may again.
  struct Refusal {
    std::string words;
    bool credential = false;  // otherwise: the peer cannot be reached
  };

  Pool(const PoolSettings& settings, wire::Network& network, std::uint32_t ordinal_base,
       std::uint64_t seed);
  ~Pool();

  // What the shard knows of the work before it draws.
  struct Load {
    std::uint64_t waiting = 0;     // jobs that wait for this pool
    double busy = 0;               // share of the time that this thread worked, 0 to 1
    std::uint32_t body_bytes = 0;  // of one push; 0: unknown
  };
  // Opens what is wanted.
  void open_wanted(Instant now, const Load& load);
  // So many jobs still wait now that it was drawn for: where that filled every place, it stays full
  // until the next answers, and they are taken before anybody looks again.
  void note_drawn(std::uint64_t waiting);
  // So many answers came, the quickest after that time.
  void note_answers(std::uint64_t count, Duration quickest);
  // What keeps it from sending faster; as of the last plan.
  [[nodiscard]] Bound bound() const { return plan_.bound; }
  // How many jobs could be written now.
  [[nodiscard]] std::uint32_t room() const;
  // The connection with the most room; nullptr where there is none.
  [[nodiscard]] Connection* roomiest();
  // Takes leave of connections whose conversation is over; call after their answers were taken.
  void bury(Instant now);
  // No new streams on it; replaced at once.
  void retire(Connection& connection, Instant now);
  // After ExpiredProviderToken on this connection: a new token, and a new connection for it.
  void renew_credential(Connection& refused, Instant now);
  void drain(Instant now);
  // Ends what is still open without ceremony.
  void abandon();
  [[nodiscard]] std::vector<Connection>& connections() { return connections_; }
  [[nodiscard]] const Refusal& refusal() const { return refusal_; }
  // The peer refuses the credential; `said`: in these words, if any.
  void refuse(Reason reason, std::string_view said);
  // Somebody wants to try again what was refused.
  void forgive(Instant now);
  // When open_wanted() should be called again although nothing happened.
  [[nodiscard]] Instant next() const { return next_open_; }

 private:
  // What the plan is made of, over one stretch of time.
  struct Stretch {
    Instant since{};
    Duration full{0};  // so long jobs waited and there was no place
    std::uint64_t answers = 0;
  };
  // Connections as they stand.
  struct Standing {
    std::uint32_t open = 0;
    std::uint32_t opening = 0;
    std::uint64_t streams = 0;
    std::uint64_t in_flight = 0;
    std::int64_t window_bytes = 0;  // of the widest
  };

  [[nodiscard]] Standing stand() const;
  void measure(Instant now, const Load& load, const Standing& standing);
  void note_standing(std::uint64_t waiting, const Standing& standing);
  void make_plan(Instant now, const Load& load, const Standing& standing);
  void open(Instant now);
  void open_for_letters(Instant now, const Load& load, const Standing& standing);
  [[nodiscard]] bool narrowed(const Connection& lost, Instant now);
  [[nodiscard]] std::string unreachable_words(const wire::Vitals& vitals) const;
  void note_failure(const Connection& connection, const wire::Vitals& vitals, Instant now);

  PoolSettings settings_;
  wire::Network& network_;
  std::uint32_t next_ordinal_;
  Random random_;
  std::vector<Connection> connections_;
  Refusal refusal_;
  bool draining_ = false;
  bool ever_open_ = false;      // some connection got through to the protocol
  std::uint32_t failures_ = 0;  // in a row
  Instant next_open_{};         // not before
  Instant opened_at_{};
  bool opened_ = false;
  // To a mail server: so many connections at most for now, and when that may double.
  std::uint32_t width_ = 1;
  Instant widen_at_{};

  Plan plan_;
  Stretch stretch_;
  Instant looked_at_{};
  bool was_full_ = false;
  std::uint64_t waiting_when_full_ = 0;
  std::uint64_t in_flight_when_full_ = 0;
  std::int64_t window_widest_ = 0;
  // The quickest answers of this period and of the one before.
  Duration quickest_{Duration::max()};
  Duration quickest_before_{Duration::max()};
  Instant quickest_since_{};
};

}  // namespace muster::pipeline
