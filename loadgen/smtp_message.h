// What the strictest receivers look at in a message: line ends, line lengths, and the header
// fields that RFC 5322 §3.6 wants exactly once.
//
// Pure: pushed the octets as they came over the wire, asked for the first thing that is wrong.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace muster::loadgen {

struct MessageRules {
  bool eight_bit = false;  // BODY=8BITMIME was said
  bool utf8 = false;       // SMTPUTF8 was said
  std::string recipient;   // To must name it; empty: not looked at
};

struct MessageFault {
  std::string kind;     // a few words, the same for the same fault
  std::string example;  // where it was seen
};

struct MessageFacts {
  std::optional<std::array<Byte, 16>> id;  // the uuid of the Message-ID's left part
  std::optional<MessageFault> fault;       // the first
};

// `text` is the message as it is to be stored: not stuffed, every line ended by CR LF.
[[nodiscard]] MessageFacts judge_message(std::string_view text, const MessageRules& rules);

// The first uuid in `text`.
[[nodiscard]] std::optional<std::array<Byte, 16>> uuid_within(std::string_view text);

}  // namespace muster::loadgen
