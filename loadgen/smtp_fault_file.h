// Reads a mail server's fault plan from TOML. Anything wrong is one Complaint with file, line and
// column.
//
//   seed = 7
//   [[fault]]
//   kind = "reply"      # reply greylist eof close endless inject tls_alert silence half_open
//                       # trickle go_ahead hide
//   on = "rcpt"         # connection greeting ehlo starttls auth mail rcpt data dot
//   share = 0.01        # or: every = 100
//   after = 1000        # events of that kind left alone first
//   count = 50          # at most so many
//   once = true         # rcpt, data, dot: a recipient at most once (default for 4yz and what ends
//                       # the connection); false: 5yz by share always meets the same recipients
//   code = 421          # reply: 4yz or 5yz; left out: the usual one
//   enhanced = "4.3.2"  # reply
//   text = "Closing"    # reply: its words; inject: what stands behind the 220
//   lines = 40          # reply: of so many lines
//   hang_up = true      # reply: and the end (421 always)
//   acted = true        # eof close endless silence half_open at the dot: the message is kept
//   one_line = true     # endless: one line without end, rather than lines
//   alert = 80          # tls_alert: its number
//   pause_ms = 20       # trickle: between two bytes
//   extension = "STARTTLS"  # hide: what EHLO leaves out
#pragma once

#include <string>

#include "base/result.h"
#include "loadgen/smtp_faults.h"

namespace muster::loadgen {

[[nodiscard]] Result<SmtpFaultPlan, Complaint> read_smtp_fault_file(const std::string& file);
// The same from memory; `name` stands for the file in complaints.
[[nodiscard]] Result<SmtpFaultPlan, Complaint> read_smtp_faults(const std::string& text,
                                                                const std::string& name);

}  // namespace muster::loadgen
