// What nghttp2 tells the session from within receive() and transmit(), and the one thing it asks:
// bodies.
#include <charconv>
#include <string>

#include "apns/nghttp2_framing.h"
#include "base/assert.h"
#include "base/log.h"
#include "model/limits.h"

namespace muster::apns {
namespace {

using wire::Fate;

// Of one answer's header block, decompressed. APNs' are under 100 bytes.
constexpr std::size_t header_block_bytes_max = 16UL * 1024;
constexpr std::size_t settings_entries_max = 32;
constexpr std::size_t acknowledgements_max = 1000;
constexpr std::size_t continuations_max = 8;

std::string_view text_of(const std::uint8_t* bytes, std::size_t size) {
  return as_text(Bytes(bytes, size));
}

}  // namespace

// The trampolines. Each returns 0: a failure here would end the session without a word to the
// slots.
struct Nghttp2Framing::Events {
  static Nghttp2Framing& of(void* self) { return *static_cast<Nghttp2Framing*>(self); }

  static int begin_headers(nghttp2_session*, const nghttp2_frame*, void* self) {
    of(self).header_bytes_ = 0;
    return 0;
  }

  // NOLINTNEXTLINE(readability-function-size): nghttp2 decides upon the parameters
  static int header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                    std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                    std::uint8_t, void* self) {
    auto& framing = of(self);
    framing.header_bytes_ += name_size + value_size;
    if (framing.header_bytes_ > header_block_bytes_max) {
      return NGHTTP2_ERR_CALLBACK_FAILURE;  // ends the connection as broken, in receive()
    }
    framing.field_arrived(frame->hd.stream_id, text_of(name, name_size),
                          text_of(value, value_size));
    return 0;
  }

  static int data(nghttp2_session*, std::uint8_t, std::int32_t stream_id, const std::uint8_t* bytes,
                  std::size_t size, void* self) {
    of(self).body_arrived(stream_id, text_of(bytes, size));
    return 0;
  }

  static int frame_arrived(nghttp2_session*, const nghttp2_frame* frame, void* self) {
    auto& framing = of(self);
    switch (frame->hd.type) {
      case NGHTTP2_HEADERS:
      case NGHTTP2_DATA:
        if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
          framing.answer_complete(frame->hd.stream_id);
        }
        break;
      case NGHTTP2_SETTINGS:
        if ((frame->hd.flags & NGHTTP2_FLAG_ACK) == 0) {
          framing.settings_arrived();
        }
        break;
      case NGHTTP2_GOAWAY:
        framing.goaway_arrived(frame->goaway);
        break;
      case NGHTTP2_WINDOW_UPDATE:
        framing.window_stuck_since_ = Instant::never();  // it moves; receive() looks again
        break;
      case NGHTTP2_RST_STREAM:
        framing.reset_arrived(frame->hd.stream_id, frame->rst_stream.error_code);
        break;
      default:
        break;
    }
    return 0;
  }

  static int frame_sent(nghttp2_session*, const nghttp2_frame* frame, void* self) {
    auto& framing = of(self);
    if (frame->hd.type == NGHTTP2_HEADERS) {
      if (const StreamIndex index = framing.index_of(frame->hd.stream_id); index != no_stream) {
        framing.streams_[index].written = Written::begun;
      }
    } else if (frame->hd.type == NGHTTP2_GOAWAY && frame->goaway.error_code != NGHTTP2_NO_ERROR) {
      framing.fail(
          ErrorCode::protocol);  // nghttp2 found the protocol broken while we were draining
    }
    return 0;
  }

  static int closed(nghttp2_session*, std::int32_t stream_id, std::uint32_t error_code,
                    void* self) {
    of(self).stream_closed(stream_id, error_code);
    return 0;
  }
};

std::unique_ptr<nghttp2_session, Nghttp2Framing::Deleter> Nghttp2Framing::make_session(
    Nghttp2Framing* self) {
  nghttp2_session_callbacks* callbacks = nullptr;
  MUSTER_ASSERT(nghttp2_session_callbacks_new(&callbacks) == 0);
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, Events::begin_headers);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, Events::header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Events::data);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Events::frame_arrived);
  nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, Events::frame_sent);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Events::closed);

  nghttp2_option* option = nullptr;
  MUSTER_ASSERT(nghttp2_option_new(&option) == 0);
  nghttp2_option_set_peer_max_concurrent_streams(option, 1);  // until SETTINGS say otherwise
  nghttp2_option_set_max_settings(option, settings_entries_max);
  nghttp2_option_set_max_outbound_ack(option, acknowledgements_max);
  nghttp2_option_set_max_continuations(option, continuations_max);

  nghttp2_session* session = nullptr;
  MUSTER_ASSERT(nghttp2_session_client_new2(&session, callbacks, self, option) == 0);
  nghttp2_option_del(option);
  nghttp2_session_callbacks_del(callbacks);
  return std::unique_ptr<nghttp2_session, Deleter>(session);
}

// The record of a stream that nghttp2 still knows; none for anything else.
StreamIndex Nghttp2Framing::index_of(std::int32_t stream_id) const {
  const auto data = reinterpret_cast<std::uintptr_t>(
      nghttp2_session_get_stream_user_data(session_.get(), stream_id));
  if (data == 0) {
    return no_stream;
  }
  const auto index = static_cast<StreamIndex>(data - 1);
  MUSTER_ASSERT(streams_[index].id == stream_id);
  return index;
}

void Nghttp2Framing::settings_arrived() {
  peer_limit_ =
      nghttp2_session_get_remote_settings(session_.get(), NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
  liveness_.settings_seen();
  if (condition_ == Condition::opening) {
    condition_ = Condition::open;
  }
}

// GOAWAY names the last stream the peer may have acted upon; those above it were never seen and are
// safe to send again at once, as are those that have not left us: nghttp2 opens no stream after a
// GOAWAY. The others will be answered. A second GOAWAY may lower the mark.
void Nghttp2Framing::goaway_arrived(const nghttp2_goaway& frame) {
  begin_drain("goaway");
  const Reason reason = reader_.read_goaway(text_of(frame.opaque_data, frame.opaque_data_len));
  log::info("apns", "goaway",
            {{"authority", settings_.authority},
             {"last_stream", frame.last_stream_id},
             {"error", std::int64_t{frame.error_code}},
             {"reason", name_of(reason)}});
  if (refuses_credential(reason)) {
    refusal_ = reason;
  }
  if (reason == Reason::expired_provider_token && settings_.token != nullptr) {
    // Whether or not there is a newer one now, the pool reads the refusal and opens anew.
    static_cast<void>(settings_.token->renew(token_.version));
  }
  for (StreamIndex index = streams_.oldest(); index != no_stream;) {
    const StreamIndex next = streams_[index].next;
    if (streams_[index].id > frame.last_stream_id || streams_[index].written == Written::nothing) {
      answer(index, Fate::unprocessed, Reason::none);
    }
    index = next;
  }
}

void Nghttp2Framing::field_arrived(std::int32_t stream_id, std::string_view name,
                                   std::string_view value) {
  const StreamIndex index = index_of(stream_id);
  if (index == no_stream || streams_[index].answered) {
    return;
  }
  Stream& stream = streams_[index];
  if (name == ":status") {
    std::uint16_t status = 0;
    std::from_chars(value.data(), value.data() + value.size(), status);
    stream.status = status < 200 ? 0 : status;  // 1xx is followed by the real one
  } else if (name == "apns-id") {
    const IdText id = id_text_of(*stream.job, *stream.content);
    if (!same_apns_id(value, {id.data(), id.size()})) {
      log::warning("apns", "an answer carries another apns-id",
                   {{"authority", settings_.authority}});
    }
  }
}

void Nghttp2Framing::body_arrived(std::int32_t stream_id, std::string_view piece) {
  const StreamIndex index = index_of(stream_id);
  if (index == no_stream || streams_[index].answered) {
    return;
  }
  // One byte over the limit is kept, so that a body that is too long does not look complete.
  std::string& body = streams_[index].answer_body;
  body.append(piece.substr(0, limits::answer_body_bytes_max + 1 - body.size()));
}

void Nghttp2Framing::answer_complete(std::int32_t stream_id) {
  const StreamIndex index = index_of(stream_id);
  if (index == no_stream || streams_[index].answered || streams_[index].status == 0) {
    return;  // without a status it is no answer: stream_closed() tells the slot
  }
  const Stream& stream = streams_[index];
  const Verdict verdict = reader_.read(stream.status, stream.answer_body);
  heed_token_reason(stream, verdict.reason);
  proven_ = proven_ || !refuses_provider_token(stream.status, verdict.reason);
  if (stream.written == Written::nothing || stream.written == Written::begun) {
    // Answered before it was asked in full: the rest of the body is of no use, the stream is.
    MUSTER_ASSERT(nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, stream_id,
                                            NGHTTP2_CANCEL) == 0);
  }
  answer(index, Fate::answered, verdict.reason, stream.status, verdict.timestamp_ms);
  if (!conduct_.stream_ended(false, now_)) {
    begin_drain("the peer resets too many streams");
  }
}

void Nghttp2Framing::reset_arrived(std::int32_t stream_id, std::uint32_t error_code) {
  const StreamIndex index = index_of(stream_id);
  const bool was_answered = index == no_stream || streams_[index].answered;
  const bool fair = was_answered && error_code == NGHTTP2_NO_ERROR
                        ? conduct_.body_declined(now_)
                        : conduct_.stream_ended(true, now_);
  if (!fair) {
    begin_drain("the peer resets too many streams");
  }
}

void Nghttp2Framing::heed_token_reason(const Stream& stream, Reason reason) {
  if (settings_.token == nullptr) {
    return;
  }
  if (reason == Reason::expired_provider_token) {
    // A connection that has seen an expired token stays unusable, so a new one takes over.
    if (!settings_.token->renew(stream.token_version)) {
      refusal_ = reason;
    }
    begin_drain("the provider token has expired");
  } else if (reason == Reason::too_many_provider_token_updates) {
    settings_.token->hold();
    begin_drain("the provider token changed too often");
  }
}

void Nghttp2Framing::stream_closed(std::int32_t stream_id, std::uint32_t error_code) {
  const StreamIndex index = index_of(stream_id);
  if (index == no_stream) {
    return;
  }
  if (!streams_[index].answered) {
    if (error_code == NGHTTP2_REFUSED_STREAM) {
      answer(index, Fate::unprocessed, Reason::none);
    } else {
      answer_unheard(index, Reason::stream_reset);
    }
  }
  if (streams_[index].abandoned) {
    --abandoned_;
  }
  streams_.close(index);
}

ssize_t Nghttp2Framing::read_body(std::int32_t stream_id, MutableBytes room, std::uint32_t* flags) {
  const StreamIndex index = index_of(stream_id);
  MUSTER_ASSERT(index != no_stream);
  Stream& stream = streams_[index];
  if (stream.answered) {
    // Its slot was told that the peer has not seen it, and its job may be gone.
    return NGHTTP2_ERR_DEFERRED;
  }
  const std::size_t count =
      request_.copy_body(*stream.job, *stream.content, stream.body_sent, room);
  stream.body_sent += static_cast<std::uint32_t>(count);
  bytes_waiting_ -= count;
  if (stream.body_sent == stream.body_size) {
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    stream.written = Written::ending;
    piece_ends_stream_ = stream_id;
  }
  return static_cast<ssize_t>(count);
}

}  // namespace muster::apns
