#include "smtp/conversation.h"

#include "base/assert.h"

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
  // Whoever tries again may do without TLS, where nobody requires it.
  if (opening_.step() == Opening::Step::handshake && refusal_ == Reason::none &&
      settings_.tls == TlsMode::opportunistic) {
    refusal_ = Reason::tls_failed;
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
  vitals.said = said_;
  return vitals;
}

}  // namespace muster::smtp
