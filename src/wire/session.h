// The contract between protocols and networks.
//
// A Session is one protocol conversation without a socket and without a clock: it is pushed bytes
// and time, and pulled for bytes and deadlines. A Network (network.h) owns the transport — TLS
// included — and drives the session. All calls for one session come from one thread and never nest:
// a session never calls its network.
//
//   connected()            once, when the transport is up (TLS verified, ALPN agreed)
//   receive() transmit()   any number of times; expire() when deadline() has passed
//   secured()              at most once, where the session asked by wants_tls()
//   lost()                 once, last: nothing is called afterwards
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "model/id.h"
#include "model/job.h"
#include "model/outcome.h"

namespace muster::wire {

class Session {
 public:
  virtual ~Session() = default;

  virtual void connected(Instant now) = 0;
  // Plaintext from the peer, in order, in pieces of any size.
  virtual void receive(Bytes bytes, Instant now) = 0;
  // Writes at most room.size() bytes that should go to the peer; returns how many. 0: nothing to
  // send now. May be asked again at any time; a spurious call is harmless.
  [[nodiscard]] virtual std::size_t transmit(MutableBytes room, Instant now) = 0;
  // When expire() wants to be called; may change after any other call.
  [[nodiscard]] virtual Instant deadline() const = 0;
  virtual void expire(Instant now) = 0;
  // True: once transmit() returns 0, end the transport in good order; lost() follows with code
  // none.
  [[nodiscard]] virtual bool wants_close() const = 0;
  // ── STARTTLS: for protocols that begin in clear ──
  // True: everything the peer said in clear has been received and nothing more will be; once
  // transmit() returns 0 the network makes TLS on this connection, with its endpoint's context, and
  // calls secured() when it stands (verified as the context says). Bytes that came behind the
  // peer's consent were given to receive() like any others: it is the session that must treat them
  // as an attack and not want TLS.
  [[nodiscard]] virtual bool wants_tls() const { return false; }
  virtual void secured(Instant /*now*/) {}
  // The transport is gone or was never made. Error code none: we closed it ourselves.
  virtual void lost(Error error, Instant now) = 0;
};

// How far an attempt got: decides what may be repeated (reliability.md §2.1).
enum class Fate : std::uint8_t {
  answered,     // status and reason are the peer's
  unprocessed,  // provably not acted upon: send again at once, the attempt does not count
  in_doubt,     // completely written, answer lost
};

struct Answer {
  Slot slot = 0;
  Fate fate = Fate::answered;
  Reason reason = Reason::none;   // fate in_doubt: connection_lost, stream_reset or answer_overdue
  std::uint16_t status = 0;       // fate answered: the peer's status, or SMTP's reply code
  std::int64_t timestamp_ms = 0;  // 410: when the token ceased to be valid
};

// What a pool needs to know of a session between turns.
struct Vitals {
  enum class Condition : std::uint8_t {
    opening,  // not connected, or the protocol's first exchange is not done
    open,
    draining,  // takes no more (GOAWAY, retirement, drain()); what is in flight goes on
    closed,    // lost() was called; all answers are out
  };
  Condition condition = Condition::opening;
  // Not none: the peer ended the conversation for this reason (GOAWAY's JSON), or it was lost
  // because the credential is refused: see action_for(403, reason).
  Reason refusal = Reason::none;
  bool goaway = false;             // the peer ended it by a GOAWAY
  Error error;                     // why it was lost; code none while it lives
  std::uint32_t in_flight = 0;     // submitted, not answered
  std::uint32_t stream_limit = 0;  // as the peer says now
  std::int64_t window_bytes = 0;   // connection flow-control window as it stands now
  // With which words the peer refused or ended the conversation, in one line; may be empty. Good
  // until the session is called again.
  std::string_view said = {};
};

// A session that carries jobs. The pool asks room(), submits that many, and collects answers each
// turn.
class DeliverySession : public Session {
 public:
  // How many submit() calls would start at once; 0 while opening, draining or at a limit.
  [[nodiscard]] virtual std::uint32_t room() const = 0;
  // Begins one attempt. `job` and `content` stay valid and unchanged until the slot's answer is
  // taken. Only allowed where room() > 0.
  virtual void submit(Slot slot, const Job& job, const Content& content, Instant now) = 0;
  // Appends every answer since the last call; each submitted slot answers exactly once.
  virtual void take_answers(std::vector<Answer>& answers) = 0;
  // Take no more; finish what is in flight, then want to close.
  virtual void drain(Instant now) = 0;
  [[nodiscard]] virtual Vitals vitals() const = 0;
};

}  // namespace muster::wire
