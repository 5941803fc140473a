// MAIL and RCPT with their parameters, as far as the server offers them.
#pragma once

#include <string>
#include <string_view>

#include "model/letter.h"
#include "model/outcome.h"
#include "smtp/capabilities.h"

namespace muster::smtp {

struct EnvelopeRules {
  Capabilities offered;
  bool delivery_status = false;  // asked for by the settings
};

// Why this letter cannot be sent over this connection at all: needs_utf8, message_too_large, or
// address_refused for an address that would break out of its command. None: it can.
[[nodiscard]] Reason hindrance(const EnvelopeRules& rules, const Letter& letter);

// Append one command with its CR LF.
void write_mail(const EnvelopeRules& rules, const Letter& letter, std::string& to);
void write_rcpt(const EnvelopeRules& rules, const Letter& letter, std::string& to);

// RFC 3461 §4.
void write_xtext(std::string_view text, std::string& to);

}  // namespace muster::smtp
