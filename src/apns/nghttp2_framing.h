// The framing on nghttp2's client session: it frames, compresses, and keeps the windows.
//
// nghttp2 calls back from within hear() and speak(); those functions (nghttp2_events.cc) report to
// the conversation and never call nghttp2's send or receive. It is the referee of our own framing
// and stays selectable.
#pragma once

#include <nghttp2/nghttp2.h>

#include <memory>
#include <string_view>

#include "apns/conversation.h"
#include "apns/request.h"

namespace muster::apns {

class Nghttp2Framing final : public Conversation {
 public:
  explicit Nghttp2Framing(const SessionSettings& settings);

 private:
  struct Deleter {
    void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
  };
  struct Events;  // nghttp2's callbacks, nghttp2_events.cc
  [[nodiscard]] static std::unique_ptr<nghttp2_session, Deleter> make_session(Nghttp2Framing* self);

  void greet() override;
  [[nodiscard]] H2Error hear(Bytes bytes) override;
  [[nodiscard]] std::size_t speak(MutableBytes room) override;
  void begin(Stream& stream) override;
  void cancel(Stream& stream) override;
  void ping() override;
  void say_goaway(H2Error why) override;
  [[nodiscard]] bool mid_frame() const override { return !piece_.empty(); }

  void read_windows();
  void piece_handed_out();
  void field_arrived(StreamId id, std::string_view name, std::string_view value);
  void stream_ended(StreamId id);
  [[nodiscard]] ssize_t read_body(StreamId id, MutableBytes room, std::uint32_t* flags);

  const std::unique_ptr<nghttp2_session, Deleter> session_;
  RequestBuilder request_;
  std::size_t header_bytes_ = 0;  // of the header block being received

  Bytes piece_;  // nghttp2's, until its next mem_send: what did not fit into the last transmit()
  StreamId piece_ends_stream_ = 0;  // the stream whose END_STREAM the piece carries; 0: none
};

}  // namespace muster::apns
