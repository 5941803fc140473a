// A conversation that does what Apple's server does, and the faults that were asked for.
//
// nghttp2 speaks HTTP/2; this class decides. Complete requests are judged in the order they
// completed, meet their fault, and wait in `pending_` until they are due (--delay). When due, a
// request is *acted on*: journaled and answered. Until then it was not acted on, so that a GOAWAY
// may still put it above its last stream; but when the connection is lost, everything pending is
// journaled as acted on without an answer, because the real server might have delivered it.
//
//   receive → complete_ → decide() → pending_ → act() → journal, answer
//                            └ above a GOAWAY's last stream: forgotten, never journaled
#pragma once

#include <nghttp2/nghttp2.h>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "loadgen/apns_peer.h"
#include "loadgen/conversation.h"
#include "loadgen/header_watch.h"

namespace muster::loadgen {

class StrictConversation final : public Conversation {
 public:
  // `peer` outlives the conversation. `certificate_topic`: the client certificate's UID, or empty.
  StrictConversation(ApnsPeer& peer, std::uint32_t number, std::string certificate_topic);
  ~StrictConversation() override;
  StrictConversation(const StrictConversation&) = delete;
  StrictConversation& operator=(const StrictConversation&) = delete;

  // A fault that strikes the connection as a whole.
  void strike(const Fault& fault, Instant now);

  void receive(Bytes plaintext, Instant now) override;
  void transmit(std::vector<Byte>& to) override;
  [[nodiscard]] Instant deadline() const override;
  void expire(Instant now) override;
  [[nodiscard]] bool wants_close() const override;
  [[nodiscard]] TransportWish wish() const override { return wish_; }
  void lost(Instant now) override;

 private:
  struct Stream {
    ApnsRequest request;
    std::string answer_body;
    std::size_t answer_at = 0;
  };
  struct Pending {
    std::int32_t stream = 0;
    std::array<Byte, 16> apns_id{};
    std::array<Byte, 32> token{};
    ApnsAnswer answer;
    std::string payload;  // where somebody observes
    bool silent = false;
    bool reset = false;
    bool acted = true;  // false: a reset that promises not to have acted
    std::uint32_t reset_code = 0;
    Instant due;
  };

  // nghttp2's callbacks; `self` is the conversation.
  static nghttp2_session_callbacks* callbacks();
  static int on_begin_headers(nghttp2_session* session, const nghttp2_frame* frame, void* self);
  static int on_header(nghttp2_session* session, const nghttp2_frame* frame, const Byte* name,
                       std::size_t name_size, const Byte* value, std::size_t value_size, Byte flags,
                       void* self);
  static int on_data(nghttp2_session* session, Byte flags, std::int32_t stream, const Byte* data,
                     std::size_t size, void* self);
  static int on_frame(nghttp2_session* session, const nghttp2_frame* frame, void* self);
  static int on_invalid_frame(nghttp2_session* session, const nghttp2_frame* frame, int error,
                              void* self);
  static int on_stream_close(nghttp2_session* session, std::int32_t stream, std::uint32_t code,
                             void* self);
  static ssize_t read_answer(nghttp2_session* session, std::int32_t stream, Byte* room,
                             std::size_t size, std::uint32_t* flags, nghttp2_data_source* source,
                             void* self);

  void take_settings(const nghttp2_settings& settings);
  void decide(std::int32_t stream, Instant now);
  [[nodiscard]] ApnsVerdict judge_request(const ApnsRequest& request);
  void meet(const Fault& fault, Pending& pending, Instant now);
  void send_goaway(const Fault& fault);
  void withhold_window(const Fault& fault, Instant now);
  void lower_streams(const Fault& fault, Instant now);
  void set_streams(std::uint32_t streams);
  void act_on_due(Instant now);
  void act(const Pending& pending, Instant now);
  void answer(const Pending& pending);
  void journal(const Pending& pending, bool answered, Instant now);

  ApnsPeer& peer_;
  std::uint32_t number_;
  ApnsRules rules_;
  ProviderTokenJudge tokens_;
  HeaderWatch watch_;
  nghttp2_session* session_ = nullptr;
  bool broken_ = false;  // nghttp2 gave up: close
  bool settings_seen_ = false;
  std::unordered_map<std::int32_t, Stream> streams_;
  std::vector<std::int32_t> complete_;
  std::deque<Pending> pending_;  // by due time: the delay is the same for all
  std::int32_t newest_ = 0;      // newest stream opened
  std::int32_t acted_ = 0;       // newest stream acted on
  std::int32_t goaway_last_ = 0x7fffffff;
  bool silent_ = false;
  std::uint32_t limit_ = 0;  // streams allowed, as last said in SETTINGS
  std::uint64_t limit_back_after_ = 0;
  Instant limit_back_at_ = Instant::never();
  bool withholding_ = false;
  std::size_t withheld_bytes_ = 0;
  Instant window_back_at_ = Instant::never();
  TransportWish wish_;
};

}  // namespace muster::loadgen
