// The commands of a strict mail server, and what becomes of a message.
#include <algorithm>
#include <array>
#include <utility>

#include "base/assert.h"
#include "crypto/digest.h"
#include "loadgen/strict_smtp.h"

namespace muster::loadgen {
namespace {

constexpr std::size_t recipients_max = 100;       // RFC 5321 §4.5.3.1.8
constexpr std::size_t text_line_bytes_max = 998;  // without CR LF; §4.5.3.1.6

// RFC 2920 §3.1: these may only stand last in a group.
bool last_in_group(std::string_view verb) {
  static constexpr std::array<std::string_view, 10> verbs{
      "EHLO", "HELO", "DATA", "VRFY", "EXPN", "QUIT", "NOOP", "HELP", "AUTH", "STARTTLS"};
  return std::find(verbs.begin(), verbs.end(), verb) != verbs.end();
}

// "0000002A00000003": the third message of connection 42. verdict.cc reads it back.
std::string queue_id(std::uint32_t connection, std::uint32_t message) {
  std::array<Byte, 8> bytes{};
  for (std::size_t i = 0; i < 4; ++i) {
    bytes[i] = static_cast<Byte>(connection >> (24 - 8 * i));
    bytes[4 + i] = static_cast<Byte>(message >> (24 - 8 * i));
  }
  return to_hex(bytes);
}

}  // namespace

void StrictSmtp::obey(std::string_view line, Instant now) {
  const auto command = read_command(line);
  struck_ = nullptr;
  const bool alone = last_in_group(command.verb) || !peer_.rules.pipelining;
  // A chunk is part of its command.
  if (alone && !rest_is_empty() && command.verb != "BDAT") {
    out_of_turn(command.verb, std::string_view(in_).substr(in_at_), now);
    return;
  }
  obey(command, line, now);
  if (alone && mode_ != Mode::chunk) {
    awaiting_ = command.verb;
  }
}

void StrictSmtp::obey(const SmtpCommand& command, std::string_view line, Instant now) {
  const auto& verb = command.verb;
  if (verb == "MAIL") {
    mail(command, now);
  } else if (verb == "RCPT") {
    rcpt(command, now);
  } else if (verb == "DATA") {
    data(command, now);
  } else if (verb == "BDAT") {
    bdat(command, now);
  } else if (verb == "EHLO" || verb == "HELO") {
    hello(command, now);
  } else if (verb == "STARTTLS") {
    start_tls(command, now);
  } else if (verb == "AUTH") {
    log_in(command, now);
  } else if (verb == "RSET") {
    ++peer_.stats.resets;
    end_transaction();
    say(250, "2.0.0 Ok", now);
  } else if (verb == "NOOP") {
    say(250, "2.0.0 Ok", now);
  } else if (verb == "VRFY") {
    say(252, "2.0.0 Send it and see", now);
  } else if (verb == "QUIT") {
    quit(now);
  } else {
    slip("an unknown command", line);
    say(500, "5.5.2 Command unrecognized", now);
  }
}

// ── the session ──

void StrictSmtp::hello(const SmtpCommand& command, Instant now) {
  if (!valid_host(command.argument)) {
    slip(command.verb + " without a host name", command.argument);
    say(501, "5.5.4 " + command.verb + " needs a host name", now);
    return;
  }
  if (meet(SmtpEvent::ehlo, 0, now)) {
    return;
  }
  end_transaction();
  greeted_ = true;
  extended_ = command.verb == "EHLO";
  const auto& rules = peer_.rules;
  std::vector<std::string> words{"loadgen.invalid greets " + std::string(command.argument)};
  if (extended_) {
    words.emplace_back("SIZE " + std::to_string(rules.size_max));
    for (const std::string_view word : {"8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES"}) {
      words.emplace_back(word);
    }
    const auto offer = [&words](bool offered, const std::string& word) {
      if (offered) {
        words.push_back(word);
      }
    };
    offer(rules.pipelining, "PIPELINING");
    offer(rules.chunking, "CHUNKING");
    offer(rules.starttls && !tls_, "STARTTLS");
    offer(offers_login(), "AUTH " + std::string(SmtpLogin::mechanisms));
    offer(rules.limits && rules.messages_per_connection > 0,
          "LIMITS MAILMAX=" + std::to_string(rules.messages_per_connection));
  }
  if (struck_ != nullptr && struck_->kind == SmtpFault::Kind::hide) {
    std::erase_if(words, [this](const std::string& word) {
      return word.substr(0, word.find(' ')) == struck_->text;
    });
  }
  const auto filler = struck_ != nullptr ? struck_->lines : 1;
  for (std::uint32_t i = 1; i < filler; ++i) {
    words.push_back("X-LINE-" + std::to_string(i));
  }
  std::string text;
  for (const auto& word : words) {
    text += (&word == &words.back() ? "250 " : "250-") + word + "\r\n";
  }
  say_raw(std::move(text), now);
}

void StrictSmtp::start_tls(const SmtpCommand& command, Instant now) {
  if (!peer_.rules.starttls || tls_ || !greeted_ || !command.argument.empty()) {
    slip("STARTTLS where it was not offered, or with words behind it", command.argument);
    say(502, "5.5.1 No STARTTLS here", now);
    return;
  }
  if (meet(SmtpEvent::starttls, 0, now)) {
    return;
  }
  std::string text = "220 2.0.0 Ready to start TLS\r\n";
  if (struck_ != nullptr && struck_->kind == SmtpFault::Kind::inject) {
    text += struck_->text + "\r\n";
    injected_ = true;
  }
  if (struck_ != nullptr && struck_->kind == SmtpFault::Kind::tls_alert) {
    wish_.alert = static_cast<int>(struck_->alert);
  }
  say_raw(std::move(text), now);
  mode_ = Mode::securing;
}

bool StrictSmtp::offers_login() const {
  return !peer_.rules.user.empty() && (tls_ || !peer_.rules.login_only_over_tls);
}

void StrictSmtp::log_in(const SmtpCommand& command, Instant now) {
  if (!offers_login() || !extended_ || logged_in_ || transaction_.tried) {
    slip("AUTH where it has no place", "");
    say(503, "5.5.1 No AUTH here", now);
    return;
  }
  if (meet(SmtpEvent::auth, 0, now)) {
    return;
  }
  login_.emplace(peer_.rules.user, peer_.rules.password);
  take_login(login_->begin(command.argument), now);
}

void StrictSmtp::log_in_further(std::string_view line, Instant now) {
  if (!rest_is_empty()) {
    out_of_turn("AUTH", "", now);
    return;
  }
  MUSTER_ASSERT(login_.has_value());  // Mode::login begins with one
  take_login(login_->go_on(line), now);
  awaiting_ = "AUTH";
}

void StrictSmtp::take_login(const SmtpLogin::Step& step, Instant now) {
  using Kind = SmtpLogin::Step::Kind;
  mode_ = step.kind == Kind::challenge ? Mode::login : Mode::command;
  switch (step.kind) {
    case Kind::challenge:
      say_raw("334 " + crypto::base64(as_bytes(step.text)) + "\r\n", now);
      break;
    case Kind::accepted:
      ++peer_.stats.logins;
      logged_in_ = true;
      say(235, "2.7.0 Welcome", now);
      break;
    case Kind::refused:
      ++peer_.stats.logins_refused;
      say(535, "5.7.8 Name or password is wrong", now);
      break;
    case Kind::malformed:
      slip("a malformed AUTH", step.text);
      say(501, "5.5.2 " + step.text, now);
      break;
    case Kind::unknown:
      slip("an AUTH mechanism that was not offered", "");
      say(504, "5.5.4 Unknown mechanism", now);
      break;
  }
}

void StrictSmtp::quit(Instant now) {
  quit_ = true;
  say(221, "2.0.0 Bye", now);
  hang_up();
}

// ── the envelope ──

bool StrictSmtp::may_mail(std::string_view example, Instant now) {
  const auto& rules = peer_.rules;
  if (!greeted_ || transaction_.open) {
    slip(greeted_ ? "MAIL inside a transaction" : "MAIL before EHLO", example);
    say(503, "5.5.1 Bad sequence of commands", now);
    return false;
  }
  if (!rules.user.empty() && !logged_in_) {
    refuse(SmtpEvent::mail, 530, "5.7.0 Authentication required", now);
    return false;
  }
  if (rules.messages_per_connection != 0 && messages_begun_ >= rules.messages_per_connection) {
    if (rules.limits && extended_) {
      slip("more messages than LIMITS allows", std::to_string(messages_begun_ + 1));
    }
    refuse(SmtpEvent::mail, 421, "4.7.0 Too many messages on this connection", now);
    hang_up();
    return false;
  }
  return true;
}

void StrictSmtp::mail(const SmtpCommand& command, Instant now) {
  if (!transaction_.open) {
    end_transaction();
    transaction_.tried = true;
  }
  if (!may_mail(command.argument, now)) {
    return;
  }
  auto read = read_mail(command.argument, {offers_login()});
  if (!read) {
    slip("MAIL: " + read.error(), command.argument);
    say(555, "5.5.4 Syntax: " + read.error(), now);
    return;
  }
  if (meet(SmtpEvent::mail, 0, now)) {
    return;
  }
  if (read->size.value_or(0) > peer_.rules.size_max) {
    refuse(SmtpEvent::mail, 552, "5.3.4 Message size exceeds the limit", now);
    return;
  }
  ++messages_begun_;
  transaction_.open = true;
  transaction_.mail = std::move(*read);
  say(250, "2.1.0 Ok", now);
}

void StrictSmtp::rcpt(const SmtpCommand& command, Instant now) {
  auto read = read_rcpt(command.argument, transaction_.mail.utf8 || !transaction_.open);
  if (!read) {
    slip("RCPT: " + read.error(), command.argument);
    say(501, "5.1.3 Syntax: " + read.error(), now);
    return;
  }
  at_hand_.address = std::move(read->recipient);
  at_hand_.hash = crypto::sha256(as_bytes(lower_case(at_hand_.address)));
  if (!transaction_.open) {
    if (!transaction_.tried) {
      slip("RCPT without MAIL", command.argument);
    }
    // In one group with a refused MAIL: what that said goes for this recipient.
    const auto code = transaction_.refusal;
    say(503, "5.5.1 MAIL first", now,
        code == 0 ? Records() : records_of(SmtpEvent::rcpt, code, now));
    return;
  }
  transaction_.rcpt_tried = true;
  if (meet(SmtpEvent::rcpt, fault_subject(at_hand_.hash), now)) {
    return;
  }
  if (transaction_.recipients.size() == recipients_max) {
    refuse(SmtpEvent::rcpt, 452, "4.5.3 Too many recipients", now);
    return;
  }
  transaction_.recipients.push_back(at_hand_);
  say(250, "2.1.5 Ok", now);
}

void StrictSmtp::data(const SmtpCommand& command, Instant now) {
  if (!command.argument.empty() || !transaction_.tried || transaction_.chunked ||
      (transaction_.open && !transaction_.rcpt_tried)) {
    slip("DATA out of its place", command.argument);
    say(503, "5.5.1 Bad sequence of commands", now);
    return;
  }
  const auto& to = transaction_.recipients;
  if (meet(SmtpEvent::data, to.empty() ? 0 : fault_subject(to.front().hash), now)) {
    return;
  }
  const bool anyway = struck_ != nullptr && struck_->kind == SmtpFault::Kind::go_ahead;
  if (to.empty() && !anyway) {
    say(transaction_.open ? 554 : 503, "5.5.1 No valid recipients", now);
    return;
  }
  mode_ = Mode::text;
  say(354, "End data with <CR><LF>.<CR><LF>", now);
}

// ── the message ──

void StrictSmtp::text_line(std::string_view line, Instant now) {
  if (line == ".") {
    end_of_text(now);
    return;
  }
  const auto complain = [&](std::string_view kind) {
    if (!text_fault_) {
      text_fault_ = MessageFault{std::string(kind), std::string(line.substr(0, 80))};
    }
  };
  if (line.starts_with('.')) {
    if (!line.starts_with("..")) {
      complain("a line that begins with an unescaped dot");
    }
    line.remove_prefix(1);
  }
  if (line.size() > text_line_bytes_max) {
    complain("a text line that is too long");
  }
  add_text(line);
  add_text("\r\n");
}

void StrictSmtp::add_text(std::string_view text) {
  message_too_large_ = message_too_large_ || message_.size() + text.size() > peer_.rules.size_max;
  if (!message_too_large_) {
    message_ += text;
  }
}

void StrictSmtp::end_of_text(Instant now) {
  mode_ = Mode::command;
  struck_ = nullptr;
  if (!peer_.rules.pipelining && !rest_is_empty()) {
    ++peer_.stats.not_acted_on;
    out_of_turn("the dot", std::string_view(in_).substr(in_at_), now);
    return;
  }
  if (!peer_.rules.pipelining) {
    awaiting_ = "the dot";
  }
  if (transaction_.recipients.empty()) {
    if (!message_.empty()) {
      slip("a message to nobody", message_.substr(0, 80));
    }
    say(554, "5.5.1 No valid recipients", now);
    end_transaction();
    return;
  }
  end_of_message(now);
}

void StrictSmtp::bdat(const SmtpCommand& command, Instant now) {
  const auto read = read_bdat(command.argument);
  if (!read || !peer_.rules.chunking || !extended_ || read->octets > peer_.rules.size_max * 2) {
    // How many octets follow is anybody's guess.
    slip("BDAT where it was not offered, or malformed", command.argument);
    say(502, "5.5.1 No BDAT here", now);
    hang_up();
    return;
  }
  if (!transaction_.tried || transaction_.chunk_broken ||
      (transaction_.open && !transaction_.rcpt_tried)) {
    slip("BDAT out of its place", command.argument);
  }
  transaction_.chunked = true;
  chunk_ = {read->octets, read->last, transaction_.recipients.empty() || transaction_.chunk_broken};
  mode_ = Mode::chunk;
  if (chunk_.left == 0) {
    end_chunk(now);
  }
}

void StrictSmtp::end_chunk(Instant now) {
  mode_ = Mode::command;
  struck_ = nullptr;
  if (!peer_.rules.pipelining) {
    if (!rest_is_empty()) {
      out_of_turn("BDAT", std::string_view(in_).substr(in_at_), now);
      return;
    }
    awaiting_ = "BDAT";
  }
  if (chunk_.refused) {
    transaction_.chunk_broken = true;
    say(transaction_.rcpt_tried ? 554 : 503, "5.5.1 No valid recipients", now);
  } else if (chunk_.last) {
    end_of_message(now);
  } else {
    say(250, "2.0.0 Ok: that much", now);
  }
}

std::optional<MessageFault> StrictSmtp::fault_of_message() {
  const auto& mail = transaction_.mail;
  MessageRules rules;
  rules.eight_bit = mail.eight_bit;
  rules.utf8 = mail.utf8;
  if (transaction_.recipients.size() == 1) {
    rules.recipient = transaction_.recipients.front().address;
  }
  auto facts = judge_message(message_, rules);
  message_id_ = facts.id;
  if (text_fault_) {
    return text_fault_;
  }
  if (mail.size && *mail.size < message_.size()) {
    return MessageFault{"more octets than SIZE declared",
                        std::to_string(message_.size()) + " for " + std::to_string(*mail.size)};
  }
  return facts.fault;
}

void StrictSmtp::end_of_message(Instant now) {
  const auto wrong = fault_of_message();
  if (message_too_large_) {
    refuse(SmtpEvent::dot, 552, "5.3.4 Message size exceeds the limit", now);
  } else if (wrong) {
    slip(wrong->kind, wrong->example);
    refuse(SmtpEvent::dot, 554, "5.6.0 " + wrong->kind, now);
  } else {
    const auto replies = due_.size();
    const bool met = meet(SmtpEvent::dot, fault_subject(transaction_.recipients.front().hash), now);
    if (!met) {
      accept(now);
    } else if (due_.size() == replies && struck_->acted) {
      // Kept, but the client will not hear of it.
      peer_.stats.messages += 1;
      peer_.stats.in_clear += tls_ ? 0 : 1;
      peer_.stats.recipients += transaction_.recipients.size();
      journal(records_of(SmtpEvent::dot, 250, now), false);
    } else if (due_.size() == replies) {
      ++peer_.stats.not_acted_on;
    }
  }
  ++messages_ended_;
  end_transaction();
}

void StrictSmtp::accept(Instant now) {
  auto& stats = peer_.stats;
  ++stats.messages;
  stats.in_clear += tls_ ? 0 : 1;
  stats.recipients += transaction_.recipients.size();
  stats.octets += message_.size();
  say(250, "2.0.0 Ok: queued as " + queue_id(number_, messages_ended_ + 1), now,
      records_of(SmtpEvent::dot, 250, now));
}

void StrictSmtp::end_transaction() {
  transaction_ = {};
  message_.clear();
  message_too_large_ = false;
  message_id_.reset();
  text_fault_.reset();
}

}  // namespace muster::loadgen
