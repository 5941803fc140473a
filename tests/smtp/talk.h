// A session and a test that plays its server by hand, word for word.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "smtp/session.h"
#include "wire/session.h"

namespace muster::smtp::testing {

inline constexpr std::string_view plain_offer = "250 mx.example\r\n";
inline constexpr std::string_view pipelining_offer =
    "250-mx.example\r\n250-PIPELINING\r\n250 ENHANCEDSTATUSCODES\r\n";

struct Talk {
  explicit Talk(const SessionSettings& settings = in_clear());
  [[nodiscard]] static SessionSettings in_clear();
  // With a login, over TLS that is there from the beginning and was verified.
  [[nodiscard]] static SessionSettings logging_in();

  void connect();
  // Connects and answers greeting and EHLO.
  void open(std::string_view offer = pipelining_offer);
  // The server says so, in pieces of `piece` bytes; takes answers.
  void hear(std::string_view text);
  // What the session says now, transmitted in rooms of `room` bytes.
  [[nodiscard]] std::string said();
  // Hears, and says what it says to that.
  [[nodiscard]] std::string after(std::string_view text);
  // Turns the clock and calls expire() as a network would.
  void wait(Duration by);
  void secure();
  void lose(ErrorCode code = ErrorCode::connection_reset);
  Letter& add_letter();
  // A letter whose recipient, head and body name its slot.
  void submit(std::uint32_t count = 1);
  void submit_last();  // what add_letter() made
  void drain();

  [[nodiscard]] wire::Vitals vitals() const { return session->vitals(); }
  [[nodiscard]] const wire::Answer* answer_of(Slot slot) const;
  // "answered 250 None", "unprocessed", "in doubt ConnectionLost"; "none" where there is no answer;
  // "twice" where there are several.
  [[nodiscard]] std::string became(Slot slot) const;
  [[nodiscard]] std::string reply_to(Slot slot) const { return letters[slot].reply; }
  void collect();

  FakeClock clock;
  std::unique_ptr<wire::DeliverySession> session;
  Content content;
  std::deque<Letter> letters;  // by slot
  std::deque<Job> jobs;
  std::vector<wire::Answer> answers;
  std::size_t piece = 65536;
  std::size_t room = 65536;
};

// What the session says for a letter of submit().
[[nodiscard]] std::string mail(Slot slot);
[[nodiscard]] std::string rcpt(Slot slot);
[[nodiscard]] std::string envelope(Slot slot);  // MAIL, RCPT, DATA
[[nodiscard]] std::string message(Slot slot);
[[nodiscard]] std::string body(Slot slot);  // the message and its dot

}  // namespace muster::smtp::testing
