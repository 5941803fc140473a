// A mail server's conversation as the strictest real ones hold it, and the faults that were asked
// for.
//
// Input is taken one command line, one text line or one chunk at a time, each at its turn; what
// comes ahead of its turn is a synchronisation error, as in Postfix and Exim. Replies wait in
// `due_` until they are due (--delay) and are journaled when they leave it: until then a message
// that was accepted has not been answered, and when the connection is lost it is journaled so.
//
//   command ─ MAIL, RCPT … ─▶ reply         text ─ a line "." ─▶ judge ─▶ reply, journal
//      │  ▲                                  ▲
//      │  └─ 2yz ─┐                          │
//      ├─ DATA ───┴─ 354 ────────────────────┘
//      ├─ BDAT n ─▶ chunk ─ n octets ─▶ reply (LAST: as the dot)
//      ├─ AUTH ───▶ login ─ lines ─▶ 235
//      └─ STARTTLS ─ 220 ─▶ TLS ─▶ command, and everything before forgotten
//
// A transaction that was opened stays open until its message is ended, or RSET: where DATA was
// refused the next MAIL needs a RSET before it (RFC 5321 §4.1.4). What a client must not do is
// counted (SmtpStats::slip) and refused. The commands stand in strict_smtp_commands.cc.
#pragma once

#include <array>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "loadgen/conversation.h"
#include "loadgen/smtp_command.h"
#include "loadgen/smtp_login.h"
#include "loadgen/smtp_message.h"
#include "loadgen/smtp_peer.h"

namespace muster::loadgen {

class StrictSmtp final : public Conversation {
 public:
  struct Start {
    std::uint32_t number = 0;
    bool tls = false;                  // already: implicit TLS
    const SmtpFault* fault = nullptr;  // of the connection
    bool crowded = false;              // one connection too many: greeted with 421
  };
  // `peer` outlives the conversation.
  StrictSmtp(SmtpPeer& peer, const Start& start, Instant now);

  void receive(Bytes plaintext, Instant now) override;
  void transmit(std::vector<Byte>& to) override;
  [[nodiscard]] Instant deadline() const override;
  void expire(Instant now) override;
  [[nodiscard]] bool wants_close() const override { return closing_ && all_said(); }
  [[nodiscard]] TransportWish wish() const override { return wish_; }
  [[nodiscard]] bool wants_tls() const override { return mode_ == Mode::securing && all_said(); }
  void secured(Instant now) override;
  void lost(Instant now) override;

 private:
  enum class Mode : std::uint8_t { command, text, chunk, login, securing };
  using Records = std::vector<JournalRecord>;
  struct Recipient {
    std::string address;
    std::array<Byte, 32> hash{};
  };
  struct Transaction {
    bool tried = false;         // MAIL was said, whatever the reply
    bool open = false;          // and accepted
    std::uint16_t refusal = 0;  // MAIL's, for recipients that follow it in the same group
    bool rcpt_tried = false;
    bool chunked = false;       // BDAT was said
    bool chunk_broken = false;  // and refused: nothing but RSET helps
    MailCommand mail;
    std::vector<Recipient> recipients;
  };
  struct Chunk {
    std::uint64_t left = 0;
    bool last = false;
    bool refused = false;
  };
  struct Reply {
    Instant due;
    std::string text;
    Records records;
  };

  // ── input: strict_smtp.cc ──
  void work(Instant now);
  // False: not complete yet, or the conversation is over.
  [[nodiscard]] bool take_line(std::string_view& line, Instant now);
  void take_chunk(Instant now);
  [[nodiscard]] bool rest_is_empty() const { return in_at_ == in_.size(); }
  void out_of_turn(std::string_view after, std::string_view example, Instant now);
  // True: the fault stands in place of the reply.
  [[nodiscard]] bool meet(SmtpEvent event, std::uint64_t subject, Instant now);
  void strike(const SmtpFault& fault, Instant now);

  // ── replies ──
  [[nodiscard]] bool all_said() const { return due_.empty() && out_.empty(); }
  void say(std::uint16_t code, const std::string& text, Instant now, Records records = {});
  void say_raw(std::string text, Instant now, Records records = {});
  // Not the client's fault: counted by command, journaled for the recipients concerned.
  void refuse(SmtpEvent on, std::uint16_t code, const std::string& text, Instant now);
  // The client's: counted as misspoken.
  void slip(std::string_view kind, std::string_view example);
  void hang_up();
  void leave_due(Instant now);
  void journal(const Records& records, bool answered);
  [[nodiscard]] Records records_of(SmtpEvent event, std::uint16_t code, Instant now) const;
  [[nodiscard]] JournalRecord record_of(const Recipient& to, std::uint16_t code, Instant now) const;

  // ── commands: strict_smtp_commands.cc ──
  void obey(std::string_view line, Instant now);
  void obey(const SmtpCommand& command, std::string_view line, Instant now);
  void hello(const SmtpCommand& command, Instant now);
  void start_tls(const SmtpCommand& command, Instant now);
  void log_in(const SmtpCommand& command, Instant now);
  void log_in_further(std::string_view line, Instant now);
  void take_login(const SmtpLogin::Step& step, Instant now);
  [[nodiscard]] bool offers_login() const;
  void mail(const SmtpCommand& command, Instant now);
  [[nodiscard]] bool may_mail(std::string_view example, Instant now);
  void rcpt(const SmtpCommand& command, Instant now);
  void data(const SmtpCommand& command, Instant now);
  void bdat(const SmtpCommand& command, Instant now);
  void end_chunk(Instant now);
  void quit(Instant now);
  void text_line(std::string_view line, Instant now);
  void add_text(std::string_view text);
  void end_of_text(Instant now);
  void end_of_message(Instant now);
  [[nodiscard]] std::optional<MessageFault> fault_of_message();
  void accept(Instant now);
  void end_transaction();

  SmtpPeer& peer_;
  std::uint32_t number_;
  bool tls_;
  Mode mode_ = Mode::command;
  std::string in_;
  std::size_t in_at_ = 0;
  std::deque<Reply> due_;
  std::vector<Byte> out_;
  // Not empty: the client must wait for the reply to this, for it may only stand last in a group.
  std::string awaiting_ = "the connection";
  bool closing_ = false;   // hang up once everything is said
  bool deaf_ = false;      // nothing more is listened to
  bool injected_ = false;  // words behind the consent to STARTTLS: whoever goes on is deceived
  bool quit_ = false;
  bool greeted_ = false;
  bool extended_ = false;  // by EHLO
  bool logged_in_ = false;
  std::optional<SmtpLogin> login_;
  std::uint32_t messages_begun_ = 0;
  std::uint32_t messages_ended_ = 0;
  Transaction transaction_;
  Recipient at_hand_;  // of the RCPT at hand
  Chunk chunk_;
  std::string message_;
  bool message_too_large_ = false;
  std::optional<std::array<Byte, 16>> message_id_;
  std::optional<MessageFault> text_fault_;  // the first of the lines as they came
  const SmtpFault* struck_ = nullptr;       // colours the reply at hand
  const SmtpFault* endless_ = nullptr;
  Instant endless_at_ = Instant::never();
  TransportWish wish_;
};

}  // namespace muster::loadgen
