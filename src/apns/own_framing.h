// The framing of our own: HTTP/2 for one kind of request, each written once, where it is sent from.
//
// submit() costs a record; a request becomes bytes in speak(), straight into the buffer that TLS
// encrypts from: HEADERS whose block is mostly constant (header_encoder.h), then DATA. Only what
// does not fit the buffer's end is carried over to the next one. The order of speaking: what is
// carried, control frames, bodies that waited for a window, new requests. Answers of nothing but
// ":status: 200" are understood from their one byte; every other block goes through nghttp2's HPACK
// decoder. Speaking stands in own_framing.cc, hearing in own_hearing.cc.
//
// What RFC 9113 lets us leave out, we do: no priorities, no CONTINUATION of ours (a block is far
// below a frame), the receive windows stay at 65,535 bytes and are given back by halves.
#pragma once

#include <cstdint>
#include <vector>

#include "apns/conversation.h"
#include "apns/field_reader.h"
#include "apns/frame_reader.h"
#include "apns/header_encoder.h"

namespace muster::apns {

class OwnFraming final : public Conversation {
 public:
  explicit OwnFraming(const SessionSettings& settings);

 private:
  // ── speaking ──
  void greet() override;
  [[nodiscard]] std::size_t speak(MutableBytes room) override;
  void begin(Stream& stream) override { stream.window = static_cast<std::int32_t>(stream_window_); }
  void cancel(Stream& stream) override;
  void ping() override;
  void say_goaway(H2Error why) override;
  [[nodiscard]] bool mid_frame() const override { return !carried_.empty() || control_at_ != 0; }

  [[nodiscard]] std::size_t say_carried(MutableBytes room);
  [[nodiscard]] std::size_t say_control(MutableBytes room);
  [[nodiscard]] bool carry_waiting_body();
  [[nodiscard]] std::size_t say_requests(MutableBytes room);
  [[nodiscard]] Stream* next_to_begin();
  [[nodiscard]] Byte* write_request(Stream& stream, Byte* to);
  [[nodiscard]] Byte* write_body(Stream& stream, Byte* to);
  void carry(StreamId stream, const Byte* end);
  void renew_authorization();

  // ── hearing ──
  [[nodiscard]] H2Error hear(Bytes bytes) override;
  [[nodiscard]] H2Error take(const Frame& frame);
  [[nodiscard]] H2Error take_headers(const Frame& frame);
  [[nodiscard]] H2Error take_continuation(const Frame& frame);
  [[nodiscard]] H2Error take_block(StreamId id, Bytes block, bool ends);
  [[nodiscard]] H2Error take_data(const Frame& frame);
  [[nodiscard]] H2Error take_reset(const Frame& frame);
  [[nodiscard]] H2Error take_settings(const Frame& frame);
  [[nodiscard]] H2Error take_setting(Setting setting, std::uint32_t value);
  [[nodiscard]] H2Error take_ping(const Frame& frame);
  [[nodiscard]] H2Error take_goaway(const Frame& frame);
  [[nodiscard]] H2Error take_window_update(const Frame& frame);
  [[nodiscard]] H2Error acknowledged();
  [[nodiscard]] bool never_begun(StreamId id) const;
  void finish(StreamId id);
  void refuse(Stream& stream, H2Error why);
  void end(Stream& stream, H2Error code);

  HeaderEncoder headers_;
  std::uint32_t headers_token_ = 0;     // version of the token that headers_ carries
  std::vector<Byte> control_;           // frames other than requests, in their order
  std::size_t control_at_ = 0;          // handed out so far; 0 again once all is
  std::uint32_t acknowledgements_ = 0;  // in control_
  std::vector<Byte> carried_;           // the rest of a request that did not fit
  std::size_t carried_at_ = 0;
  StreamId carried_stream_ = 0;      // whose END_STREAM it carries; 0: none
  std::vector<StreamId> half_said_;  // bodies that wait for a window
  StreamId begin_next_;              // streams from here on have not been begun
  StreamId begun_last_ = 0;
  std::uint32_t begun_open_ = 0;  // streams as the peer counts them

  FrameReader reader_;
  FieldReader fields_;
  std::vector<Byte> block_;    // of HEADERS whose CONTINUATIONs follow
  StreamId block_stream_ = 0;  // 0: none follow
  bool block_ends_ = false;    // … and its END_STREAM
  std::uint32_t continuations_ = 0;
  std::uint32_t streams_max_ = UINT32_MAX;  // SETTINGS_MAX_CONCURRENT_STREAMS
  std::uint32_t heard_ = 0;       // bytes of DATA since the connection's last WINDOW_UPDATE
  std::uint32_t given_back_ = 0;  // by WINDOW_UPDATEs in control_, which the peer cannot know of
  StreamId goaway_last_ = INT32_MAX;
  bool peer_spoke_ = false;  // its SETTINGS came, which must be the first
};

}  // namespace muster::apns
