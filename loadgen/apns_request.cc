#include "loadgen/apns_request.h"

#include <algorithm>

#include "loadgen/json_shape.h"
#include "model/id.h"

namespace muster::loadgen {
namespace {

constexpr std::string_view path_prefix = "/3/device/";
constexpr std::size_t payload_max = 4096;
constexpr std::size_t payload_of_voip_max = 5120;
constexpr std::size_t collapse_id_max = 64;
constexpr std::string_view mdm_topics = "com.apple.mgmt.";

constexpr std::array<std::string_view, 11> push_types{
    "alert", "background",   "location",   "voip",    "complication", "fileprovider",
    "mdm",   "liveactivity", "pushtotalk", "widgets", "controls"};

bool all_digits(std::string_view text) {
  return !text.empty() && text.size() <= 18 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool lower_case(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

bool well_formed_topic(std::string_view topic) {
  return !topic.empty() && topic.size() <= 255 &&
         std::all_of(topic.begin(), topic.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '-' || c == '_';
         });
}

bool has_duplicates(const ApnsRequest& request) {
  const auto& headers = request.headers;
  for (std::size_t i = 0; i < headers.size(); ++i) {
    for (std::size_t j = i + 1; j < headers.size(); ++j) {
      if (headers[i].first == headers[j].first) {
        return true;
      }
    }
  }
  return false;
}

Reason check_target(const ApnsRequest& request, ApnsFacts& facts) {
  const auto* path = request.header(":path");
  const auto* method = request.header(":method");
  if (path == nullptr || !path->starts_with(path_prefix)) {
    return Reason::bad_path;
  }
  const auto token = std::string_view(*path).substr(path_prefix.size());
  std::vector<Byte> bytes;
  if (from_hex(token, bytes) && bytes.size() == 32) {
    std::copy(bytes.begin(), bytes.end(), facts.token.emplace().begin());
  }
  if (method == nullptr || *method != "POST") {
    return Reason::method_not_allowed;
  }
  if (token.empty()) {
    return Reason::missing_device_token;
  }
  return facts.token ? Reason::none : Reason::bad_device_token;
}

Reason check_delivery(const ApnsRequest& request, std::string_view push_type, ApnsFacts& facts) {
  const auto* expiration = request.header("apns-expiration");
  facts.without_expiration = expiration == nullptr;
  if (expiration != nullptr && !all_digits(*expiration)) {
    return Reason::bad_expiration_date;
  }
  if (const auto* priority = request.header("apns-priority")) {
    const bool known = *priority == "10" || *priority == "5" || *priority == "1";
    if (!known || (push_type == "background" && *priority == "10")) {
      return Reason::bad_priority;
    }
  }
  const auto* collapse = request.header("apns-collapse-id");
  if (collapse != nullptr && collapse->size() > collapse_id_max) {
    return Reason::bad_collapse_id;
  }
  return Reason::none;
}

Reason check_topic(const ApnsRequest& request, const ApnsRules& rules, std::string_view push_type) {
  const auto* header = request.header("apns-topic");
  if (header == nullptr && rules.topic_of_certificate.empty()) {
    return Reason::missing_topic;
  }
  const std::string_view topic = header == nullptr ? rules.topic_of_certificate : *header;
  if (!well_formed_topic(topic)) {
    return Reason::bad_topic;
  }
  const bool foreign = !rules.topic_of_certificate.empty() && topic != rules.topic_of_certificate;
  const bool unlisted = !rules.topics.empty() && std::find(rules.topics.begin(), rules.topics.end(),
                                                           topic) == rules.topics.end();
  const bool misfit = (push_type == "mdm") != topic.starts_with(mdm_topics) && !push_type.empty();
  return foreign || unlisted || misfit ? Reason::topic_disallowed : Reason::none;
}

// An MDM wake is exactly {"mdm":"<PushMagic>"}; everything else carries an object.
Reason check_payload(const ApnsRequest& request, std::string_view push_type) {
  if (request.body_too_large ||
      request.body.size() > (push_type == "voip" ? payload_of_voip_max : payload_max)) {
    return Reason::payload_too_large;
  }
  if (request.body.empty()) {
    return Reason::payload_empty;
  }
  const auto members = json_members(request.body);
  if (!members) {
    return Reason::payload_empty;
  }
  const bool mdm = members->size() == 1 && members->front().key == "mdm" &&
                   json_plain_string(members->front().value).value_or("").size() > 0;
  if (push_type == "mdm") {
    return mdm ? Reason::none : Reason::invalid_push_type;
  }
  if (push_type == "alert") {
    const auto aps = json_members(json_value(*members, "aps"));
    return aps && !json_value(*aps, "alert").empty() ? Reason::none : Reason::invalid_push_type;
  }
  return Reason::none;
}

Reason check_all(const ApnsRequest& request, const ApnsRules& rules, ApnsFacts& facts) {
  if (const auto* id = request.header("apns-id")) {
    facts.apns_id = lower_case(*id) ? read_uuid(*id) : std::nullopt;
  }
  auto reason = check_target(request, facts);
  if (reason != Reason::none) {
    return reason;
  }
  if (has_duplicates(request)) {
    return Reason::duplicate_headers;
  }
  if (request.header("apns-id") != nullptr && !facts.apns_id) {
    return Reason::bad_message_id;
  }
  const auto* push_type = request.header("apns-push-type");
  facts.without_push_type = push_type == nullptr;
  if (push_type != nullptr &&
      std::find(push_types.begin(), push_types.end(), *push_type) == push_types.end()) {
    return Reason::invalid_push_type;
  }
  const std::string_view type = push_type == nullptr ? std::string_view() : *push_type;
  reason = check_delivery(request, type, facts);
  if (reason == Reason::none) {
    reason = check_topic(request, rules, type);
  }
  return reason == Reason::none ? check_payload(request, type) : reason;
}

}  // namespace

const std::string* ApnsRequest::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) {
      return &value;
    }
  }
  return nullptr;
}

std::string ApnsAnswer::body() const {
  if (status == 200) {
    return {};
  }
  const std::string_view name =
      reason_text.empty() ? name_of(reason) : std::string_view(reason_text);
  auto text = "{\"reason\":" + json_quoted(name);
  if (timestamp_ms != 0) {
    text += ",\"timestamp\":" + std::to_string(timestamp_ms);
  }
  return text + "}";
}

ApnsVerdict judge(const ApnsRequest& request, const ApnsRules& rules) {
  ApnsVerdict verdict;
  verdict.answer.reason = check_all(request, rules, verdict.facts);
  verdict.answer.status =
      verdict.answer.reason == Reason::none ? std::uint16_t{200} : status_of(verdict.answer.reason);
  return verdict;
}

std::uint16_t status_of(Reason reason) {
  switch (reason) {
    case Reason::none:
      return 200;
    case Reason::bad_certificate:
    case Reason::bad_certificate_environment:
    case Reason::expired_provider_token:
    case Reason::forbidden:
    case Reason::invalid_provider_token:
    case Reason::missing_provider_token:
    case Reason::unrelated_key_id_in_token:
    case Reason::bad_environment_key_id_in_token:
      return 403;
    case Reason::bad_path:
      return 404;
    case Reason::method_not_allowed:
      return 405;
    case Reason::expired_token:
    case Reason::unregistered:
      return 410;
    case Reason::payload_too_large:
      return 413;
    case Reason::too_many_provider_token_updates:
    case Reason::too_many_requests:
      return 429;
    case Reason::internal_server_error:
      return 500;
    case Reason::service_unavailable:
    case Reason::shutdown:
      return 503;
    default:
      return reason < Reason::bad_certificate ? 400 : 500;
  }
}

}  // namespace muster::loadgen
