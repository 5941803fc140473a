#include "apns/conversation.h"

#include <algorithm>
#include <limits>

#include "apns/payload.h"
#include "apns/request.h"
#include "base/assert.h"
#include "base/log.h"
#include "model/limits.h"

namespace muster::apns {
namespace {

using wire::Fate;

// Streams given up before the connection is (see session.cc).
constexpr std::uint32_t abandoned_max = 5;
// An answer's text is kept between uses up to this size; APNs' are under 60 bytes.
constexpr std::size_t text_capacity_kept = 256;

std::uint32_t body_bytes_max(PushType type) {
  return type == PushType::mdm ? mdm_payload_bytes_around + limits::push_magic_bytes_max
                               : limits::payload_bytes_max;
}

}  // namespace

Conversation::Conversation(const SessionSettings& settings)
    : settings_(settings),
      streams_(settings.first_stream_id),
      texts_(1),
      body_largest_(body_bytes_max(settings.push_type)),
      proven_(settings.token == nullptr) {}

// ── driven by the network ──

void Conversation::connected(Instant now) {
  now_ = now;
  cut_ = false;
  greet();
  liveness_.connected(now);
}

void Conversation::receive(Bytes bytes, Instant now) {
  now_ = now;
  if (failed_ || condition_ == Condition::closed) {
    return;  // nothing is fed to a conversation that broke
  }
  liveness_.heard(now);
  const H2Error breach = hear(bytes);
  if (breach == H2Error::enhance_your_calm) {
    log::warning("apns", "flood of empty frames", {{"authority", settings_.authority}});
  }
  if (breach != H2Error::no_error) {
    fail(ErrorCode::protocol, breach);
    return;
  }
  watch_window();
}

std::size_t Conversation::transmit(MutableBytes room, Instant now) {
  now_ = now;
  if (condition_ == Condition::closed || cut_) {
    return 0;
  }
  std::size_t written = speak(room);
  if (written < room.size() && wants_close() && !failed_ && !farewell_said_) {
    // Only now: resets that were still to be sent go first.
    farewell_said_ = true;
    say_goaway(H2Error::no_error);
    written += speak(room.subspan(written));
  }
  watch_window();
  return written;
}

Instant Conversation::deadline() const {
  if (failed_ || condition_ == Condition::closed) {
    return Instant::never();
  }
  Instant due = liveness_.due();
  if (const Stream* oldest = streams_.oldest(); oldest != nullptr) {
    due = std::min(due, oldest->due);
  }
  return std::min(due, window_stuck_since_ + settings_.answer_within);
}

void Conversation::expire(Instant now) {
  now_ = now;
  if (failed_ || condition_ == Condition::closed) {
    return;
  }
  switch (liveness_.expire(now)) {
    case Liveness::Need::nothing:
      break;
    case Liveness::Need::ping:
      ping();
      break;
    case Liveness::Need::give_up:
      cut_ = true;  // nobody is there to read a farewell
      fail(ErrorCode::connection_silent, H2Error::no_error);
      return;
  }
  expire_streams();
  if (now >= window_stuck_since_ + settings_.answer_within) {
    begin_drain("the peer does not widen its window");
  }
}

bool Conversation::wants_close() const {
  return failed_ || (condition_ == Condition::draining && streams_.awaiting_count() == 0);
}

void Conversation::lost(Error error, Instant now) {
  now_ = now;
  MUSTER_ASSERT(condition_ != Condition::closed);
  answer_all_unheard();
  if (error_.code == ErrorCode::none) {
    error_ = error;
  }
  condition_ = Condition::closed;
}

// ── driven by the pool ──

std::uint32_t Conversation::room() const {
  if (condition_ != Condition::open) {
    return 0;
  }
  const std::uint32_t limit = stream_limit();
  const std::uint32_t open = streams_.open_count();
  return open >= limit ? 0 : std::min(limit - open, bodies_that_fit());
}

void Conversation::submit(Slot slot, const Job& job, const Content& content, Instant now) {
  now_ = now;
  MUSTER_ASSERT(condition_ == Condition::open);
  MUSTER_ASSERT(streams_.open_count() < stream_limit());
  // Its body may be larger than those that room() counted with; what does not fit waits.
  Stream& stream = streams_.open();
  stream.slot = slot;
  stream.job = &job;
  stream.content = &content;
  stream.due = now + settings_.answer_within;
  stream.body_size = static_cast<std::uint32_t>(body_size(settings_.push_type, job, content));
  // Until a request has shown what this connection carries, the largest possible body was assumed.
  body_largest_ = submitted_ ? std::max(body_largest_, stream.body_size) : stream.body_size;
  submitted_ = true;
  bytes_waiting_ += stream.body_size;
  const StreamId id = stream.id;
  begin(stream);
  if (streams_.awaiting_count() == 1) {
    liveness_.set_busy(true, now);
  }
  watch_window();
  if (static_cast<std::uint32_t>(id) + 2 >= limits::stream_id_last) {
    begin_drain("the last stream id is used");
  }
}

void Conversation::take_answers(std::vector<wire::Answer>& answers) {
  if (answers.empty()) {
    answers.swap(answers_);
  } else {
    answers.insert(answers.end(), answers_.begin(), answers_.end());
  }
  answers_.clear();
}

void Conversation::drain(Instant now) {
  now_ = now;
  begin_drain("asked to");
}

wire::Vitals Conversation::vitals() const {
  wire::Vitals vitals;
  vitals.condition = condition_;
  vitals.refusal = refusal_;
  vitals.goaway = goaway_;
  vitals.error = error_;
  vitals.in_flight = streams_.awaiting_count();
  vitals.stream_limit = peer_limit_;
  vitals.window_bytes = connection_window_;
  return vitals;
}

std::uint32_t Conversation::stream_limit() const {
  return std::min({peer_limit_, limits::streams_per_connection_max, proven_ ? UINT32_MAX : 1});
}

// Whether one more body can go out at once. One that does not fit would hold its stream open, half
// sent, for as long as the peer likes.
bool Conversation::body_fits() const {
  const auto body = std::int64_t{body_largest_};
  if (connection_window_ - static_cast<std::int64_t>(bytes_waiting_) < body) {
    return false;
  }
  // The peer opens each stream's window by itself, if at all: one at a time shows whether it does.
  return stream_window_ >= body || bytes_waiting_ == 0;
}

std::uint32_t Conversation::bodies_that_fit() const {
  if (!body_fits()) {
    return 0;
  }
  if (stream_window_ < std::int64_t{body_largest_}) {
    return 1;
  }
  const auto left = connection_window_ - static_cast<std::int64_t>(bytes_waiting_);
  return static_cast<std::uint32_t>(
             std::min<std::int64_t>(left, std::numeric_limits<std::int32_t>::max())) /
         std::max<std::uint32_t>(body_largest_, 1);
}

std::string_view Conversation::authorization() {
  if (settings_.token == nullptr) {
    return {};
  }
  if (now_ >= token_.valid_until || token_.version != settings_.token->version()) {
    token_ = settings_.token->read();
  }
  return *token_.authorization;
}

// ── what the framing reports ──

void Conversation::settings_arrived(std::uint32_t streams_max) {
  peer_limit_ = streams_max;
  streams_.reserve(std::min(streams_max, limits::streams_per_connection_max));
  liveness_.settings_seen();
  if (condition_ == Condition::opening) {
    condition_ = Condition::open;
  }
}

// GOAWAY names the last stream the peer may have acted upon; those above it were never seen and are
// safe to send again at once, as are those that have not left us: no stream is opened after a
// GOAWAY. The others will be answered. A second GOAWAY may lower the mark.
void Conversation::goaway_arrived(StreamId last, std::uint32_t code, std::string_view debug_data) {
  begin_drain("goaway");
  goaway_ = true;
  const Reason reason = reader_.read_goaway(debug_data);
  log::info("apns", "goaway",
            {{"authority", settings_.authority},
             {"last_stream", last},
             {"error", std::int64_t{code}},
             {"reason", name_of(reason)}});
  if (refuses_credential(reason)) {
    refusal_ = reason;
  }
  if (reason == Reason::expired_provider_token && settings_.token != nullptr) {
    // Whether or not there is a newer one now, the pool reads the refusal and opens anew.
    static_cast<void>(settings_.token->renew(token_.version));
  }
  streams_.for_each([&](Stream& stream) {
    if (!stream.answered && (stream.id > last || stream.written == Written::nothing)) {
      answer(stream, Fate::unprocessed, Reason::none);
    }
  });
}

void Conversation::status_arrived(Stream& stream, std::uint16_t status) {
  stream.status = status < 200 ? 0 : status;  // 1xx is followed by the real one
}

void Conversation::id_arrived(const Stream& stream, std::string_view apns_id) {
  if (stream.answered) {
    return;  // its job may be gone
  }
  const IdText id = id_text_of(*stream.job, *stream.content);
  if (!same_apns_id(apns_id, {id.data(), id.size()})) {
    log::warning("apns", "an answer carries another apns-id", {{"authority", settings_.authority}});
  }
}

void Conversation::body_arrived(Stream& stream, std::string_view piece) {
  if (stream.answered || piece.empty()) {
    return;
  }
  // One byte over the limit is kept, so that a body that is too long does not look complete.
  std::string& text = answer_text_of(stream);
  text.append(piece.substr(0, limits::answer_body_bytes_max + 1 - text.size()));
}

void Conversation::answer_complete(Stream& stream) {
  if (stream.answered || stream.status == 0) {
    return;  // without a status it is no answer: stream_closed() tells the slot
  }
  const Verdict verdict = reader_.read(stream.status, text_so_far(stream));
  if (verdict.reason != Reason::none) {
    heed_token_reason(stream.token_version, verdict.reason);
  }
  proven_ = proven_ || !refuses_provider_token(stream.status, verdict.reason);
  // Answered before it was asked in full: the rest of the body is of no use, the stream is.
  const bool unasked = stream.written == Written::nothing || stream.written == Written::begun;
  answer(stream, Fate::answered, verdict.reason, stream.status, verdict.timestamp_ms);
  if (unasked) {
    cancel(stream);
  }
  if (!conduct_.stream_ended(false, now_)) {
    begin_drain("the peer resets too many streams");
  }
}

void Conversation::reset_arrived(const Stream* stream, H2Error code) {
  const bool was_answered = stream == nullptr || stream->answered;
  const bool fair = was_answered && code == H2Error::no_error ? conduct_.body_declined(now_)
                                                              : conduct_.stream_ended(true, now_);
  if (!fair) {
    begin_drain("the peer resets too many streams");
  }
}

void Conversation::heed_token_reason(std::uint32_t token_version, Reason reason) {
  if (settings_.token == nullptr) {
    return;
  }
  if (reason == Reason::expired_provider_token) {
    // A connection that has seen an expired token stays unusable, so a new one takes over.
    if (!settings_.token->renew(token_version)) {
      refusal_ = reason;
    }
    begin_drain("the provider token has expired");
  } else if (reason == Reason::too_many_provider_token_updates) {
    settings_.token->hold();
    begin_drain("the provider token changed too often");
  }
}

void Conversation::stream_closed(Stream& stream, H2Error code) {
  if (!stream.answered) {
    if (code == H2Error::refused_stream) {
      answer(stream, Fate::unprocessed, Reason::none);
    } else {
      answer_unheard(stream, Reason::stream_reset);
    }
  }
  if (stream.abandoned) {
    --abandoned_;
  }
  streams_.close(stream);
}

// ── what the connection comes to ──

void Conversation::fail(ErrorCode code, H2Error why) {
  if (failed_) {
    return;
  }
  failed_ = true;
  error_ = Error{code, 0};
  condition_ = Condition::draining;
  window_stuck_since_ = Instant::never();
  // The rest of a frame must not follow once its slot was told that nobody saw it.
  cut_ = cut_ || mid_frame();
  answer_all_unheard();
  log::warning("apns", "connection failed",
               {{"authority", settings_.authority}, {"why", words(error_)}});
  if (!cut_) {
    say_goaway(why);
  }
}

void Conversation::begin_drain(std::string_view why) {
  if (condition_ == Condition::draining || condition_ == Condition::closed) {
    return;
  }
  condition_ = Condition::draining;
  window_stuck_since_ = Instant::never();
  log::info("apns", "draining", {{"authority", settings_.authority}, {"why", why}});
}

void Conversation::expire_streams() {
  const std::uint32_t most = std::min(abandoned_max, stream_limit() / 10);
  std::uint32_t half_sent = 0;
  for (Stream* oldest = streams_.oldest(); oldest != nullptr && oldest->due <= now_;
       oldest = streams_.oldest()) {
    half_sent += give_up(*oldest, half_sent <= most) ? 1 : 0;
  }
  if (abandoned_ + half_sent > most) {
    begin_drain("answers are overdue");
  }
}

// Answers an overdue stream; true: its request was half sent. No more than a few are reset: the
// others stay half sent, since a framing sends nothing more for an answered stream, until the
// connection is closed.
bool Conversation::give_up(Stream& stream, bool may_reset) {
  if (stream.written == Written::ending || stream.written == Written::all) {
    stream.abandoned = true;
    ++abandoned_;
    answer(stream, Fate::in_doubt, Reason::answer_overdue);
    return false;
  }
  const bool half_sent = stream.written == Written::begun;
  answer(stream, Fate::unprocessed, Reason::none);
  if (!half_sent || may_reset) {
    cancel(stream);
  }
  return half_sent;
}

// A connection whose window stays shut carries nothing, and nothing in flight would show it.
void Conversation::watch_window() {
  if (condition_ != Condition::open || body_fits()) {
    window_stuck_since_ = Instant::never();
  } else if (window_stuck_since_ == Instant::never()) {
    window_stuck_since_ = now_;
  }
}

// ── answers ──

void Conversation::answer(Stream& stream, Fate fate, Reason reason, std::uint16_t status,
                          std::int64_t timestamp_ms) {
  answers_.push_back(wire::Answer{stream.slot, fate, reason, status, timestamp_ms});
  bytes_waiting_ -= stream.body_size - stream.body_sent;
  forget_text(stream);
  streams_.mark_answered(stream);
  if (streams_.awaiting_count() == 0) {
    liveness_.set_busy(false, now_);
  }
}

// No answer will come: what that means depends on whether the peer may have acted.
void Conversation::answer_unheard(Stream& stream, Reason reason_if_written) {
  if (stream.written == Written::all) {
    answer(stream, Fate::in_doubt, reason_if_written);
  } else {
    answer(stream, Fate::unprocessed, Reason::none);
  }
}

void Conversation::answer_all_unheard() {
  while (Stream* oldest = streams_.oldest()) {
    answer_unheard(*oldest, Reason::connection_lost);
  }
}

std::string& Conversation::answer_text_of(Stream& stream) {
  if (stream.answer_text == 0) {
    if (texts_free_.empty()) {
      texts_free_.push_back(static_cast<std::uint32_t>(texts_.size()));
      texts_.emplace_back();
    }
    stream.answer_text = texts_free_.back();
    texts_free_.pop_back();
  }
  return texts_[stream.answer_text];
}

std::string_view Conversation::text_so_far(const Stream& stream) const {
  return texts_[stream.answer_text];
}

void Conversation::forget_text(Stream& stream) {
  if (stream.answer_text == 0) {
    return;
  }
  std::string& text = texts_[stream.answer_text];
  text.clear();
  if (text.capacity() > text_capacity_kept) {
    text.shrink_to_fit();
  }
  texts_free_.push_back(stream.answer_text);
  stream.answer_text = 0;
}

}  // namespace muster::apns
