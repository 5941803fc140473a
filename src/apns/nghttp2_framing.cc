#include "apns/nghttp2_framing.h"

#include <algorithm>
#include <array>
#include <limits>

#include "apns/payload.h"
#include "base/assert.h"
#include "base/log.h"
#include "model/limits.h"

namespace muster::apns {
namespace {

using wire::Fate;

// Streams given up before the connection is (see session.cc).
constexpr std::uint32_t abandoned_max = 5;

nghttp2_nv name_value(const Field& field) {
  // nghttp2's type lacks the const it keeps; it copies both.
  const auto bytes = [](std::string_view text) {
    return const_cast<std::uint8_t*>(as_bytes(text).data());
  };
  return nghttp2_nv{
      bytes(field.name), bytes(field.value), field.name.size(), field.value.size(),
      static_cast<std::uint8_t>(field.indexed ? NGHTTP2_NV_FLAG_NONE : NGHTTP2_NV_FLAG_NO_INDEX)};
}

std::uint32_t body_bytes_max(PushType type) {
  return type == PushType::mdm ? 10 + limits::push_magic_bytes_max : limits::payload_bytes_max;
}

}  // namespace

Nghttp2Framing::Nghttp2Framing(const SessionSettings& settings)
    : settings_(settings),
      session_(make_session(this)),
      request_(settings_),
      proven_(settings.token == nullptr),
      body_largest_(body_bytes_max(settings.push_type)) {
  if (settings_.first_stream_id != 1) {
    MUSTER_ASSERT(nghttp2_session_set_next_stream_id(session_.get(), settings_.first_stream_id) ==
                  0);
  }
}

// ── driven by the network ──

void Nghttp2Framing::connected(Instant now) {
  now_ = now;
  cut_ = false;
  constexpr nghttp2_settings_entry no_push{NGHTTP2_SETTINGS_ENABLE_PUSH, 0};
  MUSTER_ASSERT(nghttp2_submit_settings(session_.get(), NGHTTP2_FLAG_NONE, &no_push, 1) == 0);
  liveness_.connected(now);
}

void Nghttp2Framing::receive(Bytes bytes, Instant now) {
  now_ = now;
  if (failed_ || condition_ == Condition::closed) {
    return;  // nothing is fed to a conversation that broke
  }
  liveness_.heard(now);
  if (!conduct_.watch(bytes, now)) {
    log::warning("apns", "flood of empty frames", {{"authority", settings_.authority}});
    fail(ErrorCode::protocol);
    return;
  }
  const ssize_t taken = nghttp2_session_mem_recv(session_.get(), bytes.data(), bytes.size());
  // nghttp2 answers a broken protocol in one of two ways: by an error, or by queueing its GOAWAY,
  // after which it would ignore everything. The second also shows when that GOAWAY is sent
  // (nghttp2_events.cc).
  const bool ended_by_nghttp2 = condition_ != Condition::draining &&
                                nghttp2_session_check_request_allowed(session_.get()) == 0;
  if (taken < 0 || ended_by_nghttp2) {
    cut_ = cut_ || taken < 0;
    fail(ErrorCode::protocol);
    return;
  }
  watch_window();
}

std::size_t Nghttp2Framing::transmit(MutableBytes room, Instant now) {
  now_ = now;
  if (condition_ == Condition::closed) {
    return 0;
  }
  std::size_t written = 0;
  while (written < room.size() && !cut_) {
    if (piece_.empty()) {
      const std::uint8_t* data = nullptr;
      const ssize_t size = nghttp2_session_mem_send(session_.get(), &data);
      MUSTER_ASSERT(size >= 0);  // our callbacks never fail here
      if (size == 0) {
        if (!wants_close() || failed_ || farewell_said_) {
          break;
        }
        // Only now: resets that were still to be sent go first.
        farewell_said_ = true;
        MUSTER_ASSERT(nghttp2_session_terminate_session(session_.get(), NGHTTP2_NO_ERROR) == 0);
        continue;
      }
      piece_ = Bytes(data, static_cast<std::size_t>(size));
    }
    const std::size_t count = std::min(piece_.size(), room.size() - written);
    std::copy_n(piece_.data(), count, room.data() + written);
    written += count;
    piece_ = piece_.subspan(count);
    if (piece_.empty()) {
      piece_handed_out();
    }
  }
  watch_window();
  return written;
}

void Nghttp2Framing::piece_handed_out() {
  const StreamIndex index = piece_ends_stream_ == 0 ? no_stream : index_of(piece_ends_stream_);
  piece_ends_stream_ = 0;
  if (index != no_stream) {
    streams_[index].written = Written::all;
  }
}

Instant Nghttp2Framing::deadline() const {
  if (failed_ || condition_ == Condition::closed) {
    return Instant::never();
  }
  Instant due = liveness_.due();
  if (const StreamIndex oldest = streams_.oldest(); oldest != no_stream) {
    due = std::min(due, streams_[oldest].due);
  }
  return std::min(due, window_stuck_since_ + settings_.answer_within);
}

void Nghttp2Framing::expire(Instant now) {
  now_ = now;
  if (failed_ || condition_ == Condition::closed) {
    return;
  }
  switch (liveness_.expire(now)) {
    case Liveness::Need::nothing:
      break;
    case Liveness::Need::ping:
      MUSTER_ASSERT(nghttp2_submit_ping(session_.get(), NGHTTP2_FLAG_NONE, nullptr) == 0);
      break;
    case Liveness::Need::give_up:
      cut_ = true;  // nobody is there to read a farewell
      fail(ErrorCode::connection_silent);
      return;
  }
  expire_streams();
  if (now >= window_stuck_since_ + settings_.answer_within) {
    begin_drain("the peer does not widen its window");
  }
}

bool Nghttp2Framing::wants_close() const {
  return failed_ || (condition_ == Condition::draining && streams_.awaiting_count() == 0);
}

void Nghttp2Framing::lost(Error error, Instant now) {
  now_ = now;
  MUSTER_ASSERT(condition_ != Condition::closed);
  answer_all_unheard();
  if (error_.code == ErrorCode::none) {
    error_ = error;
  }
  condition_ = Condition::closed;
}

// ── driven by the pool ──

std::uint32_t Nghttp2Framing::room() const {
  if (condition_ != Condition::open) {
    return 0;
  }
  const std::uint32_t limit = stream_limit();
  const std::uint32_t open = streams_.open_count();
  return open >= limit ? 0 : std::min(limit - open, bodies_that_fit());
}

void Nghttp2Framing::submit(Slot slot, const Job& job, const Content& content, Instant now) {
  now_ = now;
  MUSTER_ASSERT(room() > 0);
  std::array<nghttp2_nv, RequestBuilder::fields_max> fields;
  std::size_t count = 0;
  for (const Field& field : request_.fields(job, content, authorization())) {
    fields[count++] = name_value(field);
  }
  const StreamIndex index = streams_.open();
  Stream& stream = streams_[index];
  stream.slot = slot;
  stream.job = &job;
  stream.content = &content;
  stream.due = now + settings_.answer_within;
  stream.token_version = token_.version;
  stream.body_size = static_cast<std::uint32_t>(request_.body_size(job, content));

  nghttp2_data_provider body{};
  body.read_callback = [](nghttp2_session*, std::int32_t stream_id, std::uint8_t* to,
                          std::size_t size, std::uint32_t* flags, nghttp2_data_source*,
                          void* self) -> ssize_t {
    return static_cast<Nghttp2Framing*>(self)->read_body(stream_id, MutableBytes(to, size), flags);
  };
  // The record's index travels as the stream's user data, one up so that it is never null.
  // NOLINTNEXTLINE(performance-no-int-to-ptr): it is never followed
  auto* const user_data = reinterpret_cast<void*>(std::uintptr_t{index} + 1);
  stream.id =
      nghttp2_submit_request(session_.get(), nullptr, fields.data(), count, &body, user_data);
  MUSTER_ASSERT(stream.id > 0);
  // Until a request has shown what this connection carries, the largest possible body was assumed.
  body_largest_ = stream.id == settings_.first_stream_id
                      ? stream.body_size
                      : std::max(body_largest_, stream.body_size);
  bytes_waiting_ += stream.body_size;
  liveness_.set_busy(true, now);
  watch_window();
  if (static_cast<std::uint32_t>(stream.id) + 2 >= limits::stream_id_last) {
    begin_drain("the last stream id is used");
  }
}

void Nghttp2Framing::take_answers(std::vector<wire::Answer>& answers) {
  answers.insert(answers.end(), answers_.begin(), answers_.end());
  answers_.clear();
}

void Nghttp2Framing::drain(Instant now) {
  now_ = now;
  begin_drain("asked to");
}

wire::Vitals Nghttp2Framing::vitals() const {
  wire::Vitals vitals;
  vitals.condition = condition_;
  vitals.refusal = refusal_;
  vitals.error = error_;
  vitals.in_flight = streams_.awaiting_count();
  vitals.stream_limit = peer_limit_;
  vitals.window_bytes = nghttp2_session_get_remote_window_size(session_.get());
  return vitals;
}

std::uint32_t Nghttp2Framing::stream_limit() const {
  return std::min({peer_limit_, limits::streams_per_connection_max, proven_ ? UINT32_MAX : 1});
}

// A body that does not fit would hold its stream open, half sent, for as long as the peer likes.
std::uint32_t Nghttp2Framing::bodies_that_fit() const {
  const auto body = std::int64_t{body_largest_};
  const auto of_stream = std::int64_t{
      nghttp2_session_get_remote_settings(session_.get(), NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE)};
  const auto of_connection = std::int64_t{nghttp2_session_get_remote_window_size(session_.get())} -
                             static_cast<std::int64_t>(bytes_waiting_);
  if (of_connection < body) {
    return 0;
  }
  if (of_stream < body) {
    // The peer opens each stream's window by itself, if at all: one at a time shows whether it
    // does.
    return bytes_waiting_ == 0 ? 1 : 0;
  }
  return static_cast<std::uint32_t>(
      std::min<std::int64_t>(of_connection / std::max<std::int64_t>(body, 1), UINT32_MAX));
}

std::string_view Nghttp2Framing::authorization() {
  if (settings_.token == nullptr) {
    return {};
  }
  if (now_ >= token_.valid_until || token_.version != settings_.token->version()) {
    token_ = settings_.token->read();
  }
  return *token_.authorization;
}

// ── what the connection comes to ──

void Nghttp2Framing::fail(ErrorCode code) {
  if (failed_) {
    return;
  }
  failed_ = true;
  error_ = Error{code, 0};
  condition_ = Condition::draining;
  window_stuck_since_ = Instant::never();
  // The rest of a frame must not follow once its slot was told that nobody saw it.
  cut_ = cut_ || !piece_.empty();
  answer_all_unheard();
  log::warning("apns", "connection failed",
               {{"authority", settings_.authority}, {"why", words(error_)}});
  if (!cut_) {
    MUSTER_ASSERT(nghttp2_session_terminate_session(session_.get(), NGHTTP2_PROTOCOL_ERROR) == 0);
  }
}

void Nghttp2Framing::begin_drain(std::string_view why) {
  if (condition_ == Condition::draining || condition_ == Condition::closed) {
    return;
  }
  condition_ = Condition::draining;
  window_stuck_since_ = Instant::never();
  log::info("apns", "draining", {{"authority", settings_.authority}, {"why", why}});
}

void Nghttp2Framing::expire_streams() {
  const std::uint32_t most = std::min(abandoned_max, stream_limit() / 10);
  std::uint32_t half_sent = 0;
  for (StreamIndex oldest = streams_.oldest(); oldest != no_stream && streams_[oldest].due <= now_;
       oldest = streams_.oldest()) {
    half_sent += give_up(oldest, half_sent <= most) ? 1 : 0;
  }
  if (abandoned_ + half_sent > most) {
    begin_drain("answers are overdue");
  }
}

// Answers an overdue stream; true: its request was half sent. No more than a few are reset: the
// others stay half sent, since read_body() gives nothing for an answered stream, until the
// connection is closed.
bool Nghttp2Framing::give_up(StreamIndex index, bool may_reset) {
  Stream& stream = streams_[index];
  if (stream.written == Written::ending || stream.written == Written::all) {
    stream.abandoned = true;
    ++abandoned_;
    answer(index, Fate::in_doubt, Reason::answer_overdue);
    return false;
  }
  const bool half_sent = stream.written == Written::begun;
  if (!half_sent || may_reset) {
    // For a request that nghttp2 still holds back this takes it out and sends nothing.
    MUSTER_ASSERT(nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, stream.id,
                                            NGHTTP2_CANCEL) == 0);
  }
  answer(index, Fate::unprocessed, Reason::none);
  return half_sent;
}

// A connection whose window stays shut carries nothing, and nothing in flight would show it.
void Nghttp2Framing::watch_window() {
  if (condition_ != Condition::open || bodies_that_fit() > 0) {
    window_stuck_since_ = Instant::never();
  } else if (window_stuck_since_ == Instant::never()) {
    window_stuck_since_ = now_;
  }
}

// ── answers ──

void Nghttp2Framing::answer(StreamIndex index, Fate fate, Reason reason, std::uint16_t status,
                            std::int64_t timestamp_ms) {
  const Stream& stream = streams_[index];
  answers_.push_back(wire::Answer{stream.slot, fate, reason, status, timestamp_ms});
  bytes_waiting_ -= stream.body_size - stream.body_sent;
  streams_.mark_answered(index);
  if (streams_.awaiting_count() == 0) {
    liveness_.set_busy(false, now_);
  }
}

// No answer will come: what that means depends on whether the peer may have acted.
void Nghttp2Framing::answer_unheard(StreamIndex index, Reason reason_if_written) {
  if (streams_[index].written == Written::all) {
    answer(index, Fate::in_doubt, reason_if_written);
  } else {
    answer(index, Fate::unprocessed, Reason::none);
  }
}

void Nghttp2Framing::answer_all_unheard() {
  while (streams_.oldest() != no_stream) {
    answer_unheard(streams_.oldest(), Reason::connection_lost);
  }
}

}  // namespace muster::apns
