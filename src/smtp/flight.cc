#include "smtp/flight.h"

#include <algorithm>

#include "base/assert.h"
#include "model/limits.h"

namespace muster::smtp {

using wire::Fate;

// So many are in doubt at most; more would not be quicker.
constexpr std::uint32_t letters_ahead_max = 64;

Flight::Flight(const SessionSettings& settings, Exchange& exchange)
    : settings_(settings), exchange_(exchange) {}

void Flight::begin(const Capabilities& offered) {
  rules_ = EnvelopeRules{offered, settings_.delivery_status};
  pipelining_ = offered.pipelining;
  chunking_ = settings_.chunking && offered.chunking;
  relay_ = settings_.relay || !settings_.login.user.empty();
  streams_ = chunking_ && pipelining_ && settings_.letters_ahead > 1;
  limit_ = pipelining_ ? 2 : 1;
  if (streams_) {
    limit_ = std::min(settings_.letters_ahead, letters_ahead_max);
  }
  letters_max_ = settings_.letters_max;
  if (offered.letters_max != 0) {
    letters_max_ =
        letters_max_ == 0 ? offered.letters_max : std::min(letters_max_, offered.letters_max);
  }
}

std::uint32_t Flight::room() const {
  const auto in_hand = static_cast<std::uint32_t>(letters_.size());
  const auto room = limit_ - std::min(limit_, in_hand);
  return letters_max_ == 0 ? room : std::min(room, letters_max_ - taken_);
}

void Flight::submit(Slot slot, Letter& letter) {
  MUSTER_ASSERT(room() != 0);
  letter.reply.clear();
  if (const auto reason = hindrance(rules_, letter); reason != Reason::none) {
    answers.push_back(wire::Answer{slot, Fate::answered, reason, 0, 0});
    return;
  }
  ++taken_;
  ++open_;
  letters_.push(InHand{slot, &letter});
}

// ── saying ──

// The last thing said may stand in the middle of a group.
bool Flight::may_speak() const {
  if (!exchange_.awaits()) {
    return true;
  }
  const auto last = exchange_.last();
  return pipelining_ &&
         (last == Command::body || last == Command::lone_dot || last == Command::rset);
}

void Flight::advance(bool leaving) {
  while (begun_ < letters_.size() && may_speak()) {
    if (reset_first_) {
      reset_first_ = false;
      say("RSET\r\n", Command::rset);
    } else {
      begin_next();
    }
  }
  if (leaving && !quit_said_ && begun_ == letters_.size() && may_speak()) {
    quit_said_ = true;
    say("QUIT\r\n", Command::quit);
  }
}

void Flight::begin_next() {
  auto& in_hand = letters_[begun_++];
  scratch_.clear();
  write_mail(rules_, *in_hand.letter, scratch_);
  say(scratch_, Command::mail);
  if (pipelining_) {
    say_rcpt(in_hand);
  }
  if (streams_) {
    say_body(in_hand);
    reset_first_ = true;
  } else if (pipelining_ && !chunking_) {
    say("DATA\r\n", Command::data);
  }
}

void Flight::say_rcpt(const InHand& in_hand) {
  scratch_.clear();
  write_rcpt(rules_, *in_hand.letter, scratch_);
  say(scratch_, Command::rcpt);
}

void Flight::say_body(InHand& in_hand) {
  const auto& letter = *in_hand.letter;
  if (chunking_) {
    exchange_.say("BDAT ");
    exchange_.say(std::to_string(letter.octets()));
    exchange_.say(" LAST\r\n");
  }
  exchange_.send(letter.head);
  exchange_.send(letter.body);
  if (!chunking_) {
    exchange_.say(".\r\n");
  }
  in_hand.body_end = exchange_.end();
  exchange_.expect(Command::body);
}

void Flight::say(std::string_view command, Command awaited) {
  exchange_.say(command);
  exchange_.expect(awaited);
}

// ── hearing ──

Flight::Upshot Flight::hear(Command command, const Reply& reply) {
  switch (command) {
    case Command::mail:
      return hear_mail(reply);
    case Command::rcpt:
      return hear_rcpt(reply);
    case Command::data:
      return hear_data(reply);
    case Command::body:
      return hear_body(reply);
    case Command::lone_dot:
      finish();
      return reply.kind() == 3 ? Upshot::breach : Upshot::go_on;
    case Command::rset:
      return reply.kind() == 2 ? Upshot::go_on
                               : (reply.kind() == 3 ? Upshot::breach : Upshot::give_up);
    default:
      MUSTER_ASSERT(false);
      return Upshot::breach;
  }
}

Flight::Upshot Flight::hear_mail(const Reply& reply) {
  auto& in_hand = letters_.front();
  if (reply.kind() == 3) {
    return Upshot::breach;
  }
  if (reply.kind() == 2) {
    if (!pipelining_) {
      say_rcpt(in_hand);
    }
    return Upshot::go_on;
  }
  in_hand.mail_refused = true;
  const auto upshot = judge(Phase::mail, reply);
  if (!pipelining_) {
    finish();
  }
  return upshot;
}

Flight::Upshot Flight::hear_rcpt(const Reply& reply) {
  auto& in_hand = letters_.front();
  if (reply.kind() == 3) {
    return Upshot::breach;
  }
  in_hand.accepted = reply.kind() == 2;
  if (streams_) {
    return in_hand.accepted || in_hand.mail_refused ? Upshot::go_on : judge(Phase::rcpt, reply);
  }
  if (in_hand.accepted && !in_hand.mail_refused) {
    if (chunking_) {
      say_body(in_hand);
    } else if (!pipelining_) {
      say("DATA\r\n", Command::data);
    }
    return Upshot::go_on;
  }
  const auto upshot = in_hand.mail_refused ? Upshot::go_on : judge(Phase::rcpt, reply);
  if (chunking_ || !pipelining_) {  // no DATA follows that would end the transaction
    reset_first_ = in_hand.accepted || !in_hand.mail_refused;
    finish();
  }
  return upshot;
}

Flight::Upshot Flight::hear_data(const Reply& reply) {
  auto& in_hand = letters_.front();
  if (reply.kind() == 2) {
    return Upshot::breach;
  }
  if (reply.kind() == 3 && !in_hand.answered) {
    say_body(in_hand);
    return Upshot::go_on;
  }
  if (reply.kind() == 3) {
    if (in_hand.accepted) {
      return Upshot::give_up;  // although MAIL was refused: it would deliver an empty message
    }
    say(".\r\n", Command::lone_dot);
    return Upshot::go_on;
  }
  const auto upshot = in_hand.answered ? Upshot::go_on : judge(Phase::data, reply);
  reset_first_ = true;
  finish();
  return upshot;
}

Flight::Upshot Flight::hear_body(const Reply& reply) {
  auto& in_hand = letters_.front();
  if (reply.kind() == 3) {
    return Upshot::breach;
  }
  if (in_hand.answered) {  // streamed to a recipient that was refused meanwhile
    finish();
    return reply.kind() == 2 ? Upshot::breach : Upshot::go_on;
  }
  auto upshot = Upshot::go_on;
  if (reply.kind() == 2) {
    any_accepted_ = true;
    reply.write_line(in_hand.letter->reply);
    answer(in_hand, Fate::answered, Reason::none, reply.code);
  } else {
    upshot = judge(Phase::body, reply);
    reset_first_ |= chunking_;  // RFC 3030 §2: the state is uncertain after a refused chunk
  }
  finish();
  return upshot;
}

Flight::Upshot Flight::hear_early(const Reply& reply) {
  if (reply.kind() != 4 && reply.kind() != 5) {
    return Upshot::breach;
  }
  if (letters_.front().answered) {
    return Upshot::give_up;
  }
  const auto upshot = judge(Phase::body, reply);
  return upshot == Upshot::go_on ? Upshot::give_up : upshot;
}

void Flight::hear_busy(const Reply& reply) {
  if (letters_.empty() || letters_.front().answered || begun_ == 0) {
    return;
  }
  auto& in_hand = letters_.front();
  reply.write_line(in_hand.letter->reply);
  if (any_accepted_) {  // it is the server's way to end a connection it has had enough of
    answer(in_hand, Fate::unprocessed, Reason::none, 0);
  } else {
    answer(in_hand, Fate::answered, Reason::server_busy, reply.code);
  }
}

// A refusal of the oldest letter.
Flight::Upshot Flight::judge(Phase phase, const Reply& reply) {
  auto& in_hand = letters_.front();
  reply.write_line(in_hand.letter->reply);
  if (reply.code == 503) {
    answer(in_hand, Fate::unprocessed, Reason::none, 0);
    return Upshot::breach;
  }
  const auto reason = reason_of(phase, reply, relay_);
  if (refuses_route(reason)) {
    refusal_ = reason;
    answer(in_hand, Fate::unprocessed, Reason::none, 0);
    return Upshot::route_refused;
  }
  answer(in_hand, Fate::answered, reason, reply.code);
  return Upshot::go_on;
}

}  // namespace muster::smtp
