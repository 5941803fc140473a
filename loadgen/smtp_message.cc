#include "loadgen/smtp_message.h"

#include <algorithm>
#include <map>

#include "loadgen/smtp_command.h"
#include "model/id.h"

namespace muster::loadgen {
namespace {

constexpr std::size_t line_bytes_max = 998;  // RFC 5322 §2.1.1, without CR LF

bool has_eight_bit(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return (static_cast<Byte>(c) & 0x80U) != 0; });
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Takes a line without its CR LF from the front.
std::string_view take_line(std::string_view& text) {
  const auto end = text.find("\r\n");
  const auto line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
  return line;
}

// The one address of a field: what stands in angle brackets, or all of it.
std::string_view address_of(std::string_view value) {
  bool quoted = false;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (quoted && value[i] == '\\') {
      ++i;
    } else if (value[i] == '"') {
      quoted = !quoted;
    } else if (value[i] == '<' && !quoted) {
      const auto end = value.find('>', i);
      return value.substr(i + 1, end == std::string_view::npos ? end : end - i - 1);
    }
  }
  return trimmed(value);
}

bool valid_field_name(std::string_view name) {
  return !name.empty() &&
         std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c <= '~'; });
}

bool valid_message_id(std::string_view value) {
  return value.size() > 2 && value.front() == '<' && value.back() == '>' && value[1] != '"' &&
         fault_of_mailbox(value.substr(1, value.size() - 2), false).empty();
}

// `word` is one of the three-letter names in `list`.
bool one_of(std::string_view list, std::string_view word) {
  const auto at = list.find(word);
  return word.size() == 3 && at != std::string_view::npos && at % 3 == 0;
}

// RFC 5322 §3.3: "Mon, 23 Nov 2026 06:06:47 +0000"; the day of the week may be left out.
bool valid_date(std::string_view value) {
  static constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  static constexpr std::string_view days = "MonTueWedThuFriSatSun";
  if (const auto comma = value.find(", "); comma != std::string_view::npos) {
    if (!one_of(days, value.substr(0, comma))) {
      return false;
    }
    value.remove_prefix(5);
  }
  // What each place holds: 9 a digit, a a letter, + a sign; the day may have one digit.
  std::string shape;
  for (const char c : value) {
    const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    shape += c >= '0' && c <= '9' ? '9' : letter ? 'a' : c == '-' ? '+' : c;
  }
  if (shape.starts_with("9 ")) {
    shape.insert(0, "9");
  }
  const auto month = value.find(' ');
  return shape == "99 aaa 9999 99:99:99 +9999" && one_of(months, value.substr(month + 1, 3));
}

// A message being read: the first fault stays.
class Reading {
 public:
  Reading(std::string_view text, const MessageRules& rules) : rest_(text), rules_(rules) {}

  MessageFacts read() {
    read_lines();
    read_header();
    judge_fields();
    if (!rules_.eight_bit && has_eight_bit(rest_)) {
      complain("8-bit body without BODY=8BITMIME", rest_.substr(0, 80));
    }
    return std::move(facts_);
  }

 private:
  void complain(std::string_view kind, std::string_view example) {
    if (!facts_.fault) {
      facts_.fault = MessageFault{std::string(kind), std::string(example)};
    }
  }

  void read_lines() {
    if (!rest_.empty() && !rest_.ends_with("\r\n")) {
      complain("a message that does not end in CR LF", rest_.substr(rest_.size() - 1));
    }
    if (rest_.find('\0') != std::string_view::npos) {
      complain("NUL in a message", rest_.substr(0, 80));
    }
    for (auto text = rest_; !text.empty();) {
      const auto line = take_line(text);
      if (line.size() > line_bytes_max) {
        complain("a line of more than 998 octets", line.substr(0, 80));
      }
      if (line.find_first_of("\r\n") != std::string_view::npos) {
        complain("a bare CR or LF in a message", line.substr(0, 80));
      }
    }
  }

  // Fields, unfolded, by their names in lower case; leaves the body in rest_.
  void read_header() {
    std::string* value = nullptr;
    bool ended = false;
    while (!rest_.empty() && !ended) {
      const auto line = take_line(rest_);
      ended = line.empty();
      if (has_eight_bit(line) && !rules_.utf8) {
        complain("8-bit header without SMTPUTF8", line);
      }
      if (ended) {
        continue;
      }
      if (line.front() == ' ' || line.front() == '\t') {
        if (value == nullptr || trimmed(line).empty()) {
          complain("a folded line that continues nothing", line);
        } else {
          value->append(line);
        }
        continue;
      }
      const auto colon = line.find(':');
      if (colon == std::string_view::npos || !valid_field_name(line.substr(0, colon))) {
        complain("a header line that is no field", line);
        continue;
      }
      auto& values = fields_[lower_case(line.substr(0, colon))];
      value = &values.emplace_back(line.substr(colon + 1));
    }
    if (!ended) {
      complain("no empty line behind the header", {});
    }
  }

  void judge_fields() {
    for (const std::string_view name : {"from", "to", "date", "message-id", "mime-version"}) {
      const auto found = fields_.find(name);
      if (found == fields_.end() || found->second.size() != 1) {
        const auto count = found == fields_.end() ? 0 : found->second.size();
        complain("not exactly one " + std::string(name), std::to_string(count));
      }
    }
    for (const std::string_view name :
         {"subject", "sender", "reply-to", "cc", "content-type", "content-transfer-encoding"}) {
      const auto found = fields_.find(name);
      if (found != fields_.end() && found->second.size() > 1) {
        complain("more than one " + std::string(name), found->second[1]);
      }
    }
    if (const auto id = first("message-id"); !id.empty()) {
      facts_.id = uuid_within(id.substr(0, id.find('@')));
      if (!valid_message_id(id)) {
        complain("not a Message-ID", id);
      }
    }
    if (const auto date = first("date"); !date.empty() && !valid_date(date)) {
      complain("not a Date", date);
    }
    if (const auto from = address_of(first("from")); !fault_of_mailbox(from, rules_.utf8).empty()) {
      complain("not an address in From", first("from"));
    }
    if (!rules_.recipient.empty() &&
        lower_case(address_of(first("to"))) != lower_case(rules_.recipient)) {
      complain("To is not the envelope's recipient",
               std::string(first("to")) + " for " + rules_.recipient);
    }
  }

  [[nodiscard]] std::string_view first(std::string_view name) const {
    const auto found = fields_.find(name);
    return found == fields_.end() ? std::string_view() : trimmed(found->second.front());
  }

  std::string_view rest_;
  const MessageRules& rules_;
  MessageFacts facts_;
  std::map<std::string, std::vector<std::string>, std::less<>> fields_;
};

}  // namespace

MessageFacts judge_message(std::string_view text, const MessageRules& rules) {
  return Reading(text, rules).read();
}

std::optional<std::array<Byte, 16>> uuid_within(std::string_view text) {
  constexpr std::size_t uuid_characters = 36;
  for (auto dash = text.find('-'); dash != std::string_view::npos;
       dash = text.find('-', dash + 1)) {
    if (dash >= 8) {
      if (const auto id = read_uuid(text.substr(dash - 8, uuid_characters))) {
        return id;
      }
    }
  }
  return std::nullopt;
}

}  // namespace muster::loadgen
