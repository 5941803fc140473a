// The connections that carry one kind of work: opened as work wants them, replaced as they end.
//
// What is common to all pools stands here; how many connections, where to, and what becomes of one
// that failed is decided by the kind:
//   PushPool   one (host, credential) of APNs: as many as a plan says (planning.h)
//   RelayPool  the relay: as many as letters want and the relay takes
//   SitePool   a set of mail hosts: each in turn, as many as that site takes (site.h)
// Belongs to a shard and its thread.
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

// How a conversation is to be led, as far as its pool decides that; APNs needs none of it.
struct SessionWishes {
  bool in_clear = false;  // TLS failed with that host: do without it, where it may be missing
  std::uint32_t letters_max = 0;  // then QUIT; 0: as the settings say
};
using OpenSession = std::function<std::unique_ptr<wire::DeliverySession>(const SessionWishes&)>;

struct PoolSettings {
  wire::Endpoint endpoint;
  std::uint32_t connections_max = 4;
  // A new conversation for this credential, or with the relay.
  OpenSession open_session;
  // After ExpiredProviderToken: sign anew. May be empty (certificate authentication, mail).
  std::function<void()> renew_credential;
};

class Pool {
 public:
  struct Connection {
    wire::ConnectionId id = 0;
    std::uint32_t ordinal = 0;
    std::unique_ptr<wire::DeliverySession> session;
    std::uint64_t answered = 0;
    std::size_t target = 0;  // of a site: which of its addresses
    bool in_clear = false;   // it does without TLS because TLS failed before
    bool woken = false;
    bool used = false;   // something was submitted to it
    bool stood = false;  // it got through to the protocol
  };
  // Why nothing can be sent by this pool: one line for a person. Empty while it can or may again.
  struct Refusal {
    std::string words;
    bool credential = false;  // otherwise: the peer cannot be reached
  };
  // What the shard knows of the work before it draws.
  struct Load {
    std::uint64_t waiting = 0;     // jobs that wait for this pool
    double busy = 0;               // share of the time that this thread worked, 0 to 1
    std::uint32_t body_bytes = 0;  // of one push; 0: unknown
  };
  // Connections as they stand.
  struct Standing {
    std::uint32_t open = 0;
    std::uint32_t opening = 0;
    std::uint64_t streams = 0;
    std::uint64_t in_flight = 0;
    std::int64_t window_bytes = 0;  // of the widest
  };

  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  // Every connection has been buried.
  virtual ~Pool();

  // ── by the kind ──
  // Opens what is wanted.
  virtual void open_wanted(Instant now, const Load& load) = 0;
  // So many jobs still wait now that it was drawn for: where that filled every place, it stays full
  // until the next answers, and they are taken before anybody looks again.
  virtual void note_drawn(std::uint64_t /*waiting*/) {}
  // So many answers came, the quickest after that time.
  virtual void note_answers(std::uint64_t /*count*/, Duration /*quickest*/) {}
  // What keeps it from sending faster; as of the last look.
  [[nodiscard]] virtual Bound bound() const = 0;
  // The peer refuses the credential; `said`: in these words, if any.
  virtual void refuse(Reason reason, std::string_view said) = 0;
  // Signs anew where the credential can be.
  virtual void renew_credential() {}

  // ── common ──
  // How many jobs could be written now.
  [[nodiscard]] std::uint32_t room() const;
  // The connection with the most room; nullptr where there is none.
  [[nodiscard]] Connection* roomiest();
  // Takes leave of connections whose conversation is over; call after their answers were taken.
  void bury(Instant now);
  // No new streams on it; replaced at once.
  void retire(Connection& connection, Instant now);
  void drain(Instant now);
  // Ends what is still open without ceremony.
  void abandon();
  [[nodiscard]] std::vector<Connection>& connections() { return connections_; }
  [[nodiscard]] const std::vector<Connection>& connections() const { return connections_; }
  [[nodiscard]] const Refusal& refusal() const { return refusal_; }
  // Connections that a peer ended by a GOAWAY.
  [[nodiscard]] std::uint64_t goaways() const { return goaways_; }
  // Somebody wants to try again what was refused.
  void forgive(Instant now);
  // When open_wanted() should be called again although nothing happened.
  [[nodiscard]] Instant next() const { return next_open_; }

 protected:
  Pool(wire::Network& network, std::uint32_t ordinal_base, std::uint64_t seed);

  // Its conversation is over; it still stands among the connections, and goes then.
  virtual void ended(const Connection& connection, const wire::Vitals& vitals, Instant now) = 0;

  Connection& open(wire::Endpoint endpoint, std::unique_ptr<wire::DeliverySession> session);
  [[nodiscard]] Standing stand() const;
  // One more failure in a row: nothing is opened for a while, at least a second (rapid reconnecting
  // is an attack to Apple), at most a minute.
  void back_off(Instant now);
  // There were so many failures in a row that the tasks are told: soon where nothing ever went
  // through (a wrong port, a closed firewall), patiently where it did.
  [[nodiscard]] bool hopeless(ErrorCode code) const;
  [[nodiscard]] bool may_open(Instant now, const Load& load) const {
    return !draining_ && load.waiting != 0 && refusal_.words.empty() && now >= next_open_;
  }

  Random random_;
  Refusal refusal_;
  bool ever_open_ = false;      // some connection got through to the protocol
  std::uint32_t failures_ = 0;  // in a row

 private:
  void bury_one(Connection& connection, const wire::Vitals& vitals, Instant now);

  wire::Network& network_;
  std::uint32_t next_ordinal_;
  std::vector<Connection> connections_;
  std::uint64_t goaways_ = 0;
  bool draining_ = false;
  Instant next_open_{};  // not before
};

}  // namespace muster::pipeline
