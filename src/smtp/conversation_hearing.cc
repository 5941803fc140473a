#include "base/log.h"
#include "smtp/conversation.h"

namespace muster::smtp {

// ── hearing ──

void Conversation::hear(Instant now) {
  const auto& reply = reader_.reply();
  if (reply.code == 421) {
    hear_farewell(reply);
    return;
  }
  if (!exchange_.awaits()) {
    if (reply.code == 221) {
      hear_farewell(reply);
    } else {
      fail(Reason::protocol_error, ErrorCode::protocol);
    }
    return;
  }
  const auto command = exchange_.next();
  if (!exchange_.next_written()) {  // it answers what it has not seen
    hear_early(reply);
    return;
  }
  since_ = now;
  exchange_.take_next();
  if (command == Command::quit) {
    cut(Reason::connection_lost);
  } else if (condition_ == Condition::opening) {
    hear_opening(reply);
  } else {
    hear_flight(command, reply);
  }
}

void Conversation::hear_opening(const Reply& reply) {
  opening_.hear(reply, scratch_);
  switch (opening_.step()) {
    case Opening::Step::done:
      condition_ = Condition::open;
      flight_.begin(opening_.offered());
      break;
    case Opening::Step::refused:
      refuse(opening_.refusal(), opening_.refusal() != Reason::protocol_error);
      break;
    case Opening::Step::handshake:
      break;
    default:
      say_opening();
  }
}

void Conversation::say_opening() {
  exchange_.say(scratch_);
  exchange_.expect(opening_.awaited());
  scratch_.clear();
}

void Conversation::hear_flight(Command command, const Reply& reply) {
  const auto upshot = flight_.hear(command, reply);
  if (upshot == Flight::Upshot::go_on) {
    flight_.advance(leaving_);
  } else {
    heed(upshot);
  }
}

void Conversation::hear_early(const Reply& reply) {
  if (exchange_.next() == Command::body) {
    heed(flight_.hear_early(reply));
  } else {
    fail(Reason::protocol_error, ErrorCode::protocol);
  }
}

void Conversation::heed(Flight::Upshot upshot) {
  switch (upshot) {
    case Flight::Upshot::go_on:
      break;
    case Flight::Upshot::breach:
      fail(Reason::protocol_error, ErrorCode::protocol);
      break;
    case Flight::Upshot::give_up:
      cut(Reason::connection_lost);
      break;
    case Flight::Upshot::route_refused:
      refuse(flight_.refusal(), flight_.streams());
      break;
  }
}

// 421, or 221 unasked: the server ends the connection, whatever it was about to answer.
void Conversation::hear_farewell(const Reply& reply) {
  note_words(reply);
  if (condition_ == Condition::opening) {
    refuse(Reason::server_busy, false);
    return;
  }
  // With nothing in hand it is idleness that the server has had enough of.
  if (reply.code == 421 && flight_.open() != 0) {
    refusal_ = Reason::server_busy;
  }
  // A command that is not written yet cannot be what it is about; a body that has begun can.
  if (exchange_.awaits() && (exchange_.next_written() || exchange_.next() == Command::body)) {
    flight_.hear_busy(reply);
  }
  log::info("smtp", "the server ends the connection", {{"reply", reply.text}});
  cut(Reason::connection_lost);
}

// ── ending ──

// The route is refused: what is in hand goes another way.
void Conversation::refuse(Reason reason, bool politely) {
  refusal_ = reason;
  note_words(reader_.reply());
  log::info("smtp", "refused", {{"reason", name_of(reason)}, {"reply", reader_.reply().text}});
  if (reason == Reason::injected_answer || reason == Reason::protocol_error) {
    error_ = Error{ErrorCode::protocol, 0};
  }
  if (politely) {
    leave();
  } else {
    cut(Reason::connection_lost);
  }
}

// What a server agreed to says nothing about why it is left.
void Conversation::note_words(const Reply& reply) {
  if (reply.kind() == 4 || reply.kind() == 5) {
    reply.write_line(said_);
  }
}

void Conversation::fail(Reason reason, ErrorCode code) {
  if (refusal_ == Reason::none) {
    refusal_ = reason;
  }
  error_ = Error{code, 0};
  log::warning("smtp", "connection failed", {{"error", words(error_)}});
  cut(Reason::connection_lost);
}

void Conversation::leave() {
  condition_ = Condition::draining;
  leaving_ = true;
  flight_.advance(leaving_);
}

void Conversation::cut(Reason in_doubt) {
  flight_.answer_all(in_doubt);
  exchange_.cut();
  condition_ = Condition::draining;
  cut_ = true;
}

}  // namespace muster::smtp
