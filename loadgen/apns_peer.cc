#include "loadgen/apns_peer.h"

#include "loadgen/json_shape.h"

namespace muster::loadgen {
namespace {

void add(std::string& to, std::string_view key, std::uint64_t value) {
  to += (to.empty() ? "" : ",") + json_quoted(key) + ":" + std::to_string(value);
}

}  // namespace

std::string ApnsStats::json() const {
  std::string by_answer;
  for (const auto& [answer, count] : answered) {
    add(by_answer, answer, count);
  }
  std::string wrong;
  add(wrong, "streams_beyond_limit", violations.streams_beyond_limit);
  add(wrong, "priority", violations.priority);
  add(wrong, "push_enabled", violations.push_enabled);
  add(wrong, "authorization_indexed", violations.authorization_indexed);
  add(wrong, "path_indexed", violations.path_indexed);
  add(wrong, "protocol", violations.protocol);
  std::string struck;
  for (const auto count : faults_struck) {
    struck += (struck.empty() ? "" : ",") + std::to_string(count);
  }
  std::string text;
  add(text, "connections", connections);
  add(text, "requests", requests);
  text += ",\"answered\":{" + by_answer + "}";
  add(text, "withheld", withheld);
  add(text, "not_acted_on", not_acted_on);
  add(text, "goaways", goaways);
  add(text, "resets", resets);
  add(text, "tls_failures", tls_failures);
  add(text, "streams_refused", streams_refused);
  add(text, "without_push_type", without_push_type);
  add(text, "without_expiration", without_expiration);
  text += ",\"violations\":{" + wrong + "},\"faults\":[" + struck + "]";
  return "{" + text + "}";
}

}  // namespace muster::loadgen
