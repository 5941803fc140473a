// The session on nghttp2's client: it frames, compresses, and keeps the windows; we decide.
//
// nghttp2 calls back into nghttp2_events.cc from within receive() and transmit(); those functions
// note what happened in the stream table and the members below and never call nghttp2's send or
// receive. The states and what they mean for a slot stand in session.cc. Owned by its pool; one
// thread; lives until lost().
#pragma once

#include <nghttp2/nghttp2.h>

#include <memory>
#include <string_view>
#include <vector>

#include "apns/answer.h"
#include "apns/conduct.h"
#include "apns/liveness.h"
#include "apns/provider_token.h"
#include "apns/request.h"
#include "apns/session.h"
#include "apns/streams.h"
#include "wire/session.h"

namespace muster::apns {

class Nghttp2Framing final : public wire::DeliverySession {
 public:
  explicit Nghttp2Framing(const SessionSettings& settings);

  void connected(Instant now) override;
  void receive(Bytes bytes, Instant now) override;
  [[nodiscard]] std::size_t transmit(MutableBytes room, Instant now) override;
  [[nodiscard]] Instant deadline() const override;
  void expire(Instant now) override;
  [[nodiscard]] bool wants_close() const override;
  void lost(Error error, Instant now) override;

  [[nodiscard]] std::uint32_t room() const override;
  void submit(Slot slot, const Job& job, const Content& content, Instant now) override;
  void take_answers(std::vector<wire::Answer>& answers) override;
  void drain(Instant now) override;
  [[nodiscard]] wire::Vitals vitals() const override;

 private:
  using Condition = wire::Vitals::Condition;
  struct Deleter {
    void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
  };
  struct Events;  // nghttp2's callbacks, nghttp2_events.cc
  [[nodiscard]] static std::unique_ptr<nghttp2_session, Deleter> make_session(Nghttp2Framing* self);

  // ── what nghttp2 tells us (nghttp2_events.cc) ──
  [[nodiscard]] StreamIndex index_of(std::int32_t stream_id) const;
  void settings_arrived();
  void goaway_arrived(const nghttp2_goaway& frame);
  void field_arrived(std::int32_t stream_id, std::string_view name, std::string_view value);
  void body_arrived(std::int32_t stream_id, std::string_view piece);
  void answer_complete(std::int32_t stream_id);
  void reset_arrived(std::int32_t stream_id, std::uint32_t error_code);
  void stream_closed(std::int32_t stream_id, std::uint32_t error_code);
  [[nodiscard]] ssize_t read_body(std::int32_t stream_id, MutableBytes room, std::uint32_t* flags);
  void heed_token_reason(const Stream& stream, Reason reason);

  // ── answers ──
  void answer(StreamIndex index, wire::Fate fate, Reason reason, std::uint16_t status = 0,
              std::int64_t timestamp_ms = 0);
  void answer_unheard(StreamIndex index, Reason reason_if_written);
  void answer_all_unheard();

  // ── the connection ──
  void fail(ErrorCode code);
  void begin_drain(std::string_view why);
  void expire_streams();
  [[nodiscard]] bool give_up(StreamIndex index, bool may_reset);
  void watch_window();
  [[nodiscard]] std::uint32_t bodies_that_fit() const;
  [[nodiscard]] std::uint32_t stream_limit() const;
  [[nodiscard]] std::string_view authorization();
  void piece_handed_out();

  const SessionSettings settings_;
  const std::unique_ptr<nghttp2_session, Deleter> session_;
  RequestBuilder request_;
  AnswerReader reader_;
  StreamTable streams_;
  Liveness liveness_;
  Conduct conduct_;
  std::vector<wire::Answer> answers_;
  ProviderToken::Reading token_;

  Instant now_{};  // of the call under way, for the callbacks
  Condition condition_ = Condition::opening;
  Error error_;
  Reason refusal_ = Reason::none;
  std::uint32_t peer_limit_ = 0;  // SETTINGS_MAX_CONCURRENT_STREAMS, as it is now
  bool proven_ = false;           // an answer showed that the peer takes our token
  bool failed_ = false;
  bool cut_ = true;  // not one byte may be transmitted: not connected, or the end
  bool farewell_said_ = false;

  std::uint64_t bytes_waiting_ = 0;  // of bodies that nghttp2 has not fetched yet
  std::uint32_t body_largest_ = 0;   // so far; before the first request the most there can be
  std::uint32_t abandoned_ = 0;      // streams the peer still has although we gave them up
  Instant window_stuck_since_ = Instant::never();
  std::size_t header_bytes_ = 0;  // of the header block being received

  Bytes piece_;  // nghttp2's, until its next mem_send: what did not fit into the last transmit()
  std::int32_t piece_ends_stream_ = 0;  // the stream whose END_STREAM the piece carries; 0: none
};

}  // namespace muster::apns
