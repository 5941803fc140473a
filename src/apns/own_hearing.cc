// What our own framing understands of the peer's frames, by RFC 9113 §6, and what it holds against
// the peer. A breach of the connection is returned; one of a stream ends that stream.
#include <algorithm>
#include <utility>

#include "apns/frame.h"
#include "apns/own_framing.h"
#include "base/assert.h"

namespace muster::apns {
namespace {

constexpr std::size_t settings_entries_max = 32;
constexpr std::size_t setting_bytes = 6;
constexpr std::uint32_t acknowledgements_max = 1000;
constexpr std::uint32_t continuations_max = 8;
constexpr std::uint32_t receive_window = 65'535;  // of the connection and of each stream
constexpr std::uint32_t give_back_from = receive_window / 2;

constexpr Byte status_200 = 0x88;  // HPACK's static table, entry 8, indexed

// Without its padding (and priority, of HEADERS); false: the padding is longer than the frame.
bool strip(const Frame& frame, Bytes& payload) {
  payload = frame.payload;
  std::size_t padding = 0;
  if (frame.has(flag_padded)) {
    if (payload.empty()) {
      return false;
    }
    padding = payload[0];
    payload = payload.subspan(1);
  }
  if (frame.type == FrameType::headers && frame.has(flag_priority)) {
    if (payload.size() < 5) {
      return false;
    }
    payload = payload.subspan(5);
  }
  if (padding > payload.size()) {
    return false;
  }
  payload = payload.first(payload.size() - padding);
  return true;
}

}  // namespace

H2Error OwnFraming::hear(Bytes bytes) {
  reader_.feed(bytes);
  while (const auto frame = reader_.next()) {
    if (const H2Error breach = take(*frame); breach != H2Error::no_error) {
      return breach;
    }
  }
  return reader_.too_long() ? H2Error::frame_size_error : H2Error::no_error;
}

H2Error OwnFraming::take(const Frame& frame) {
  const bool block_interrupted = block_stream_ != 0 && (frame.type != FrameType::continuation ||
                                                        frame.stream != block_stream_);
  const bool out_of_turn =
      !peer_spoke_ && (frame.type != FrameType::settings || frame.has(flag_ack));
  if (block_interrupted || out_of_turn) {
    return H2Error::protocol_error;
  }
  switch (frame.type) {
    case FrameType::headers:
      return take_headers(frame);
    case FrameType::data:
      return take_data(frame);
    case FrameType::window_update:
      return take_window_update(frame);
    case FrameType::rst_stream:
      return take_reset(frame);
    case FrameType::goaway:
      return take_goaway(frame);
    case FrameType::continuation:
      return take_continuation(frame);
    case FrameType::push_promise:
      return H2Error::protocol_error;  // we said that we take none
    default:
      break;
  }
  if (!conduct_.glitch(now_)) {
    return H2Error::enhance_your_calm;
  }
  switch (frame.type) {
    case FrameType::settings:
      return take_settings(frame);
    case FrameType::ping:
      return take_ping(frame);
    default:
      return H2Error::no_error;  // PRIORITY means nothing to a client; others are to be ignored
  }
}

// ── answers ──

H2Error OwnFraming::take_headers(const Frame& frame) {
  if (never_begun(frame.stream)) {
    return H2Error::protocol_error;
  }
  if (frame.flags == (flag_end_headers | flag_end_stream) && frame.payload.size() == 1 &&
      frame.payload[0] == status_200) {
    if (Stream* stream = streams_.find(frame.stream); stream != nullptr && stream->status == 0) {
      status_arrived(*stream, 200);
      finish(frame.stream);
      return H2Error::no_error;
    }
  }
  Bytes block;
  if (!strip(frame, block)) {
    return H2Error::protocol_error;
  }
  if (frame.has(flag_end_headers)) {
    return take_block(frame.stream, block, frame.has(flag_end_stream));
  }
  block_.assign(block.begin(), block.end());
  block_stream_ = frame.stream;
  block_ends_ = frame.has(flag_end_stream);
  continuations_ = 0;
  return H2Error::no_error;
}

H2Error OwnFraming::take_continuation(const Frame& frame) {
  if (block_stream_ == 0) {
    return H2Error::protocol_error;
  }
  if (++continuations_ > continuations_max) {
    return H2Error::enhance_your_calm;
  }
  block_.insert(block_.end(), frame.payload.begin(), frame.payload.end());
  if (!frame.has(flag_end_headers)) {
    return H2Error::no_error;
  }
  return take_block(std::exchange(block_stream_, 0), block_, block_ends_);
}

// The head of an answer, one that announces it (1xx), or its trailer.
H2Error OwnFraming::take_block(StreamId id, Bytes block, bool ends) {
  const AnswerHead* head = fields_.read(block);
  if (head == nullptr) {
    return H2Error::compression_error;
  }
  Stream* stream = streams_.find(id);
  if (stream == nullptr) {
    return H2Error::no_error;  // nobody waits for it any more
  }
  const bool trailer = stream->status != 0;
  const bool interim = head->status >= 100 && head->status < 200;
  // RFC 9113 §8.1: no switching of protocols, no end with an interim head, nothing but fields in a
  // trailer, which ends the answer.
  const bool wrong = trailer ? head->status != 0 || !ends
                             : head->status == 0 || head->status == 101 || (interim && ends);
  if (head->malformed || wrong) {
    refuse(*stream, H2Error::protocol_error);
    return H2Error::no_error;
  }
  if (!trailer) {
    status_arrived(*stream, head->status);
    if (!head->apns_id.empty()) {
      id_arrived(*stream, head->apns_id);
    }
  }
  if (ends) {
    finish(id);
  }
  return H2Error::no_error;
}

H2Error OwnFraming::take_data(const Frame& frame) {
  Bytes body;
  if (never_begun(frame.stream) || !strip(frame, body)) {
    return H2Error::protocol_error;
  }
  const bool ends = frame.has(flag_end_stream);
  if (frame.payload.empty() && !ends && !conduct_.glitch(now_)) {
    return H2Error::enhance_your_calm;
  }
  const auto size = static_cast<std::uint32_t>(frame.payload.size());  // padding counts
  heard_ += size;
  // Once the first byte of control_ is out, the peer may know of what it gives back.
  const std::uint32_t unknown = control_at_ == 0 ? given_back_ : 0;
  if (heard_ + unknown > receive_window) {
    return H2Error::flow_control_error;
  }
  if (heard_ > give_back_from) {
    append_window_update(control_, 0, heard_);
    given_back_ += std::exchange(heard_, 0);
  }
  Stream* stream = streams_.find(frame.stream);
  if (stream == nullptr) {
    return H2Error::no_error;
  }
  if (stream->status == 0) {
    return H2Error::protocol_error;  // a body without a head
  }
  stream->heard += size;  // beyond its own window, within the connection's: costs us nothing
  body_arrived(*stream, as_text(body));
  if (ends) {
    finish(frame.stream);
  } else if (stream->heard > give_back_from) {
    append_window_update(control_, stream->id, std::exchange(stream->heard, 0));
  }
  return H2Error::no_error;
}

// The peer has said everything about the stream.
void OwnFraming::finish(StreamId id) {
  answer_complete(*streams_.find(id));
  if (Stream* stream = streams_.find(id)) {  // otherwise it was cancelled: asked in part only
    end(*stream, H2Error::no_error);
  }
}

H2Error OwnFraming::take_reset(const Frame& frame) {
  if (frame.payload.size() != 4) {
    return H2Error::frame_size_error;
  }
  if (never_begun(frame.stream)) {
    return H2Error::protocol_error;
  }
  const auto code = static_cast<H2Error>(read_u32(frame.payload.data()));
  Stream* stream = streams_.find(frame.stream);
  reset_arrived(stream, code);
  if (stream != nullptr) {
    end(*stream, code);
  }
  return H2Error::no_error;
}

// A breach that is one stream's.
void OwnFraming::refuse(Stream& stream, H2Error why) {
  append_rst_stream(control_, stream.id, why);
  end(stream, why);
}

// The connection itself (0), an id of the peer's own, or one we have not come to.
bool OwnFraming::never_begun(StreamId id) const {
  return id % 2 == 0 || id > begun_last_;
}

// ── the connection ──

H2Error OwnFraming::take_settings(const Frame& frame) {
  if (frame.stream != 0) {
    return H2Error::protocol_error;
  }
  if (frame.has(flag_ack)) {
    return frame.payload.empty() ? H2Error::no_error : H2Error::frame_size_error;
  }
  if (frame.payload.size() % setting_bytes != 0) {
    return H2Error::frame_size_error;
  }
  if (frame.payload.size() / setting_bytes > settings_entries_max) {
    return H2Error::enhance_your_calm;
  }
  for (Bytes rest = frame.payload; !rest.empty(); rest = rest.subspan(setting_bytes)) {
    const auto setting = static_cast<Setting>(rest[0] << 8 | rest[1]);
    const H2Error breach = take_setting(setting, read_u32(rest.data() + 2));
    if (breach != H2Error::no_error) {
      return breach;
    }
  }
  peer_spoke_ = true;
  append_settings_ack(control_);
  settings_arrived(streams_max_);
  return acknowledged();
}

H2Error OwnFraming::take_setting(Setting setting, std::uint32_t value) {
  switch (setting) {
    case Setting::header_table_size:
      headers_.limit_table(value);
      return H2Error::no_error;
    case Setting::enable_push:  // a server may only say that it does not (RFC 9113 §6.5.2)
      return value == 0 ? H2Error::no_error : H2Error::protocol_error;
    case Setting::max_concurrent_streams:
      streams_max_ = value;
      return H2Error::no_error;
    case Setting::initial_window_size: {
      if (value > window_max) {
        return H2Error::flow_control_error;
      }
      // §6.9.2: open streams' windows move by the difference, below zero if it must be.
      const std::int64_t by = std::int64_t{value} - std::exchange(stream_window_, value);
      bool overflow = false;
      streams_.for_each([&](Stream& stream) {
        const std::int64_t window = stream.window + by;
        overflow = overflow || window > window_max;
        stream.window = static_cast<std::int32_t>(std::min(window, window_max));
      });
      return overflow ? H2Error::flow_control_error : H2Error::no_error;
    }
    case Setting::max_frame_size:
      return value >= frame_payload_max && value <= 0xff'ffff ? H2Error::no_error
                                                              : H2Error::protocol_error;
    default:
      return H2Error::no_error;
  }
}

H2Error OwnFraming::take_ping(const Frame& frame) {
  if (frame.stream != 0) {
    return H2Error::protocol_error;
  }
  if (frame.payload.size() != 8) {
    return H2Error::frame_size_error;
  }
  if (frame.has(flag_ack)) {
    return H2Error::no_error;
  }
  append_ping(control_, flag_ack, frame.payload);
  return acknowledged();
}

// A peer that asks without reading our answers would have us keep them all.
H2Error OwnFraming::acknowledged() {
  return ++acknowledgements_ > acknowledgements_max ? H2Error::enhance_your_calm
                                                    : H2Error::no_error;
}

H2Error OwnFraming::take_goaway(const Frame& frame) {
  if (frame.stream != 0) {
    return H2Error::protocol_error;
  }
  if (frame.payload.size() < 8) {
    return H2Error::frame_size_error;
  }
  const auto last = static_cast<StreamId>(read_u32(frame.payload.data()) & 0x7fff'ffff);
  const bool ours = last == 0 || last % 2 == 1;
  if (!ours || last > goaway_last_) {
    return H2Error::protocol_error;  // §6.8: a later one may only lower the mark
  }
  goaway_last_ = last;
  goaway_arrived(last, read_u32(frame.payload.data() + 4), as_text(frame.payload.subspan(8)));
  return H2Error::no_error;
}

H2Error OwnFraming::take_window_update(const Frame& frame) {
  if (frame.payload.size() != 4) {
    return H2Error::frame_size_error;
  }
  const std::int64_t by = read_u32(frame.payload.data()) & 0x7fff'ffff;
  if (frame.stream == 0) {
    connection_window_ += by;
    return by == 0                           ? H2Error::protocol_error
           : connection_window_ > window_max ? H2Error::flow_control_error
                                             : H2Error::no_error;
  }
  if (never_begun(frame.stream)) {
    return H2Error::protocol_error;
  }
  if (Stream* stream = streams_.find(frame.stream)) {
    const std::int64_t window = stream->window + by;
    if (by == 0 || window > window_max) {
      refuse(*stream, by == 0 ? H2Error::protocol_error : H2Error::flow_control_error);
    } else {
      stream->window = static_cast<std::int32_t>(window);
    }
  }
  return H2Error::no_error;
}

}  // namespace muster::apns
