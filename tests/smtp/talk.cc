#include "tests/smtp/talk.h"

#include <algorithm>

#include "base/bytes.h"

namespace muster::smtp::testing {
namespace {

std::string number(Slot slot) {
  return std::to_string(slot);
}
std::string head(Slot slot) {
  return "Subject: letter " + number(slot) + "\r\n\r\n";
}
constexpr std::string_view shared_body = "Hello.\r\n";

}  // namespace

SessionSettings Talk::in_clear() {
  SessionSettings settings;
  settings.own_name = "us.example";
  return settings;
}

SessionSettings Talk::logging_in() {
  auto settings = in_clear();
  settings.tls = TlsMode::implicit;
  settings.verified = true;
  settings.login = Login{"user", "pencil"};
  return settings;
}

Talk::Talk(const SessionSettings& settings) : session(open_session(settings)) {}

void Talk::connect() {
  session->connected(clock.now());
}

void Talk::open(std::string_view offer) {
  connect();
  (void)after("220 mx.example ESMTP\r\n");
  hear(offer);
}

void Talk::hear(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); at += piece) {
    session->receive(as_bytes(text.substr(at, piece)), clock.now());
  }
  collect();
}

std::string Talk::said() {
  std::string text;
  std::vector<Byte> bytes(room);
  for (std::size_t size = 0; (size = session->transmit(bytes, clock.now())) != 0;) {
    text += as_text(Bytes(bytes).first(size));
  }
  return text;
}

std::string Talk::after(std::string_view text) {
  (void)said();
  hear(text);
  return said();
}

void Talk::wait(Duration by) {
  const Instant end = clock.now() + by;
  while (session->deadline() <= end) {
    clock.turn_to(std::max(session->deadline(), clock.now()));
    session->expire(clock.now());
    collect();
    (void)said();
  }
  clock.turn_to(end);
}

void Talk::secure() {
  session->secured(clock.now());
}

void Talk::lose(ErrorCode code) {
  session->lost(Error{code, 0}, clock.now());
  collect();
}

Letter& Talk::add_letter() {
  const auto slot = static_cast<Slot>(letters.size());
  Letter& letter = letters.emplace_back();
  letter.sender = "it@school.example";
  letter.recipient = "user" + number(slot) + "@pupils.example";
  letter.id = "id" + number(slot);
  const auto text = head(slot);
  const auto bytes = as_bytes(text);
  letter.head.assign(bytes.begin(), bytes.end());
  letter.body = as_bytes(shared_body);
  Job& job = jobs.emplace_back();
  job.channel = Channel::mail;
  job.letter = &letter;
  return letter;
}

void Talk::submit(std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) {
    add_letter();
    submit_last();
  }
}

void Talk::submit_last() {
  session->submit(static_cast<Slot>(jobs.size() - 1), jobs.back(), content, clock.now());
  collect();
}

void Talk::drain() {
  session->drain(clock.now());
  collect();
}

void Talk::collect() {
  session->take_answers(answers);
}

const wire::Answer* Talk::answer_of(Slot slot) const {
  const auto at = std::find_if(answers.begin(), answers.end(),
                               [&](const wire::Answer& answer) { return answer.slot == slot; });
  return at == answers.end() ? nullptr : &*at;
}

std::string Talk::became(Slot slot) const {
  const auto count = std::count_if(answers.begin(), answers.end(),
                                   [&](const wire::Answer& answer) { return answer.slot == slot; });
  if (count != 1) {
    return count == 0 ? "none" : "twice";
  }
  const auto& answer = *answer_of(slot);
  const std::string reason(name_of(answer.reason));
  switch (answer.fate) {
    case wire::Fate::answered:
      return "answered " + std::to_string(answer.status) + (reason.empty() ? "" : " " + reason);
    case wire::Fate::unprocessed:
      return "unprocessed";
    case wire::Fate::in_doubt:
      return "in doubt " + reason;
  }
  return "";
}

std::string mail(Slot /*slot*/) {
  return "MAIL FROM:<it@school.example>\r\n";
}
std::string rcpt(Slot slot) {
  return "RCPT TO:<user" + number(slot) + "@pupils.example>\r\n";
}
std::string envelope(Slot slot) {
  return mail(slot) + rcpt(slot) + "DATA\r\n";
}
std::string message(Slot slot) {
  return head(slot) + std::string(shared_body);
}
std::string body(Slot slot) {
  return message(slot) + ".\r\n";
}

}  // namespace muster::smtp::testing
