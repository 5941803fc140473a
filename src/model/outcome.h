// Verdicts: what became of an invitation, in states and reasons, and how a page packs them.
//
//   packed outcome (16 bits) := state (4, lowest) | reason (8) | attempts (4, highest)
//
// A zero is "queued, never tried". `elsewhere` stands in a page for "look in the exception row".
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace muster {

// Numbers are stored: append only.
enum class State : std::uint8_t {
  queued = 0,
  registering = 1,
  sent = 2,
  shown = 3,
  postponed = 4,
  enrolled = 5,
  deferred = 6,
  in_doubt = 7,
  failed = 8,
  unreachable = 9,
  cancelled = 10,
  expired = 11,
  superseded = 12,
  elsewhere = 15,  // only inside a page
};
inline constexpr std::size_t states_count = 16;
[[nodiscard]] std::string_view name_of(State state);
[[nodiscard]] std::optional<State> state_named(std::string_view name);
// Nothing more will be tried: sent, shown, postponed, enrolled, failed, unreachable, cancelled,
// expired, superseded.
[[nodiscard]] bool at_rest(State state);

// Why. 1–63: APNs' reasons in Apple's spelling; 64 and up: ours; 96 and up: what mail servers say,
// by our words (the reply itself is kept beside them). Numbers are stored: append only.
enum class Reason : std::uint8_t {
  none = 0,
  bad_collapse_id = 1,
  bad_device_token = 2,
  bad_expiration_date = 3,
  bad_message_id = 4,
  bad_priority = 5,
  bad_topic = 6,
  device_token_not_for_topic = 7,
  duplicate_headers = 8,
  idle_timeout = 9,
  invalid_push_type = 10,
  missing_device_token = 11,
  missing_topic = 12,
  payload_empty = 13,
  topic_disallowed = 14,
  bad_certificate = 15,
  bad_certificate_environment = 16,
  expired_provider_token = 17,
  forbidden = 18,
  invalid_provider_token = 19,
  missing_provider_token = 20,
  unrelated_key_id_in_token = 21,
  bad_environment_key_id_in_token = 22,
  bad_path = 23,
  method_not_allowed = 24,
  expired_token = 25,
  unregistered = 26,
  payload_too_large = 27,
  too_many_provider_token_updates = 28,
  too_many_requests = 29,
  internal_server_error = 30,
  service_unavailable = 31,
  shutdown = 32,
  // ours
  unknown_answer = 64,   // a status or reason that Apple's pages do not name
  stream_reset = 65,     // RST_STREAM other than REFUSED_STREAM
  answer_overdue = 66,   // no answer before the stream's deadline
  connection_lost = 67,  // after the request was written
  process_died = 68,     // between the write and the durable answer
  no_push_token = 69,    // the device has none (any more)
  reassigned = 70,       // the device belongs to another user since Send
  removed = 71,          // the user or device was removed since Send
  cancelled_by_person = 72,
  too_late = 73,              // the invitation's expiry passed
  gave_up = 74,               // the last attempt was used up by a temporary refusal
  no_credential = 75,         // no credential is set up for the device's topic
  enrolled = 76,              // superseded: the user enrolled before it was sent
  registration_refused = 77,  // Apple refused to register the user
  account_refused = 78,       // … his Managed Apple Account is not of this organisation
  no_content_token = 79,      // his location has no content token, and nobody imported a code
  command_refused = 80,       // the device refused InviteToProgram
  unenrolled = 81,            // the device left management
  // Nobody of the user's location can be registered: its content token …
  content_token_foreign = 82,  // … is held by another MDM server
  content_token_refused = 83,  // … is not taken by Apple
  content_token_expired = 84,  // … has expired
  // mail: verdicts on the letter
  mailbox_unknown = 96,     // 550 5.1.1 and its kin at RCPT
  mailbox_disabled = 97,    // 5.2.1, 5.1.6 and moved (551)
  mailbox_full = 98,        // 4.2.2, 5.2.2, 452 or 552 at RCPT
  address_refused = 99,     // 5.1.3, 553, 501 at RCPT: not an address for that server
  greylisted = 100,         // 4.7.1 with a word of it, 450/451 at RCPT
  mail_deferred = 101,      // any other 4yz
  mail_refused = 102,       // any other 5yz at RCPT, DATA or the dot
  policy_refused = 103,     // 5.7.x at RCPT, DATA or the dot
  message_too_large = 104,  // over SIZE, 552 or 5.3.4 to the message
  needs_utf8 = 105,         // SMTPUTF8 is needed and not offered (5.6.7)
  no_address = 106,         // the user has no mail address (any more)
  // mail: about the route or the sender
  sender_refused = 112,    // 5yz to MAIL
  login_refused = 113,     // 535 and its kin
  login_impossible = 114,  // no mechanism in common, or no verified session to send it over
  quota_used_up = 115,     // the relay's limit, by its code or its words
  tls_refused = 116,       // TLS is required and was not offered or refused
  injected_answer = 117,   // bytes after the answer to STARTTLS: somebody is in between
  protocol_error = 118,    // replies out of order, endless or unreadable
  server_busy = 119,       // 421, or 4yz to greeting, EHLO or MAIL
  server_refused = 120,    // 5yz to greeting or EHLO
  tls_failed = 121,        // a handshake that was agreed upon came to nothing
  // mail: where to
  no_such_domain = 128,       // NXDOMAIN
  null_mx = 129,              // the domain takes no mail (RFC 7505)
  dns_failed = 130,           // no answer from DNS, or SERVFAIL
  no_mail_host = 131,         // none of the domain's mail hosts can be reached
  domain_without_mail = 132,  // it exists, but neither it nor its mail hosts have an address
  site_busy = 133,            // not tried: the mail hosts take no more for now
};
// Apple's spelling for its reasons ("BadDeviceToken"), ours in the same style ("ConnectionLost");
// empty for none.
[[nodiscard]] std::string_view name_of(Reason reason);
// For people: "the device token is not valid for this environment".
[[nodiscard]] std::string_view words(Reason reason);
// By Apple's spelling; unknown_answer where it is not in the table.
[[nodiscard]] Reason reason_named(std::string_view name);

// What to do after an answer (reference apns.md §1.5, smtp.md §1.4). The table stands in
// outcome.cc, one row a reason.
enum class Action : std::uint8_t {
  accept,            // 200; mail: 250
  fail,              // this invitation, for good: it or we are wrong
  unreachable,       // this invitation, for good: the device is gone (410)
  retry,             // later, with back-off
  retry_elsewhere,   // at once, on another connection
  stop_task,         // the task's configuration is wrong
  stop_credential,   // the credential is wrong: everything that uses it pauses
  renew_credential,  // sign a new provider token, open a new connection, send again
};
[[nodiscard]] Action action_for(std::uint16_t status, Reason reason);
// Failing this way says that the configuration rather than the device is wrong, if it happens to
// the first pushes of a task: what the canary counts.
[[nodiscard]] bool suspects_configuration(Reason reason);

struct Outcome {
  State state = State::queued;
  Reason reason = Reason::none;
  std::uint8_t attempts = 0;  // ≤ 15

  friend bool operator==(const Outcome&, const Outcome&) = default;
  [[nodiscard]] std::uint16_t pack() const {
    return static_cast<std::uint16_t>(static_cast<unsigned>(state) |
                                      static_cast<unsigned>(reason) << 4 |
                                      static_cast<unsigned>(attempts & 15U) << 12);
  }
  [[nodiscard]] static Outcome unpack(std::uint16_t packed) {
    return Outcome{static_cast<State>(packed & 15U), static_cast<Reason>(packed >> 4 & 255U),
                   static_cast<std::uint8_t>(packed >> 12)};
  }
};

}  // namespace muster
