// A mail server's faults as data: which connection or command meets which misfortune.
//
// A plan is a list of faults from a TOML file (smtp_fault_file.h). Every event — a new connection,
// the greeting, each command, each final dot — is counted by its kind and meets the first fault of
// that kind that is due (fault_timing.h). Faults per recipient know their subject from RCPT on.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"
#include "loadgen/fault_timing.h"

namespace muster::loadgen {

// Where a fault can strike.
enum class SmtpEvent : std::uint8_t {
  connection,
  greeting,
  ehlo,
  starttls,
  auth,
  mail,
  rcpt,
  data,
  dot,  // or BDAT LAST
};
inline constexpr std::size_t smtp_events = 9;
[[nodiscard]] std::string_view name_of(SmtpEvent event);

struct SmtpFault : FaultTiming {
  enum class Kind : std::uint8_t {
    reply,      // another reply, or the usual one in many lines
    greylist,   // 451 4.7.1 to a recipient's first attempt
    eof,        // the connection's end in place of the reply
    close,      // likewise, the hard way (RST)
    endless,    // a reply that never ends
    inject,     // plaintext behind the consent to STARTTLS
    tls_alert,  // a fatal alert in place of the server's handshake
    silence,    // no reply, neither to this nor to anything after it
    half_open,  // nothing is read or written any more, and nothing closed
    trickle,    // one byte at a time from now on
    go_ahead,   // DATA is answered 354 though no recipient was accepted
    hide,       // EHLO leaves an extension out
  };
  Kind kind = Kind::reply;
  SmtpEvent on = SmtpEvent::dot;

  std::uint16_t code = 0;    // reply: 0: the usual one
  std::string enhanced;      // reply: "5.1.1"
  std::string text;          // reply, inject; hide: the extension
  std::uint32_t lines = 1;   // reply: of so many lines
  bool hang_up = false;      // reply: ends the connection afterwards (421 always does)
  bool acted = false;        // at the dot, where it is not replied to: the message is kept
  bool one_line = false;     // endless: a line without end instead of lines without end
  std::uint32_t alert = 80;  // tls_alert: internal_error
  Duration pause{0};         // trickle: between two bytes
};

class SmtpFaultPlan {
 public:
  SmtpFaultPlan() = default;
  SmtpFaultPlan(std::vector<SmtpFault> faults, std::uint64_t seed);

  // Counts an event and names its fault; nullptr: none. `subject`: the recipient's hash; 0 where
  // there is none yet.
  [[nodiscard]] const SmtpFault* next(SmtpEvent event, std::uint64_t subject = 0);
  [[nodiscard]] const std::vector<SmtpFault>& faults() const { return faults_; }
  // How often each fault struck, in the file's order.
  [[nodiscard]] std::vector<std::uint64_t> struck() const { return schedule_.struck(); }

 private:
  std::vector<SmtpFault> faults_;
  FaultSchedule schedule_;
  std::array<std::uint64_t, smtp_events> counts_{};
};

}  // namespace muster::loadgen
