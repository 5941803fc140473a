#include "apns/nghttp2_framing.h"

#include <algorithm>
#include <array>

#include "base/assert.h"

namespace muster::apns {
namespace {

nghttp2_nv name_value(const Field& field) {
  // nghttp2's type lacks the const it keeps; it copies both.
  const auto bytes = [](std::string_view text) {
    return const_cast<std::uint8_t*>(as_bytes(text).data());
  };
  return nghttp2_nv{
      bytes(field.name), bytes(field.value), field.name.size(), field.value.size(),
      static_cast<std::uint8_t>(field.indexed ? NGHTTP2_NV_FLAG_NONE : NGHTTP2_NV_FLAG_NO_INDEX)};
}

}  // namespace

Nghttp2Framing::Nghttp2Framing(const SessionSettings& settings)
    : Conversation(settings), session_(make_session(this)), request_(settings_) {}

void Nghttp2Framing::greet() {
  constexpr nghttp2_settings_entry no_push{NGHTTP2_SETTINGS_ENABLE_PUSH, 0};
  MUSTER_ASSERT(nghttp2_submit_settings(session_.get(), NGHTTP2_FLAG_NONE, &no_push, 1) == 0);
}

H2Error Nghttp2Framing::hear(Bytes bytes) {
  if (!conduct_.watch(bytes, now_)) {
    return H2Error::enhance_your_calm;
  }
  const ssize_t taken = nghttp2_session_mem_recv(session_.get(), bytes.data(), bytes.size());
  read_windows();
  // nghttp2 answers a broken protocol in one of two ways: by an error, or by queueing its GOAWAY,
  // after which it would ignore everything. The second also shows when that GOAWAY is sent
  // (nghttp2_events.cc).
  const bool ended_by_nghttp2 = condition_ != Condition::draining &&
                                nghttp2_session_check_request_allowed(session_.get()) == 0;
  return taken < 0 || ended_by_nghttp2 ? H2Error::protocol_error : H2Error::no_error;
}

std::size_t Nghttp2Framing::speak(MutableBytes room) {
  std::size_t written = 0;
  while (written < room.size()) {
    if (piece_.empty()) {
      const std::uint8_t* data = nullptr;
      const ssize_t size = nghttp2_session_mem_send(session_.get(), &data);
      MUSTER_ASSERT(size >= 0);  // our callbacks never fail here
      if (size == 0) {
        break;
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
  read_windows();
  return written;
}

void Nghttp2Framing::read_windows() {
  connection_window_ = nghttp2_session_get_remote_window_size(session_.get());
  stream_window_ =
      nghttp2_session_get_remote_settings(session_.get(), NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE);
}

void Nghttp2Framing::piece_handed_out() {
  if (Stream* stream = streams_.find(piece_ends_stream_)) {
    stream->written = Written::all;
  }
  piece_ends_stream_ = 0;
}

void Nghttp2Framing::begin(Stream& stream) {
  std::array<nghttp2_nv, RequestBuilder::fields_max> fields;
  std::size_t count = 0;
  for (const Field& field : request_.fields(*stream.job, *stream.content, authorization())) {
    fields[count++] = name_value(field);
  }
  stream.token_version = token_.version;
  nghttp2_data_provider body{};
  body.read_callback = [](nghttp2_session*, std::int32_t stream_id, std::uint8_t* to,
                          std::size_t size, std::uint32_t* flags, nghttp2_data_source*,
                          void* self) -> ssize_t {
    return static_cast<Nghttp2Framing*>(self)->read_body(stream_id, MutableBytes(to, size), flags);
  };
  if (nghttp2_session_get_next_stream_id(session_.get()) != static_cast<std::uint32_t>(stream.id)) {
    // The first one, or an id was left out.
    MUSTER_ASSERT(nghttp2_session_set_next_stream_id(session_.get(), stream.id) == 0);
  }
  const StreamId id =
      nghttp2_submit_request(session_.get(), nullptr, fields.data(), count, &body, nullptr);
  MUSTER_ASSERT(id == stream.id);
}

// For a request that nghttp2 still holds back this takes it out and sends nothing.
void Nghttp2Framing::cancel(Stream& stream) {
  MUSTER_ASSERT(
      nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, stream.id, NGHTTP2_CANCEL) == 0);
}

void Nghttp2Framing::ping() {
  MUSTER_ASSERT(nghttp2_submit_ping(session_.get(), NGHTTP2_FLAG_NONE, nullptr) == 0);
}

void Nghttp2Framing::say_goaway(H2Error why) {
  MUSTER_ASSERT(
      nghttp2_session_terminate_session(session_.get(), static_cast<std::uint32_t>(why)) == 0);
}

ssize_t Nghttp2Framing::read_body(StreamId id, MutableBytes room, std::uint32_t* flags) {
  Stream* stream = streams_.find(id);
  MUSTER_ASSERT(stream != nullptr);
  if (stream->answered) {
    // Its slot was told that the peer has not seen it, and its job may be gone.
    return NGHTTP2_ERR_DEFERRED;
  }
  const std::size_t count =
      copy_body(settings_.push_type, *stream->job, *stream->content, stream->body_sent, room);
  stream->body_sent += static_cast<std::uint32_t>(count);
  bytes_waiting_ -= count;
  if (stream->body_sent == stream->body_size) {
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    stream->written = Written::ending;
    piece_ends_stream_ = id;
  }
  return static_cast<ssize_t>(count);
}

}  // namespace muster::apns
