#include "loadgen/strict_smtp.h"

#include <algorithm>
#include <utility>

#include "crypto/digest.h"

namespace muster::loadgen {
namespace {

constexpr std::size_t command_bytes_max = 512;     // CR LF included; RFC 5321 §4.5.3.1.4
constexpr std::size_t auth_bytes_max = 12'288;     // RFC 4954 §4
constexpr std::size_t text_line_give_up = 65'536;  // far beyond the 1,000 that are a slip
constexpr std::size_t endless_bytes = 4096;        // a millisecond
constexpr std::size_t out_bytes_max = 65'536;      // of an endless reply, not yet taken

bool is_auth(std::string_view line) {
  return lower_case(line.substr(0, 5)) == "auth ";
}

// "250-2.1.0 Ok (line 1)" … "250 2.1.0 Ok"
std::string in_lines(std::uint16_t code, const std::string& text, std::uint32_t lines) {
  const auto number = std::to_string(code);
  std::string made;
  for (std::uint32_t i = 1; i < lines; ++i) {
    made.append(number).append("-").append(text);
    made.append(" (line ").append(std::to_string(i)).append(")\r\n");
  }
  return made + number + " " + text + "\r\n";
}

}  // namespace

StrictSmtp::StrictSmtp(SmtpPeer& peer, const Start& start, Instant now)
    : peer_(peer), number_(start.number), tls_(start.tls) {
  if (start.fault != nullptr) {
    strike(*start.fault, now);
  }
  if (start.crowded) {
    refuse(SmtpEvent::greeting, 421, "4.7.0 Too many connections at once", now);
    hang_up();
  } else if (!deaf_ && !wish_.dead && !wish_.reset && !meet(SmtpEvent::greeting, 0, now)) {
    say(220, "loadgen.invalid ESMTP muster-loadgen", now);
  }
  leave_due(now);
}

// ── bytes and time ──

void StrictSmtp::receive(Bytes plaintext, Instant now) {
  // Where the injected words trickle, a client has begun TLS before it can know of them: what it
  // says is no plaintext, and no slip of its own.
  if (deaf_ || wish_.dead || wish_.reset || injected_) {
    return;
  }
  if (!awaiting_.empty()) {
    out_of_turn(awaiting_, as_text(plaintext), now);
  } else {
    in_ += as_text(plaintext);
    work(now);
  }
  leave_due(now);
}

void StrictSmtp::work(Instant now) {
  while (!deaf_ && !wish_.dead && !wish_.reset && !rest_is_empty()) {
    if (mode_ == Mode::chunk) {
      take_chunk(now);
      continue;
    }
    std::string_view line;
    if (!take_line(line, now)) {
      break;
    }
    if (mode_ == Mode::text) {
      text_line(line, now);
    } else if (mode_ == Mode::login) {
      log_in_further(line, now);
    } else {
      obey(line, now);
    }
  }
  in_.erase(0, in_at_);
  in_at_ = 0;
}

bool StrictSmtp::take_line(std::string_view& line, Instant now) {
  const auto rest = std::string_view(in_).substr(in_at_);
  const auto end = rest.find('\n');
  line = rest.substr(0, end);
  const auto cr = line.find('\r');
  const bool complete = end != std::string_view::npos;
  if (cr != std::string_view::npos ? cr + 1 != line.size() : complete) {
    slip(cr == std::string_view::npos ? "a bare LF" : "a bare CR", line);
    say(cr == std::string_view::npos ? 550 : 521,
        cr == std::string_view::npos ? "5.5.2 bare <LF> received" : "5.5.2 bare <CR> received",
        now);
    hang_up();
    return false;
  }
  const auto most = mode_ == Mode::text                     ? text_line_give_up
                    : mode_ == Mode::login || is_auth(line) ? auth_bytes_max
                                                            : command_bytes_max;
  if (line.size() + 1 > most) {
    slip(mode_ == Mode::text ? "a text line without end" : "a command line that is too long",
         mode_ == Mode::login || is_auth(line) ? "AUTH" : line);
    say(500, "5.5.2 Line too long", now);
    hang_up();
    return false;
  }
  if (complete) {
    line.remove_suffix(1);
    in_at_ += end + 1;
  }
  return complete;
}

void StrictSmtp::take_chunk(Instant now) {
  const auto rest = std::string_view(in_).substr(in_at_);
  const auto taken = std::min<std::uint64_t>(chunk_.left, rest.size());
  if (!chunk_.refused) {
    add_text(rest.substr(0, taken));
  }
  in_at_ += taken;
  chunk_.left -= taken;
  if (chunk_.left == 0) {
    end_chunk(now);
  }
}

void StrictSmtp::out_of_turn(std::string_view after, std::string_view example, Instant now) {
  // Postfix answers this in place of the command's reply, and so do we where it is not out yet.
  if (peer_.rules.pipelining || after == "the connection") {
    slip("bytes ahead of the reply to " + std::string(after), example);
    say(554, "5.5.0 Error: SMTP protocol synchronization", now);
  } else {
    slip("pipelining that was not offered", std::string(after) + " and " + std::string(example));
    say(500, "5.5.1 pipelining not supported", now);
  }
  hang_up();
}

void StrictSmtp::transmit(std::vector<Byte>& to) {
  to.insert(to.end(), out_.begin(), out_.end());
  out_.clear();
  if (due_.empty() && !wish_.dead) {
    awaiting_.clear();
  }
}

Instant StrictSmtp::deadline() const {
  return std::min(due_.empty() ? Instant::never() : due_.front().due, endless_at_);
}

void StrictSmtp::expire(Instant now) {
  if (endless_ != nullptr && endless_at_ <= now) {
    endless_at_ = now + std::chrono::milliseconds(1);
    while (out_.size() < out_bytes_max && out_.size() < endless_bytes) {
      const std::string_view more = endless_->one_line ? "and so on, " : "250-and so on\r\n";
      out_.insert(out_.end(), more.begin(), more.end());
    }
  }
  leave_due(now);
}

void StrictSmtp::secured(Instant /*now*/) {
  // RFC 3207 §4.2: what was known before is forgotten.
  ++peer_.stats.secured;
  tls_ = true;
  mode_ = Mode::command;
  greeted_ = extended_ = logged_in_ = false;
  end_transaction();
}

void StrictSmtp::lost(Instant /*now*/) {
  for (const auto& reply : due_) {
    journal(reply.records, false);
  }
  due_.clear();
  const bool by_us = closing_ || deaf_ || wish_.dead || wish_.reset;
  peer_.stats.ended_without_quit += by_us ? 0 : 1;
}

// ── faults ──

void StrictSmtp::strike(const SmtpFault& fault, Instant now) {
  switch (fault.kind) {
    case SmtpFault::Kind::eof:
      hang_up();
      break;
    case SmtpFault::Kind::close:
      wish_.reset = true;
      break;
    case SmtpFault::Kind::endless:
      endless_ = &fault;
      endless_at_ = now;
      deaf_ = true;
      break;
    case SmtpFault::Kind::silence:
      deaf_ = true;
      break;
    case SmtpFault::Kind::half_open:
      wish_.dead = true;
      break;
    case SmtpFault::Kind::trickle:
      wish_.trickle = true;
      wish_.pause = fault.pause;
      break;
    default:
      break;  // coloured replies: see meet()
  }
}

bool StrictSmtp::meet(SmtpEvent event, std::uint64_t subject, Instant now) {
  const auto* fault = peer_.faults.next(event, subject);
  struck_ = fault;
  if (fault == nullptr) {
    return false;
  }
  using Kind = SmtpFault::Kind;
  if (fault->kind == Kind::greylist) {
    refuse(event, 451, "4.7.1 Greylisted, try again later", now);
    return true;
  }
  if (fault->kind == Kind::reply && fault->code >= 400) {
    const auto enhanced = fault->enhanced.empty() ? std::string() : fault->enhanced + " ";
    refuse(event, fault->code, enhanced + fault->text, now);
    if (fault->hang_up || fault->code == 421 || event == SmtpEvent::greeting) {
      hang_up();
    }
    return true;
  }
  strike(*fault, now);
  return deaf_ || wish_.dead || wish_.reset;
}

// ── replies ──

void StrictSmtp::say(std::uint16_t code, const std::string& text, Instant now, Records records) {
  const bool many = struck_ != nullptr && struck_->kind == SmtpFault::Kind::reply;
  say_raw(in_lines(code, text, many ? struck_->lines : 1), now, std::move(records));
}

void StrictSmtp::say_raw(std::string text, Instant now, Records records) {
  due_.push_back({now + peer_.delay, std::move(text), std::move(records)});
}

void StrictSmtp::refuse(SmtpEvent on, std::uint16_t code, const std::string& text, Instant now) {
  ++peer_.stats.refused[std::string(name_of(on)) + " " + std::to_string(code)];
  if (on == SmtpEvent::mail) {
    transaction_.refusal = code;
  }
  say(code, text, now, records_of(on, code, now));
}

void StrictSmtp::slip(std::string_view kind, std::string_view example) {
  peer_.stats.slip(kind, example);
}

void StrictSmtp::hang_up() {
  closing_ = true;
  deaf_ = true;
  wish_.linger = true;
}

void StrictSmtp::leave_due(Instant now) {
  // A dead or reset connection answers nothing more; lost() journals what waits.
  while (!due_.empty() && due_.front().due <= now && !wish_.dead && !wish_.reset) {
    const auto& reply = due_.front();
    out_.insert(out_.end(), reply.text.begin(), reply.text.end());
    journal(reply.records, true);
    due_.pop_front();
  }
}

// ── the journal ──

void StrictSmtp::journal(const Records& records, bool answered) {
  for (auto record : records) {
    const bool accepted = record.status < 300;
    if (!accepted && !answered) {
      continue;  // a refusal that nobody heard changes nothing
    }
    peer_.stats.withheld += answered ? 0 : 1;
    record.answered = answered;
    if (peer_.journal != nullptr) {
      peer_.journal->add(record);
    }
  }
}

StrictSmtp::Records StrictSmtp::records_of(SmtpEvent event, std::uint16_t code, Instant now) const {
  Records records;
  if (event == SmtpEvent::rcpt) {
    records.push_back(record_of(at_hand_, code, now));
  } else if (event == SmtpEvent::data || event == SmtpEvent::dot) {
    for (const auto& recipient : transaction_.recipients) {
      records.push_back(record_of(recipient, code, now));
    }
  }
  return records;
}

JournalRecord StrictSmtp::record_of(const Recipient& to, std::uint16_t code, Instant now) const {
  JournalRecord record;
  const auto id = message_id_ ? message_id_ : uuid_within(transaction_.mail.envelope_id);
  record.apns_id = id.value_or(record.apns_id);
  record.token = to.hash;
  record.at = now;
  record.connection = number_;
  record.stream = messages_ended_ + 1;
  record.status = code;
  record.channel = Channel::mail;
  return record;
}

}  // namespace muster::loadgen
