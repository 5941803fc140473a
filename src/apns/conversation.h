// What an APNs conversation decides, whatever frames it: who is answered how, when the connection
// takes no more, when it is given up. The theory and the table stand in session.cc.
//
// A framing derives from this and does one thing, HTTP/2: it turns requests and a few words
// (cancel, ping, goaway) into bytes and reports what it understood from the peer's bytes. It never
// answers a slot. The functions of wire::DeliverySession are all here, so that both framings behave
// alike; a framing's verbs are called once per call of those, and begin() once a job. Owned by its
// pool; one thread; lives until lost().
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "apns/answer.h"
#include "apns/conduct.h"
#include "apns/frame.h"
#include "apns/liveness.h"
#include "apns/provider_token.h"
#include "apns/session.h"
#include "apns/streams.h"
#include "wire/session.h"

namespace muster::apns {

class Conversation : public wire::DeliverySession {
 public:
  void connected(Instant now) final;
  void receive(Bytes bytes, Instant now) final;
  [[nodiscard]] std::size_t transmit(MutableBytes room, Instant now) final;
  [[nodiscard]] Instant deadline() const final;
  void expire(Instant now) final;
  [[nodiscard]] bool wants_close() const final;
  void lost(Error error, Instant now) final;

  [[nodiscard]] std::uint32_t room() const final;
  void submit(Slot slot, const Job& job, const Content& content, Instant now) final;
  void take_answers(std::vector<wire::Answer>& answers) final;
  void drain(Instant now) final;
  [[nodiscard]] wire::Vitals vitals() const final;

 protected:
  using Condition = wire::Vitals::Condition;
  explicit Conversation(const SessionSettings& settings);

  // ── what a framing does ──
  virtual void greet() = 0;  // the preface and SETTINGS without push
  // Understands the next bytes; anything but no_error: the peer broke the protocol, and how.
  [[nodiscard]] virtual H2Error hear(Bytes bytes) = 0;
  // Writes what is to be sent. Less than room.size(): there is no more.
  [[nodiscard]] virtual std::size_t speak(MutableBytes room) = 0;
  virtual void begin(Stream& stream) = 0;   // its request is to be sent
  virtual void cancel(Stream& stream) = 0;  // answered: RST_STREAM, or nothing where it never began
  virtual void ping() = 0;
  virtual void say_goaway(H2Error why) = 0;
  // Whether the bytes handed out so far end inside a frame.
  [[nodiscard]] virtual bool mid_frame() const = 0;

  // ── what a framing reports, from within hear() and speak() ──
  void settings_arrived(std::uint32_t streams_max);
  void goaway_arrived(StreamId last, std::uint32_t code, std::string_view debug_data);
  void status_arrived(Stream& stream, std::uint16_t status);
  void id_arrived(const Stream& stream, std::string_view apns_id);
  void body_arrived(Stream& stream, std::string_view piece);
  void answer_complete(Stream& stream);
  // `stream`: null where we have forgotten it already.
  void reset_arrived(const Stream* stream, H2Error code);
  // The last word about a stream: answers it, if need be, and forgets it.
  void stream_closed(Stream& stream, H2Error code);
  void fail(ErrorCode code, H2Error why);

  [[nodiscard]] std::string_view authorization();  // empty: a certificate speaks for us
  [[nodiscard]] std::uint32_t stream_limit() const;

  const SessionSettings settings_;
  StreamTable streams_;
  Conduct conduct_;
  ProviderToken::Reading token_;
  Instant now_{};  // of the call under way
  Condition condition_ = Condition::opening;
  std::int64_t connection_window_ = 65'535;  // kept by the framing: bodies' bytes the peer takes
  std::int64_t stream_window_ = 65'535;      // of a new stream, likewise
  std::uint64_t bytes_waiting_ = 0;          // of bodies that the framing has not sent yet
  bool failed_ = false;

 private:
  void heed_token_reason(std::uint32_t token_version, Reason reason);
  void answer(Stream& stream, wire::Fate fate, Reason reason, std::uint16_t status = 0,
              std::int64_t timestamp_ms = 0);
  void answer_unheard(Stream& stream, Reason reason_if_written);
  void answer_all_unheard();
  void begin_drain(std::string_view why);
  void expire_streams();
  [[nodiscard]] bool give_up(Stream& stream, bool may_reset);
  void watch_window();
  [[nodiscard]] bool body_fits() const;
  [[nodiscard]] std::uint32_t bodies_that_fit() const;
  [[nodiscard]] std::string& answer_text_of(Stream& stream);
  [[nodiscard]] std::string_view text_so_far(const Stream& stream) const;
  void forget_text(Stream& stream);

  AnswerReader reader_;
  Liveness liveness_;
  std::vector<wire::Answer> answers_;
  std::vector<std::string> texts_;  // of answers with a body; the first is never used
  std::vector<std::uint32_t> texts_free_;
  Error error_;
  Reason refusal_ = Reason::none;
  std::uint32_t peer_limit_ = 0;    // SETTINGS_MAX_CONCURRENT_STREAMS, as it is now
  std::uint32_t body_largest_ = 0;  // so far; before the first request the most there can be
  bool submitted_ = false;          // a request has shown what this connection carries
  bool proven_ = false;             // an answer showed that the peer takes our token
  bool goaway_ = false;             // the peer has said it
  bool cut_ = true;                 // not one byte may be transmitted: not connected, or the end
  bool farewell_said_ = false;
  std::uint32_t abandoned_ = 0;  // streams the peer still has although we gave them up
  Instant window_stuck_since_ = Instant::never();
};

}  // namespace muster::apns
