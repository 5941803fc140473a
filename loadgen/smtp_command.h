// The grammar of SMTP commands, as strictly as it is written (RFC 5321 §4.1, §2.4, §3.3).
//
// Pure functions on one line without its CR LF. What is wrong is said in words; nothing is
// guessed: no space after "FROM:", no address without angle brackets, no parameter that the server
// did not offer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace muster::loadgen {

// "RCPT TO:<a@b>" → "RCPT" (in upper case) and "TO:<a@b>".
struct SmtpCommand {
  std::string verb;
  std::string_view argument;
};
[[nodiscard]] SmtpCommand read_command(std::string_view line);

// Which parameters a server takes.
struct SmtpOffer {
  bool auth = false;
};

struct MailCommand {
  std::string sender;  // may be empty: <>
  std::optional<std::uint64_t> size;
  bool eight_bit = false;
  bool utf8 = false;
  std::string envelope_id;  // DSN's ENVID, as it was written
};
// `argument` is what follows "MAIL ". Otherwise: what is wrong, in words.
[[nodiscard]] Result<MailCommand, std::string> read_mail(std::string_view argument,
                                                         const SmtpOffer& offer);
struct RcptCommand {
  std::string recipient;
};
[[nodiscard]] Result<RcptCommand, std::string> read_rcpt(std::string_view argument, bool utf8);

struct BdatCommand {
  std::uint64_t octets = 0;
  bool last = false;
};
[[nodiscard]] Result<BdatCommand, std::string> read_bdat(std::string_view argument);

// Empty: a mailbox by RFC 5321 (and 6531 where `utf8`); otherwise what is wrong with it.
[[nodiscard]] std::string fault_of_mailbox(std::string_view mailbox, bool utf8);
// A host name or an address literal, as EHLO needs one.
[[nodiscard]] bool valid_host(std::string_view host);

[[nodiscard]] std::string lower_case(std::string_view text);

}  // namespace muster::loadgen
