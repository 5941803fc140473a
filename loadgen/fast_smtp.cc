#include "loadgen/fast_smtp.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include "base/log.h"

namespace muster::loadgen {
namespace {

constexpr std::size_t line_bytes_max = 12'288;
constexpr std::string_view end_of_text = "\r\n.\r\n";

constexpr unsigned verb(const char* letters) {
  return static_cast<unsigned>(letters[0]) << 24U | static_cast<unsigned>(letters[1]) << 16U |
         static_cast<unsigned>(letters[2]) << 8U | static_cast<unsigned>(letters[3]);
}

// The first four letters in upper case, whatever they are.
unsigned verb_of(std::string_view line) {
  if (line.size() < 4) {
    return 0;
  }
  constexpr unsigned to_upper_case = 0xdfdfdfdf;
  return verb(line.data()) & to_upper_case;
}

}  // namespace

FastSmtp::FastSmtp(SmtpPeer& peer, bool tls) : peer_(peer), tls_(tls) {
  constexpr std::string_view greeting = "220 loadgen.invalid ESMTP\r\n";
  out_.assign(greeting.begin(), greeting.end());
}

void FastSmtp::receive(Bytes plaintext, Instant now) {
  const bool none_yet = peer_.stats.messages == 0;
  auto bytes = as_text(plaintext);
  while (!bytes.empty() && !closing_) {
    switch (mode_) {
      case Mode::command:
      case Mode::login:
        bytes.remove_prefix(take_command(bytes));
        break;
      case Mode::text:
        bytes.remove_prefix(take_text(bytes));
        break;
      case Mode::chunk:
        bytes.remove_prefix(take_chunk(bytes));
        break;
      case Mode::securing:
        closing_ = true;  // words in clear behind STARTTLS
        break;
    }
  }
  if (none_yet && peer_.stats.messages > 0) {
    log::info("loadgen", "first message", {{"at_ns", now.nanoseconds}});
  }
  if (peer_.delay == Duration{0}) {
    out_.insert(out_.end(), replies_.begin(), replies_.end());
    replies_.clear();
  } else if (!replies_.empty()) {
    waiting_.push_back({now + peer_.delay, std::exchange(replies_, {})});
  }
}

std::size_t FastSmtp::take_command(std::string_view bytes) {
  const auto end = bytes.find('\n');
  if (end == std::string_view::npos) {
    line_ += bytes;
    closing_ = line_.size() > line_bytes_max;
    return bytes.size();
  }
  if (line_.empty()) {
    obey(bytes.substr(0, end));
  } else {
    line_ += bytes.substr(0, end);
    obey(line_);
    line_.clear();
  }
  return end + 1;
}

void FastSmtp::obey(std::string_view line) {
  if (mode_ == Mode::login) {
    // PLAIN without an initial response, or LOGIN's two answers.
    mode_ = --chunk_left_ == 0 ? Mode::command : Mode::login;
    reply(mode_ == Mode::command ? "235 2.7.0 Ok\r\n" : "334 UGFzc3dvcmQ6\r\n");
    peer_.stats.logins += mode_ == Mode::command ? 1 : 0;
    return;
  }
  switch (verb_of(line)) {
    case verb("MAIL"):
      reply("250 2.1.0 Ok\r\n");
      break;
    case verb("RCPT"):
      ++peer_.stats.recipients;
      reply("250 2.1.5 Ok\r\n");
      break;
    case verb("DATA"):
      mode_ = Mode::text;
      std::memcpy(last_.data(), "\0\0\r\n", last_.size());
      reply("354 Go on\r\n");
      break;
    case verb("BDAT"):
      begin_chunk(line);
      break;
    case verb("EHLO"):
    case verb("HELO"):
      hello();
      break;
    case verb("STAR"):
      mode_ = Mode::securing;
      reply("220 2.0.0 Ready\r\n");
      break;
    case verb("AUTH"): {
      // How many lines of the client's follow.
      const bool login = line.find("LOGIN") != std::string_view::npos;
      const auto words = std::count(line.begin(), line.end(), ' ');
      chunk_left_ = (login ? 2U : 1U) - (words > 1 ? 1U : 0U);
      mode_ = chunk_left_ == 0 ? Mode::command : Mode::login;
      peer_.stats.logins += chunk_left_ == 0 ? 1 : 0;
      reply(chunk_left_ == 0            ? "235 2.7.0 Ok\r\n"
            : login && chunk_left_ == 2 ? "334 VXNlcm5hbWU6\r\n"
            : login                     ? "334 UGFzc3dvcmQ6\r\n"
                                        : "334 \r\n");
      break;
    }
    case verb("QUIT"):
      reply("221 2.0.0 Bye\r\n");
      closing_ = true;
      break;
    case verb("RSET"):
      ++peer_.stats.resets;
      reply("250 2.0.0 Ok\r\n");
      break;
    case verb("NOOP"):
      reply("250 2.0.0 Ok\r\n");
      break;
    default:
      peer_.stats.slip("an unknown command", line);
      reply("500 5.5.2 Command unrecognized\r\n");
      break;
  }
}

void FastSmtp::hello() {
  const auto& rules = peer_.rules;
  reply("250-loadgen.invalid\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n");
  reply("250-ENHANCEDSTATUSCODES\r\n");
  if (rules.pipelining) {
    reply("250-PIPELINING\r\n");
  }
  if (rules.chunking) {
    reply("250-CHUNKING\r\n");
  }
  if (rules.starttls && !tls_) {
    reply("250-STARTTLS\r\n");
  }
  if (!rules.user.empty() && (tls_ || !rules.login_only_over_tls)) {
    reply("250-AUTH PLAIN LOGIN\r\n");
  }
  reply("250 SIZE " + std::to_string(rules.size_max) + "\r\n");
}

std::size_t FastSmtp::take_text(std::string_view bytes) {
  // An end that began in the read before: what was last, and the first few of this one.
  std::array<char, 8> seam{};
  const auto more = std::min<std::size_t>(bytes.size(), 4);
  std::memcpy(seam.data(), last_.data(), 4);
  std::memcpy(seam.data() + 4, bytes.data(), more);
  const auto at = std::string_view(seam.data(), 4 + more).find(end_of_text);
  std::size_t taken = 0;
  if (at != std::string_view::npos) {
    taken = at + end_of_text.size() - 4;
  } else {
    const auto* found = static_cast<const char*>(
        ::memmem(bytes.data(), bytes.size(), end_of_text.data(), end_of_text.size()));
    if (found == nullptr) {
      const auto kept = std::min<std::size_t>(bytes.size(), 4);
      std::memmove(last_.data(), last_.data() + kept, 4 - kept);
      std::memcpy(last_.data() + 4 - kept, bytes.data() + bytes.size() - kept, kept);
      peer_.stats.octets += bytes.size();
      return bytes.size();
    }
    taken = static_cast<std::size_t>(found - bytes.data()) + end_of_text.size();
  }
  mode_ = Mode::command;
  peer_.stats.octets += taken;
  end_message();
  return taken;
}

void FastSmtp::begin_chunk(std::string_view line) {
  const auto number = line.substr(std::min<std::size_t>(line.size(), 5));
  chunk_left_ = 0;
  (void)std::from_chars(number.data(), number.data() + number.size(), chunk_left_);
  chunk_last_ = line.find("LAST") != std::string_view::npos;
  mode_ = Mode::chunk;
  if (chunk_left_ == 0) {
    (void)take_chunk({});
  }
}

std::size_t FastSmtp::take_chunk(std::string_view bytes) {
  const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(chunk_left_, bytes.size()));
  chunk_left_ -= taken;
  peer_.stats.octets += taken;
  if (chunk_left_ == 0) {
    mode_ = Mode::command;
    if (chunk_last_) {
      end_message();
    } else {
      reply("250 2.0.0 Ok\r\n");
    }
  }
  return taken;
}

void FastSmtp::end_message() {
  ++peer_.stats.messages;
  peer_.stats.in_clear += tls_ ? 0 : 1;
  reply("250 2.0.0 Ok: queued as FAST\r\n");
}

void FastSmtp::transmit(std::vector<Byte>& to) {
  if (to.empty()) {
    to.swap(out_);
  } else {
    to.insert(to.end(), out_.begin(), out_.end());
  }
  out_.clear();
}

Instant FastSmtp::deadline() const {
  return waiting_.empty() ? Instant::never() : waiting_.front().due;
}

void FastSmtp::expire(Instant now) {
  while (!waiting_.empty() && waiting_.front().due <= now) {
    const auto& replies = waiting_.front().replies;
    out_.insert(out_.end(), replies.begin(), replies.end());
    waiting_.pop_front();
  }
}

void FastSmtp::secured(Instant /*now*/) {
  ++peer_.stats.secured;
  tls_ = true;
  mode_ = Mode::command;
}

}  // namespace muster::loadgen
