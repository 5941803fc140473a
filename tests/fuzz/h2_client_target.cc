// Any bytes as what an HTTP/2 server says to our APNs session. It must not crash, must come to
// rest, and must answer every submitted slot exactly once by the time the connection is lost.
//
//   input := mode(1) { size(1) bytes × size }     the first bit of mode: begin with a polite
//                                                 SETTINGS; mode's others: how time goes by
#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <memory>

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
  explicit Conversation(Byte mode) : step_(std::chrono::seconds((mode >> 1) % 16)) {
    content_.alert_payloads = {"{\"aps\":{}}"};
    apns::SessionSettings settings;
    settings.authority = "api.push.apple.com:443";
    settings.topic = (mode & 0x80) != 0 ? "com.example.app" : "com.apple.mgmt.External.1";
    settings.push_type = push_type_of(settings.topic);
    session_ = apns::open_session(settings);
    session_->connected(clock_.now());
    if ((mode & 1) != 0) {
      receive(polite_settings);
    }
  }
  // False: the session wants no more.
  bool receive(Bytes bytes) {
    session_->receive(bytes, clock_.now());
    submit();
    const bool quiet = transmit();
    collect();
    clock_.turn(step_);
    if (clock_.now() >= session_->deadline()) {
      session_->expire(clock_.now());
    }
    return quiet && !session_->wants_close();
  }
  void end() {
    (void)transmit();
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
    for (int i = 0; i < 3 && jobs_.size() < slots_max && session_->room() > 0; ++i) {
      Job& job = jobs_.emplace_back();
      job.invitation = static_cast<InvitationNumber>(jobs_.size());
      job.attempts = 1;
      job.token_size = 32;
      job.magic_size = 36;
      job.target.fill('m');
      session_->submit(static_cast<Slot>(jobs_.size() - 1), job, content_, clock_.now());
    }
  }
  bool transmit() {
    std::array<Byte, 512> room{};
    for (std::size_t i = 0; i < quiet_after; ++i) {
      if (session_->transmit(room, clock_.now()) == 0) {
        return true;
      }
    }
    demand(false, "a session has said all it has to say at some time");
    return false;
  }
  void collect() {
    std::vector<wire::Answer> answers;
    session_->take_answers(answers);
    for (const auto& answer : answers) {
      ++answers_[answer.slot];
    }
  }

  Duration step_;
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
