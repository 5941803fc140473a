// The letters in hand of one connection: what is said for each, and what its replies mean.
//
// Letters go one after the other; the oldest is the one whose replies come next. With PIPELINING
// the envelope of the next goes out behind the dot of the one before:
//
//   MAIL RCPT DATA │ body . MAIL RCPT DATA │ body . MAIL RCPT DATA │ body . QUIT
//
// where "│" is a wait: a group ends with DATA (RFC 2920 §3.1), and a body needs its own 354. With
// CHUNKING the wait is for RCPT's reply instead, and BDAT takes the place of DATA and body. Without
// PIPELINING every command is a group of its own.
//
//   reply to    2yz            3yz             4yz, 5yz
//   ──────────  ─────────────  ──────────────  ──────────────────────────────────────────────────
//   MAIL        –              breach          verdict; the replies to its RCPT are not looked at
//   RCPT        –              breach          verdict
//   DATA        breach         the body, or    verdict, unless there is one; RSET comes before the
//                              a lone dot      next MAIL
//   body        accepted       breach          verdict; the next envelope is valid all the same
//   lone dot    –              breach          –
//   RSET        –              breach          the connection is given up
//
// With letters_ahead nobody waits: "RSET MAIL RCPT BDAT body" goes out for letter after letter.
// RSET stands before each (but the first), since a refused recipient may leave a transaction open
// in which the next letter must not get caught. A chunk that nobody wanted is refused, and that
// reply means nothing; were it accepted, it would be a breach.
//
// A lone dot answers a 354 for which no recipient is left (RFC 2920 §3.1); the server must not
// deliver that empty message. 503 is never a verdict: it says that server and we do not agree where
// we are. A refusal that comes while the body is on its way is a verdict, but the connection is
// given up: nobody knows how the rest of the body is read. Success needs no RSET.
//
// A letter without verdict is in doubt when its dot was written and no reply to it came, and
// provably unprocessed otherwise.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/letter.h"
#include "smtp/envelope.h"
#include "smtp/exchange.h"
#include "smtp/fifo.h"
#include "smtp/reply.h"
#include "smtp/reply_rules.h"
#include "smtp/session.h"
#include "wire/session.h"

namespace muster::smtp {

class Flight {
 public:
  enum class Upshot : std::uint8_t {
    go_on,
    breach,         // of the protocol
    give_up,        // nothing more can be said on this connection; all is well otherwise
    route_refused,  // see refusal()
  };

  // Both outlive it.
  Flight(const SessionSettings& settings, Exchange& exchange);
  // The opening is done.
  void begin(const Capabilities& offered);

  [[nodiscard]] std::uint32_t limit() const { return limit_; }
  [[nodiscard]] std::uint32_t room() const;
  // Letters that have no verdict yet.
  [[nodiscard]] std::uint32_t open() const { return open_; }
  [[nodiscard]] bool empty() const { return letters_.empty(); }
  // True: no letter more may be begun on this connection.
  [[nodiscard]] bool full() const { return letters_max_ != 0 && taken_ >= letters_max_; }
  [[nodiscard]] Reason refusal() const { return refusal_; }
  // Letters behind the oldest may be written already: hear them out rather than doubt them.
  [[nodiscard]] bool streams() const { return streams_; }

  void submit(Slot slot, Letter& letter);
  // Says as much as may be said now; QUIT, too, once the last letter is on its way and `leaving`.
  void advance(bool leaving);
  // The reply to one of our commands, which is no longer awaited.
  [[nodiscard]] Upshot hear(Command command, const Reply& reply);
  // A reply while the body it must be about is still on its way.
  [[nodiscard]] Upshot hear_early(const Reply& reply);
  // 421 where the reply to the oldest letter's command belongs.
  void hear_busy(const Reply& reply);

  // ── when no more replies will come ──
  // The oldest letter's command was not answered in time.
  void answer_overdue();
  // Everything left, as far as it is certain. `in_doubt`: why, for a letter whose dot was written.
  void answer_all(Reason in_doubt);
  // Letters whose envelope was not begun.
  void answer_waiting();

  std::vector<wire::Answer> answers;

 private:
  struct InHand {
    Slot slot = 0;
    Letter* letter = nullptr;    // not looked at once it is answered
    std::uint64_t body_end = 0;  // in the exchange; 0: its body was not begun
    bool answered = false;
    bool mail_refused = false;
    bool accepted = false;  // its recipient
  };

  [[nodiscard]] bool may_speak() const;
  void begin_next();
  void say_rcpt(const InHand& in_hand);
  void say_body(InHand& in_hand);
  void say(std::string_view command, Command awaited);
  [[nodiscard]] Upshot hear_mail(const Reply& reply);
  [[nodiscard]] Upshot hear_rcpt(const Reply& reply);
  [[nodiscard]] Upshot hear_data(const Reply& reply);
  [[nodiscard]] Upshot hear_body(const Reply& reply);
  [[nodiscard]] Upshot judge(Phase phase, const Reply& reply);
  void answer(InHand& in_hand, wire::Fate fate, Reason reason, std::uint16_t status);
  void finish();
  [[nodiscard]] bool dot_written(const InHand& in_hand) const;

  const SessionSettings& settings_;
  Exchange& exchange_;
  EnvelopeRules rules_;
  bool pipelining_ = false;
  bool chunking_ = false;
  bool streams_ = false;
  bool relay_ = false;
  std::uint32_t limit_ = 0;
  std::uint32_t letters_max_ = 0;
  std::uint32_t taken_ = 0;  // letters so far that were to be sent
  std::uint32_t open_ = 0;
  std::size_t begun_ = 0;  // of those in hand
  Fifo<InHand> letters_;
  bool reset_first_ = false;  // a transaction may be open at the server
  bool any_accepted_ = false;
  bool quit_said_ = false;
  Reason refusal_ = Reason::none;
  std::string scratch_;
};

}  // namespace muster::smtp
