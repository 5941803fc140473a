// What nghttp2 tells the framing from within hear() and speak().
#include <charconv>

#include "apns/nghttp2_framing.h"
#include "base/assert.h"

namespace muster::apns {
namespace {

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
      return NGHTTP2_ERR_CALLBACK_FAILURE;  // ends the connection as broken, in hear()
    }
    framing.field_arrived(frame->hd.stream_id, text_of(name, name_size),
                          text_of(value, value_size));
    return 0;
  }

  static int data(nghttp2_session*, std::uint8_t, std::int32_t stream_id, const std::uint8_t* bytes,
                  std::size_t size, void* self) {
    auto& framing = of(self);
    if (Stream* stream = framing.streams_.find(stream_id)) {
      framing.body_arrived(*stream, text_of(bytes, size));
    }
    return 0;
  }

  static int frame_arrived(nghttp2_session*, const nghttp2_frame* frame, void* self) {
    auto& framing = of(self);
    switch (frame->hd.type) {
      case NGHTTP2_HEADERS:
      case NGHTTP2_DATA:
        if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
          framing.stream_ended(frame->hd.stream_id);
        }
        break;
      case NGHTTP2_SETTINGS:
        if ((frame->hd.flags & NGHTTP2_FLAG_ACK) == 0) {
          framing.settings_arrived(nghttp2_session_get_remote_settings(
              framing.session_.get(), NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS));
        }
        break;
      case NGHTTP2_GOAWAY:
        framing.goaway_arrived(frame->goaway.last_stream_id, frame->goaway.error_code,
                               text_of(frame->goaway.opaque_data, frame->goaway.opaque_data_len));
        break;
      case NGHTTP2_RST_STREAM:
        framing.reset_arrived(framing.streams_.find(frame->hd.stream_id),
                              static_cast<H2Error>(frame->rst_stream.error_code));
        break;
      default:
        break;
    }
    return 0;
  }

  static int frame_sent(nghttp2_session*, const nghttp2_frame* frame, void* self) {
    auto& framing = of(self);
    if (frame->hd.type == NGHTTP2_HEADERS) {
      if (Stream* stream = framing.streams_.find(frame->hd.stream_id)) {
        stream->written = Written::begun;
      }
    } else if (frame->hd.type == NGHTTP2_GOAWAY && frame->goaway.error_code != NGHTTP2_NO_ERROR) {
      // nghttp2 found the protocol broken while we were draining.
      framing.fail(ErrorCode::protocol, H2Error::protocol_error);
    }
    return 0;
  }

  static int closed(nghttp2_session*, std::int32_t stream_id, std::uint32_t error_code,
                    void* self) {
    auto& framing = of(self);
    if (Stream* stream = framing.streams_.find(stream_id)) {
      framing.stream_closed(*stream, static_cast<H2Error>(error_code));
    }
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

void Nghttp2Framing::field_arrived(StreamId id, std::string_view name, std::string_view value) {
  Stream* stream = streams_.find(id);
  if (stream == nullptr) {
    return;
  }
  if (name == ":status") {
    std::uint16_t status = 0;
    std::from_chars(value.data(), value.data() + value.size(), status);
    status_arrived(*stream, status);
  } else if (name == "apns-id") {
    id_arrived(*stream, value);
  }
}

void Nghttp2Framing::stream_ended(StreamId id) {
  if (Stream* stream = streams_.find(id)) {
    answer_complete(*stream);
  }
}

}  // namespace muster::apns
