#include "loadgen/smtp_peer.h"

#include "loadgen/json_shape.h"

namespace muster::loadgen {
namespace {

constexpr std::size_t example_bytes_max = 200;

void add(std::string& to, std::string_view key, std::uint64_t value) {
  to += (to.empty() ? "" : ",") + json_quoted(key) + ":" + std::to_string(value);
}

// Bytes of a client in a line of ours: printable ASCII, the rest by its number.
std::string shown(std::string_view text) {
  std::string made;
  for (const char c : text.substr(0, example_bytes_max)) {
    const auto byte = static_cast<Byte>(c);
    if (byte >= 0x20 && byte < 0x7f) {
      made += c;
    } else {
      made += "<" + to_hex(Bytes(&byte, 1)) + ">";
    }
  }
  return made;
}

}  // namespace

void SmtpStats::slip(std::string_view kind, std::string_view example) {
  const auto [at, first] = misspoken.try_emplace(std::string(kind));
  ++at->second.count;
  if (first) {
    at->second.example = shown(example);
  }
}

std::uint64_t SmtpStats::slips() const {
  std::uint64_t sum = 0;
  for (const auto& [kind, slip] : misspoken) {
    sum += slip.count;
  }
  return sum;
}

std::string SmtpStats::json() const {
  std::string text;
  add(text, "connections", connections);
  add(text, "connections_most", connections_most);
  add(text, "logins", logins);
  add(text, "logins_refused", logins_refused);
  add(text, "secured", secured);
  add(text, "tls_failures", tls_failures);
  add(text, "messages", messages);
  add(text, "in_clear", in_clear);
  add(text, "recipients", recipients);
  add(text, "octets", octets);
  add(text, "withheld", withheld);
  add(text, "not_acted_on", not_acted_on);
  add(text, "resets", resets);
  add(text, "ended_without_quit", ended_without_quit);
  std::string by_command;
  for (const auto& [what, count] : refused) {
    add(by_command, what, count);
  }
  std::string wrong;
  for (const auto& [kind, slip] : misspoken) {
    wrong += (wrong.empty() ? "" : ",") + json_quoted(kind) +
             ":{\"count\":" + std::to_string(slip.count) +
             ",\"first\":" + json_quoted(slip.example) + "}";
  }
  std::string struck;
  for (const auto count : faults_struck) {
    struck += (struck.empty() ? "" : ",") + std::to_string(count);
  }
  text += ",\"refused\":{" + by_command + "}";
  add(text, "misspoken", slips());
  text += ",\"slips\":{" + wrong + "},\"faults\":[" + struck + "]";
  return "{" + text + "}";
}

}  // namespace muster::loadgen
