// Any bytes as what an HTTP/2 server says to our APNs session. It must not crash, must come to
// rest, and must answer every submitted slot exactly once by the time the connection is lost.
//
//   input := mode(1) { size(1) bytes × size }
//   mode  := 1: begin with a polite SETTINGS | 2…16: seconds between two pieces
//            | 32: in rooms of a few bytes | 64: nghttp2's framing | 128: alerts
#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <memory>

#include "apns/frame_reader.h"
#include "apns/session.h"
#include "base/time.h"
#include "tests/fuzz/target.h"

namespace muster::fuzz {
namespace {

constexpr Byte polite_settings[] = {0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100};  // 100 streams
constexpr std::size_t slots_max = 64;
constexpr std::size_t quiet_after = 10'000;  // transmit() calls that still have something to say

class Conversation {
 public:
  explicit Conversation(Byte mode)
      : step_(std::chrono::seconds((mode >> 1) % 16)),
        room_((mode & 0x20) != 0 ? 7 : 512),
        own_((mode & 0x40) == 0) {
    content_.alert_payloads = {"{\"aps\":{}}"};
    apns::SessionSettings settings;
    settings.authority = "api.push.apple.com:443";
    settings.topic = (mode & 0x80) != 0 ? "com.example.app" : "com.apple.mgmt.External.1";
    settings.push_type = push_type_of(settings.topic);
    settings.framing = own_ ? apns::Framing::muster : apns::Framing::nghttp2;
    session_ = apns::open_session(settings);
    session_->connected(clock_.now());
    if ((mode & 1) != 0) {
      receive(polite_settings);
    }
  }
  // False: the session wants no more.
  bool receive(Bytes bytes) {
    said_.clear();
    session_->receive(bytes, clock_.now());
    submit();
    const bool quiet = transmit();
    collect();
    if (!failed()) {
      said_.clear();
    }
    clock_.turn(step_);
    if (clock_.now() >= session_->deadline()) {
      session_->expire(clock_.now());
    }
    return quiet && !session_->wants_close();
  }
  void end() {
    (void)transmit();
    if (own_ && failed()) {
      check_last_words();
    }
    session_->lost(Error{ErrorCode::connection_reset, 0}, clock_.now());
    collect();
    for (std::size_t slot = 0; slot < jobs_.size(); ++slot) {
      demand(answers_[static_cast<Slot>(slot)] == 1, "each slot is answered exactly once");
    }
    demand(answers_.size() == jobs_.size(), "no slot is answered that was not submitted");
    demand(session_->vitals().in_flight == 0, "nothing is in flight in the end");
    demand(session_->vitals().condition == wire::Vitals::Condition::closed, "the end is the end");
  }

 private:
  void submit() {
    const auto room = session_->room();
    demand(room <= session_->vitals().stream_limit && room <= limits::streams_per_connection_max,
           "there is not more room than the peer allows");
    const auto count = std::min<std::size_t>({room, 3, slots_max - jobs_.size()});
    for (std::size_t i = 0; i < count; ++i) {
      Job& job = jobs_.emplace_back();
      job.invitation = static_cast<InvitationNumber>(jobs_.size());
      job.attempts = 1;
      job.token_size = 32;
      job.magic_size = 36;
      job.target.fill('m');
      session_->submit(static_cast<Slot>(jobs_.size() - 1), job, content_, clock_.now());
    }
  }
  [[nodiscard]] bool failed() const { return session_->vitals().error.code != ErrorCode::none; }
  bool transmit() {
    std::array<Byte, 512> room{};
    for (std::size_t i = 0; i < quiet_after; ++i) {
      const auto size = session_->transmit(MutableBytes(room).first(room_), clock_.now());
      if (size == 0) {
        return true;
      }
      said_.insert(said_.end(), room.begin(), room.begin() + static_cast<std::ptrdiff_t>(size));
    }
    demand(false, "a session has said all it has to say at some time");
    return false;
  }
  // A connection that failed says nothing, or ends with GOAWAY; requests are not among it.
  void check_last_words() {
    Bytes words(said_);
    if (as_text(words).starts_with("PRI ")) {
      words = words.subspan(24);  // it failed before a byte of ours was out
    }
    apns::FrameReader reader;
    reader.feed(words);
    auto last = apns::FrameType::goaway;
    std::size_t size = 0;
    while (const auto frame = reader.next()) {
      last = frame->type;
      size += apns::frame_head_bytes + frame->payload.size();
      demand(last != apns::FrameType::headers && last != apns::FrameType::data,
             "no request is sent once the connection failed");
    }
    demand(last == apns::FrameType::goaway, "a failed connection ends with GOAWAY");
    demand(size == words.size(), "a failed connection says whole frames");
  }
  void collect() {
    std::vector<wire::Answer> answers;
    session_->take_answers(answers);
    for (const auto& answer : answers) {
      ++answers_[answer.slot];
    }
  }

  Duration step_;
  std::size_t room_;  // bytes a transmit() call
  bool own_;
  std::vector<Byte> said_;  // since the failure, once there was one
  FakeClock clock_;
  Content content_;
  std::deque<Job> jobs_;  // by slot
  std::map<Slot, int> answers_;
  std::unique_ptr<wire::DeliverySession> session_;
};

}  // namespace
}  // namespace muster::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  muster::fuzz::Conversation conversation(data[0]);
  muster::Bytes left{data + 1, size - 1};
  bool on = true;
  while (on && left.size() > 1) {
    const auto piece = std::min<std::size_t>(left[0], left.size() - 1);
    on = conversation.receive(left.subspan(1, piece));
    left = left.subspan(1 + piece);
  }
  conversation.end();
  return 0;
}
