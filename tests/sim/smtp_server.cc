#include "tests/sim/smtp_server.h"

#include <algorithm>

namespace muster::sim {
namespace {
constexpr std::string_view line_end = "\r\n";
constexpr std::string_view letter_end = "\r\n.\r\n";
}  // namespace

SmtpServer::SmtpServer(FarEnd& far_end, std::uint64_t seed, Instant now)
    : far_end_(far_end), random_(seed), now_(now) {
  const auto& options = far_end.options;
  if (options.letters_a_connection != 0) {
    letters_left_ = options.letters_a_connection;
  }
  if (fault(options.faults.mail_busy)) {
    leave("421 4.3.2 too busy");
  } else {
    reply(220, "simulated ESMTP");
  }
}

bool SmtpServer::fault(double share) {
  return far_end_.faulty && random_.chance(share);
}

void SmtpServer::receive(Bytes bytes, Instant now) {
  now_ = now;
  const bool eager = !out_.empty() && out_.back().first > now && !body_;
  if (eager && !far_end_.options.pipelining && !leaving_) {
    far_end_.complaints.emplace_back("a command before the reply to the last one");
  }
  in_ += as_text(bytes);
  while (!leaving_) {
    const auto end = in_.find(body_ ? letter_end : line_end);
    if (end == std::string::npos) {
      return;
    }
    if (body_) {
      const auto text = in_.substr(0, end + line_end.size());
      in_.erase(0, end + letter_end.size());
      take_letter(text);
    } else {
      const auto line = in_.substr(0, end);
      in_.erase(0, end + line_end.size());
      take_line(line);
    }
  }
}

void SmtpServer::take_line(std::string_view line) {
  const auto begins = [&](std::string_view verb) { return line.starts_with(verb); };
  if (begins("QUIT")) {
    leave("221 2.0.0 bye");
  } else if (begins("EHLO") || begins("HELO")) {
    greeted_ = true;
    out_.emplace_back(now_, far_end_.options.pipelining
                                ? "250-simulated\r\n250-PIPELINING\r\n250 8BITMIME\r\n"
                                : "250-simulated\r\n250 8BITMIME\r\n");
  } else if (begins("RSET")) {
    sender_ = false;
    recipient_.clear();
    reply(250, "2.0.0 forgotten");
  } else if (begins("MAIL FROM:")) {
    begin_letter();
  } else if (begins("RCPT TO:<")) {
    take_recipient(line);
  } else if (begins("DATA")) {
    take_data();
  } else {
    far_end_.complaints.push_back("no command: " + std::string(line));
    reply(500, "5.5.2 what?");
  }
}

void SmtpServer::begin_letter() {
  if (!greeted_ || sender_) {
    far_end_.complaints.emplace_back("MAIL where none is due");
  }
  if (letters_left_ == 0) {
    leave("421 4.7.0 enough letters for this connection");
  } else if (fault(far_end_.options.faults.mail_leave)) {
    leave("421 4.3.0 shutting down");
  } else if (fault(far_end_.options.faults.mail_deferred)) {
    reply(451, "4.3.0 later");
  } else {
    sender_ = true;
    reply(250, "2.1.0 ok");
  }
}

void SmtpServer::take_recipient(std::string_view line) {
  ++far_end_.requests;
  const auto from = line.find('<') + 1;
  const auto address = std::string(line.substr(from, line.find('>') - from));
  const auto name = address.substr(0, address.find('@'));
  auto& deeds = far_end_.journal[name];
  ++deeds.requests;
  deeds.path = address;
  if (!sender_) {
    ++deeds.by_status[503];
    reply(503, "5.5.1 MAIL first");
  } else if (fault(far_end_.options.faults.mail_leave)) {
    ++deeds.by_status[421];
    leave("421 4.3.0 shutting down");
  } else if (fault(far_end_.options.faults.mail_deferred)) {
    ++deeds.by_status[450];
    reply(450, "4.7.1 greylisted");
  } else if (fault(far_end_.options.faults.mail_refused)) {
    ++deeds.by_status[550];
    reply(550, "5.1.1 unknown");
  } else {
    recipient_ = name;
    reply(250, "2.1.5 ok");
  }
}

void SmtpServer::take_data() {
  if (recipient_.empty()) {
    reply(503, "5.5.1 RCPT first");
  } else if (fault(far_end_.options.faults.mail_deferred)) {
    ++deeds().by_status[451];
    reply(451, "4.3.0 later");  // the transaction stays open until RSET
  } else {
    body_ = true;
    reply(354, "go on");
  }
}

void SmtpServer::take_letter(std::string_view text) {
  body_ = false;
  sender_ = false;
  auto& known = deeds();
  known.body = text;
  recipient_.clear();
  if (fault(far_end_.options.faults.mail_deferred)) {
    ++known.by_status[451];
    reply(451, "4.3.0 later");
    return;
  }
  if (fault(far_end_.options.faults.mail_refused)) {
    ++known.by_status[554];
    reply(554, "5.6.0 refused");
    return;
  }
  ++known.acted;
  ++known.by_status[250];
  letters_left_ -= letters_left_ == UINT32_MAX ? 0 : 1;
  if (fault(far_end_.options.faults.mail_silent_end)) {
    leave("");
    return;
  }
  reply(250, "2.0.0 queued as 4F1A2B");
}

void SmtpServer::reply(int code, std::string_view text) {
  // A letter waits for several replies, one after the other, so that only some are as slow as APNs:
  // otherwise a connection alone would not come to its end in time.
  constexpr double slow_share = 0.02;
  constexpr std::uint64_t quicker = 20;
  const auto most = static_cast<std::uint64_t>(far_end_.options.latency_most.count());
  const auto latency = random_.chance(slow_share) ? most : most / quicker;
  auto at = now_ + Duration{static_cast<std::int64_t>(random_.below(latency + 1))};
  if (!out_.empty()) {
    at = std::max(at, out_.back().first);
  }
  out_.emplace_back(at, std::to_string(code) + " " + std::string(text) + "\r\n");
}

void SmtpServer::leave(std::string_view words) {
  leaving_ = true;
  if (!words.empty()) {
    out_.emplace_back(out_.empty() ? now_ : std::max(now_, out_.back().first),
                      std::string(words) + "\r\n");
  }
}

std::vector<Byte> SmtpServer::transmit(Instant now) {
  std::vector<Byte> said;
  while (!out_.empty() && out_.front().first <= now) {
    const auto bytes = as_bytes(out_.front().second);
    said.insert(said.end(), bytes.begin(), bytes.end());
    out_.pop_front();
  }
  return said;
}

Instant SmtpServer::next() const {
  return out_.empty() ? Instant::never() : out_.front().first;
}

bool SmtpServer::finished(Instant /*now*/) const {
  return leaving_ && out_.empty();
}

}  // namespace muster::sim
