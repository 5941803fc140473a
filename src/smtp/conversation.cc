#include "smtp/conversation.h"

#include <algorithm>

#include "base/assert.h"
#include "base/log.h"

namespace muster::smtp {

Conversation::Conversation(const SessionSettings& settings)
    : settings_(settings), opening_(settings_), flight_(settings_, exchange_) {
  MUSTER_ASSERT(!settings_.own_name.empty());
}

// ── driven by the network ──

void Conversation::connected(Instant now) {
  since_ = now;
  if (!cut_) {
    exchange_.expect(Command::greeting);
  }
}

void Conversation::receive(Bytes bytes, Instant now) {
  while (!bytes.empty() && !over()) {
    if (opening_.step() == Opening::Step::handshake) {
      refuse(Reason::injected_answer, false);
      return;
    }
    const auto event = reader_.feed(bytes);
    if (event == ReplyReader::Event::broken) {
      fail(Reason::protocol_error, ErrorCode::protocol);
      return;
    }
    if (event == ReplyReader::Event::nothing) {
      continue;
    }
    if (condition_ == Condition::opening) {
      opening_.hear_line(reader_.line());
    }
    if (event == ReplyReader::Event::reply) {
      hear(now);
    }
  }
}

std::size_t Conversation::transmit(MutableBytes room, Instant now) {
  if (over()) {
    return 0;
  }
  const auto size = exchange_.write(room);
  if (size != 0) {
    since_ = now;
  }
  return size;
}

Instant Conversation::deadline() const {
  return over() ? Instant::never() : since_ + patience();
}

Duration Conversation::patience() const {
  const auto& patience = settings_.patience;
  if (!exchange_.awaits()) {
    return opening_.step() == Opening::Step::handshake ? patience.starttls : patience.idle;
  }
  switch (exchange_.next()) {
    case Command::greeting:
      return patience.greeting;
    case Command::data:
      return patience.data;
    case Command::body:
      return exchange_.next_written() ? patience.dot : patience.block;
    case Command::quit:
      return patience.quit;
    default:
      return patience.command;
  }
}

void Conversation::expire(Instant now) {
  if (now < deadline()) {
    return;
  }
  if (!exchange_.awaits()) {
    if (opening_.step() == Opening::Step::handshake) {
      fail(Reason::none, ErrorCode::connection_silent);
    } else {
      since_ = now;
      leave();
    }
    return;
  }
  switch (exchange_.next()) {
    case Command::quit:
      cut(Reason::connection_lost);
      return;
    case Command::mail:
    case Command::rcpt:
    case Command::data:
      flight_.answer_overdue();
      break;
    default:
      break;
  }
  error_ = Error{ErrorCode::connection_silent, 0};
  cut(Reason::answer_overdue);
}

bool Conversation::wants_close() const {
  return over();
}

bool Conversation::wants_tls() const {
  return opening_.step() == Opening::Step::handshake && exchange_.drained() && !over();
}

void Conversation::secured(Instant now) {
  if (over()) {
    return;
  }
  since_ = now;
  reader_.reset();
  opening_.secured(scratch_);
  say_opening();
}

void Conversation::lost(Error error, Instant /*now*/) {
  MUSTER_ASSERT(condition_ != Condition::closed);
  const bool farewell = exchange_.awaits() && exchange_.next() == Command::quit;
  if (error_.code == ErrorCode::none && !farewell) {
    error_ = error;
  }
  flight_.answer_all(Reason::connection_lost);
  exchange_.cut();
  condition_ = Condition::closed;
}

// ── driven by the pool ──

std::uint32_t Conversation::room() const {
  return condition_ == Condition::open ? flight_.room() : 0;
}

void Conversation::submit(Slot slot, const Job& job, const Content& /*content*/, Instant now) {
  MUSTER_ASSERT(room() != 0);
  MUSTER_ASSERT(job.letter != nullptr);
  if (!exchange_.awaits()) {
    since_ = now;
  }
  flight_.submit(slot, *job.letter);
  if (flight_.full()) {
    leave();
  } else {
    flight_.advance(leaving_);
  }
}

void Conversation::take_answers(std::vector<wire::Answer>& answers) {
  answers.insert(answers.end(), flight_.answers.begin(), flight_.answers.end());
  flight_.answers.clear();
}

void Conversation::drain(Instant now) {
  if (over() || condition_ == Condition::draining) {
    return;
  }
  if (condition_ == Condition::opening) {
    cut(Reason::connection_lost);
    return;
  }
  if (!exchange_.awaits()) {
    since_ = now;
  }
  flight_.answer_waiting();
  leave();
}

wire::Vitals Conversation::vitals() const {
  wire::Vitals vitals;
  vitals.condition = condition_;
  vitals.refusal = refusal_;
  vitals.error = error_;
  vitals.in_flight = flight_.open();
  vitals.stream_limit = flight_.limit();
  return vitals;
}

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
      refuse(flight_.refusal(), false);
      break;
  }
}

// 421, or 221 unasked: the server ends the connection, whatever it was about to answer.
void Conversation::hear_farewell(const Reply& reply) {
  if (condition_ == Condition::opening) {
    refuse(Reason::server_busy, false);
    return;
  }
  if (exchange_.awaits() && exchange_.next_written()) {
    flight_.hear_busy(reply);
  }
  log::info("smtp", "the server ends the connection", {{"reply", reply.text}});
  cut(Reason::connection_lost);
}

// ── ending ──

// The route is refused: what is in hand goes another way.
void Conversation::refuse(Reason reason, bool politely) {
  refusal_ = reason;
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
