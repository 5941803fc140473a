// Any bytes as what a mail server says to our SMTP session. It must not crash, must come to rest,
// must answer every submitted slot exactly once by the time the connection is lost, and must leave
// none in doubt whose end was not handed out.
//
//   input := mode(1) { size(1) bytes × size }
//   mode  := 1: begin with a polite greeting and EHLO | 2…16: minutes between two pieces
//            | 32: in rooms of a few bytes | 64: with a login, over TLS | 128: STARTTLS, chunking,
//            and with 32 eight letters ahead
#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <memory>
#include <string>

#include "base/time.h"
#include "model/limits.h"
#include "smtp/session.h"
#include "tests/fuzz/target.h"

namespace muster::fuzz {
namespace {

constexpr std::string_view polite_greeting = "220 mx\r\n";
constexpr std::string_view polite_offer =
    "250-mx\r\n250-PIPELINING\r\n250-CHUNKING\r\n250-DSN\r\n250 SIZE 999\r\n";
constexpr std::size_t slots_max = 64;
constexpr std::size_t quiet_after = 10'000;  // transmit() calls that still have something to say

class Conversation {
 public:
  explicit Conversation(Byte mode)
      : step_(std::chrono::minutes((mode >> 1) % 16)), room_((mode & 0x20) != 0 ? 7 : 512) {
    smtp::SessionSettings settings;
    settings.own_name = "us.example";
    settings.delivery_status = true;
    if ((mode & 0x40) != 0) {
      settings.tls = smtp::TlsMode::implicit;
      settings.verified = true;
      settings.login = smtp::Login{"user", "pencil"};
    }
    if ((mode & 0x80) != 0) {
      settings.tls = smtp::TlsMode::opportunistic;
      settings.chunking = true;
      settings.letters_ahead = (mode & 0x20) != 0 ? 8 : 0;
    }
    session_ = smtp::open_session(settings);
    session_->connected(clock_.now());
    if ((mode & 1) != 0) {
      (void)receive(as_bytes(polite_greeting));
      (void)receive(as_bytes(polite_offer));
    }
  }
  // False: the session wants no more.
  bool receive(Bytes bytes) {
    session_->receive(bytes, clock_.now());
    submit();
    transmit();
    collect();
    clock_.turn(step_);
    if (clock_.now() >= session_->deadline()) {
      session_->expire(clock_.now());
      collect();
    }
    if (session_->wants_tls()) {
      session_->secured(clock_.now());
      transmit();
    }
    return !session_->wants_close();
  }
  void end() {
    transmit();
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
    demand(room <= session_->vitals().stream_limit && room <= 8,
           "there is not more room than was asked for");
    const auto count = std::min<std::size_t>(room, slots_max - jobs_.size());
    for (std::size_t i = 0; i < count; ++i) {
      const auto slot = std::to_string(jobs_.size());
      Letter& letter = letters_.emplace_back();
      letter.sender = "it@school.example";
      letter.recipient = "user" + slot + "@pupils.example";
      letter.id = slot;
      letter.utf8 = jobs_.size() % 8 == 7;
      const auto head = "Subject: letter " + slot + "\r\n\r\n";
      const auto bytes = as_bytes(head);
      letter.head.assign(bytes.begin(), bytes.end());
      letter.body = as_bytes("Hello.\r\n");
      Job& job = jobs_.emplace_back();
      job.channel = Channel::mail;
      job.letter = &letter;
      session_->submit(static_cast<Slot>(jobs_.size() - 1), job, content_, clock_.now());
    }
  }
  void transmit() {
    std::array<Byte, 512> room{};
    for (std::size_t i = 0; i < quiet_after; ++i) {
      const auto size = session_->transmit(MutableBytes(room).first(room_), clock_.now());
      if (size == 0) {
        return;
      }
      said_ += as_text(Bytes(room).first(size));
    }
    demand(false, "a session has said all it has to say at some time");
  }
  void collect() {
    std::vector<wire::Answer> answers;
    session_->take_answers(answers);
    for (const auto& answer : answers) {
      ++answers_[answer.slot];
      const auto& reply = letters_[answer.slot].reply;
      demand(reply.size() <= limits::reply_bytes_max, "a reply is cut");
      demand(std::all_of(reply.begin(), reply.end(), [](char c) { return c >= ' ' && c < 0x7f; }),
             "a reply is printable");
      const auto end = "letter " + std::to_string(answer.slot) + "\r\n\r\nHello.\r\n";
      const bool written = said_.find(end) != std::string::npos;
      demand(written || answer.fate != wire::Fate::in_doubt, "what was not written is no doubt");
      demand(written || answer.status / 100 != 2, "what was not written is not accepted");
    }
  }

  Duration step_;
  std::size_t room_;  // bytes a transmit() call
  std::string said_;
  FakeClock clock_;
  Content content_;
  std::deque<Letter> letters_;  // by slot
  std::deque<Job> jobs_;
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
