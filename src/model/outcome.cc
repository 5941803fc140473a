#include "model/outcome.h"

#include <array>

namespace muster {
namespace {

struct StateRow {
  State state;
  std::string_view name;
  bool rest;
};
constexpr std::array state_rows{
    StateRow{State::queued, "queued", false},
    StateRow{State::registering, "registering", false},
    StateRow{State::sent, "sent", true},
    StateRow{State::shown, "shown", true},
    StateRow{State::postponed, "postponed", true},
    StateRow{State::enrolled, "enrolled", true},
    StateRow{State::deferred, "deferred", false},
    StateRow{State::in_doubt, "in_doubt", false},
    StateRow{State::failed, "failed", true},
    StateRow{State::unreachable, "unreachable", true},
    StateRow{State::cancelled, "cancelled", true},
    StateRow{State::expired, "expired", true},
    StateRow{State::superseded, "superseded", true},
    StateRow{State::elsewhere, "elsewhere", false},
};

struct ReasonRow {
  Reason reason;
  std::string_view name;
  Action action;
  std::string_view words;
};
constexpr std::array reason_rows{
    ReasonRow{Reason::bad_collapse_id, "BadCollapseId", Action::fail,
              "the collapse id is not valid"},
    ReasonRow{Reason::bad_device_token, "BadDeviceToken", Action::fail,
              "the device token is not valid for this environment"},
    ReasonRow{Reason::bad_expiration_date, "BadExpirationDate", Action::fail,
              "the expiration is not valid"},
    ReasonRow{Reason::bad_message_id, "BadMessageId", Action::fail, "the apns-id is not valid"},
    ReasonRow{Reason::bad_priority, "BadPriority", Action::fail, "the priority is not valid"},
    ReasonRow{Reason::bad_topic, "BadTopic", Action::stop_task, "the topic is not valid"},
    ReasonRow{Reason::device_token_not_for_topic, "DeviceTokenNotForTopic", Action::fail,
              "the device token belongs to another topic"},
    ReasonRow{Reason::duplicate_headers, "DuplicateHeaders", Action::fail, "a header was repeated"},
    ReasonRow{Reason::idle_timeout, "IdleTimeout", Action::retry_elsewhere,
              "the connection had been idle too long"},
    ReasonRow{Reason::invalid_push_type, "InvalidPushType", Action::fail,
              "the push type does not fit"},
    ReasonRow{Reason::missing_device_token, "MissingDeviceToken", Action::fail,
              "the request had no device token"},
    ReasonRow{Reason::missing_topic, "MissingTopic", Action::stop_task, "the topic is missing"},
    ReasonRow{Reason::payload_empty, "PayloadEmpty", Action::fail, "the payload was empty"},
    ReasonRow{Reason::topic_disallowed, "TopicDisallowed", Action::stop_task,
              "the credential may not push to this topic"},
    ReasonRow{Reason::bad_certificate, "BadCertificate", Action::stop_credential,
              "the push certificate is not valid"},
    ReasonRow{Reason::bad_certificate_environment, "BadCertificateEnvironment",
              Action::stop_credential, "the push certificate belongs to the other environment"},
    ReasonRow{Reason::expired_provider_token, "ExpiredProviderToken", Action::renew_credential,
              "the provider token has expired"},
    ReasonRow{Reason::forbidden, "Forbidden", Action::stop_credential, "the credential is refused"},
    ReasonRow{Reason::invalid_provider_token, "InvalidProviderToken", Action::stop_credential,
              "the provider token is not valid: wrong key, key id or team id"},
    ReasonRow{Reason::missing_provider_token, "MissingProviderToken", Action::stop_credential,
              "no provider token and no push certificate was presented"},
    ReasonRow{Reason::unrelated_key_id_in_token, "UnrelatedKeyIdInToken", Action::stop_credential,
              "the key id belongs to another team than this connection's"},
    ReasonRow{Reason::bad_environment_key_id_in_token, "BadEnvironmentKeyIdInToken",
              Action::stop_credential, "the key belongs to the other environment"},
    ReasonRow{Reason::bad_path, "BadPath", Action::fail, "the path was not valid"},
    ReasonRow{Reason::method_not_allowed, "MethodNotAllowed", Action::fail,
              "the method was not POST"},
    ReasonRow{Reason::expired_token, "ExpiredToken", Action::unreachable,
              "the device token has expired"},
    ReasonRow{Reason::unregistered, "Unregistered", Action::unreachable,
              "the device no longer takes notifications for this topic"},
    ReasonRow{Reason::payload_too_large, "PayloadTooLarge", Action::fail,
              "the payload is over 4,096 bytes"},
    ReasonRow{Reason::too_many_provider_token_updates, "TooManyProviderTokenUpdates", Action::retry,
              "the provider token was renewed too often"},
    ReasonRow{Reason::too_many_requests, "TooManyRequests", Action::retry,
              "too many notifications to this device"},
    ReasonRow{Reason::internal_server_error, "InternalServerError", Action::retry,
              "the push service had an internal error"},
    ReasonRow{Reason::service_unavailable, "ServiceUnavailable", Action::retry,
              "the push service is unavailable"},
    ReasonRow{Reason::shutdown, "Shutdown", Action::retry_elsewhere,
              "the push server is shutting down"},
    ReasonRow{Reason::unknown_answer, "UnknownAnswer", Action::retry,
              "the answer is none that Apple documents"},
    ReasonRow{Reason::stream_reset, "StreamReset", Action::retry, "the server reset the request"},
    ReasonRow{Reason::answer_overdue, "AnswerOverdue", Action::retry, "no answer came in time"},
    ReasonRow{Reason::connection_lost, "ConnectionLost", Action::retry,
              "the connection was lost before the answer came"},
    ReasonRow{Reason::process_died, "ProcessDied", Action::retry,
              "Muster ended before the answer was recorded"},
    ReasonRow{Reason::no_push_token, "NoPushToken", Action::unreachable,
              "the device has no push token"},
    ReasonRow{Reason::reassigned, "Reassigned", Action::fail,
              "the device was assigned to another user after Send"},
    ReasonRow{Reason::removed, "Removed", Action::fail, "the device was removed after Send"},
    ReasonRow{Reason::cancelled_by_person, "Cancelled", Action::fail, "cancelled"},
    ReasonRow{Reason::too_late, "Expired", Action::fail, "the invitation's time ran out"},
    ReasonRow{Reason::no_credential, "NoCredential", Action::fail,
              "no credential is set up for the device's topic"},
    ReasonRow{Reason::gave_up, "GaveUp", Action::fail,
              "the last attempt was refused for the time being"},
    ReasonRow{Reason::enrolled, "Enrolled", Action::fail, "the user enrolled before it was sent"},
    ReasonRow{Reason::registration_refused, "RegistrationRefused", Action::fail,
              "Apple refused to register the user"},
    ReasonRow{Reason::account_refused, "AccountRefused", Action::fail,
              "the Managed Apple Account is not of this organisation"},
    ReasonRow{Reason::no_content_token, "NoContentToken", Action::fail,
              "the user's location has no content token and no imported code"},
    ReasonRow{Reason::command_refused, "CommandRefused", Action::fail,
              "the device refused the invitation"},
    ReasonRow{Reason::unenrolled, "Unenrolled", Action::fail, "the device left management"},
    ReasonRow{
        Reason::content_token_foreign, "ContentTokenForeign", Action::fail,
        "another MDM server holds the content token of the user's location; muster token show "
        "says which"},
    ReasonRow{Reason::content_token_refused, "ContentTokenRefused", Action::fail,
              "Apple does not take the content token of the user's location; install a new one"},
    ReasonRow{Reason::content_token_expired, "ContentTokenExpired", Action::fail,
              "the content token of the user's location has expired; install a new one"},
    ReasonRow{Reason::mailbox_unknown, "MailboxUnknown", Action::unreachable,
              "the mail server knows no such mailbox"},
    ReasonRow{Reason::mailbox_disabled, "MailboxDisabled", Action::unreachable,
              "the mailbox is disabled or has moved"},
    ReasonRow{Reason::mailbox_full, "MailboxFull", Action::retry, "the mailbox is full"},
    ReasonRow{Reason::address_refused, "AddressRefused", Action::fail,
              "the mail server takes this for no address"},
    ReasonRow{Reason::greylisted, "Greylisted", Action::retry,
              "the mail server asks to try again later (greylisting)"},
    ReasonRow{Reason::mail_deferred, "MailDeferred", Action::retry,
              "the mail server refused for the time being"},
    ReasonRow{Reason::mail_refused, "MailRefused", Action::fail, "the mail server refused it"},
    ReasonRow{Reason::policy_refused, "PolicyRefused", Action::fail,
              "the mail server refused it by its policy"},
    ReasonRow{Reason::message_too_large, "MessageTooLarge", Action::fail,
              "the message is larger than the mail server takes"},
    ReasonRow{Reason::needs_utf8, "NeedsUtf8", Action::fail,
              "the address needs SMTPUTF8, which the mail server does not offer"},
    ReasonRow{Reason::no_address, "NoAddress", Action::unreachable, "the user has no mail address"},
    ReasonRow{Reason::sender_refused, "SenderRefused", Action::fail,
              "the mail server refuses this sender"},
    ReasonRow{Reason::login_refused, "LoginRefused", Action::stop_credential,
              "the relay refuses the login: check mail.relay.user and its password_file"},
    ReasonRow{Reason::login_impossible, "LoginImpossible", Action::stop_credential,
              "the relay offers no way to log in that Muster may use"},
    ReasonRow{Reason::quota_used_up, "QuotaUsedUp", Action::stop_credential,
              "the relay says that the quota is used up"},
    ReasonRow{Reason::tls_refused, "TlsRefused", Action::stop_credential,
              "TLS is required and the mail server does not offer it"},
    ReasonRow{Reason::injected_answer, "InjectedAnswer", Action::retry_elsewhere,
              "somebody put words into the connection before TLS began"},
    ReasonRow{Reason::protocol_error, "ProtocolError", Action::retry,
              "the mail server's replies make no sense"},
    ReasonRow{Reason::server_busy, "ServerBusy", Action::retry, "the mail server is busy"},
    ReasonRow{Reason::server_refused, "ServerRefused", Action::retry,
              "the mail server refuses to talk to us"},
    ReasonRow{Reason::tls_failed, "TlsFailed", Action::retry,
              "no TLS came about with the mail server"},
    ReasonRow{Reason::no_such_domain, "NoSuchDomain", Action::unreachable,
              "the address's domain does not exist"},
    ReasonRow{Reason::null_mx, "NullMx", Action::unreachable, "the domain takes no mail"},
    ReasonRow{Reason::dns_failed, "DnsFailed", Action::retry, "DNS gave no answer for the domain"},
    ReasonRow{Reason::no_mail_host, "NoMailHost", Action::retry,
              "none of the domain's mail hosts can be reached"},
    ReasonRow{Reason::domain_without_mail, "DomainWithoutMail", Action::unreachable,
              "neither the domain nor its mail hosts have an address"},
    ReasonRow{Reason::site_busy, "SiteBusy", Action::retry,
              "it waits for its turn: the domain's mail hosts take no more for now"},
};

const ReasonRow* row_of(Reason reason) {
  for (const auto& row : reason_rows) {
    if (row.reason == reason) {
      return &row;
    }
  }
  return nullptr;
}

}  // namespace

std::string_view name_of(State state) {
  for (const auto& row : state_rows) {
    if (row.state == state) {
      return row.name;
    }
  }
  return "unknown";
}

std::optional<State> state_named(std::string_view name) {
  for (const auto& row : state_rows) {
    if (row.name == name) {
      return row.state;
    }
  }
  return std::nullopt;
}

bool at_rest(State state) {
  for (const auto& row : state_rows) {
    if (row.state == state) {
      return row.rest;
    }
  }
  return false;
}

std::string_view name_of(Reason reason) {
  const auto* row = row_of(reason);
  return row == nullptr ? std::string_view{} : row->name;
}

std::string_view words(Reason reason) {
  const auto* row = row_of(reason);
  return row == nullptr ? std::string_view{} : row->words;
}

Reason reason_named(std::string_view name) {
  for (const auto& row : reason_rows) {
    if (row.name == name) {
      return row.reason;
    }
  }
  return Reason::unknown_answer;
}

Action action_for(std::uint16_t status, Reason reason) {
  if (status == 200 || (reason == Reason::none && status / 100 == 2)) {
    return Action::accept;
  }
  const auto* row = row_of(reason);
  return row == nullptr ? Action::retry : row->action;
}

bool suspects_configuration(Reason reason) {
  switch (reason) {
    case Reason::bad_device_token:
    case Reason::device_token_not_for_topic:
    case Reason::bad_topic:
    case Reason::missing_topic:
    case Reason::topic_disallowed:
    case Reason::invalid_push_type:
    case Reason::payload_too_large:
    case Reason::bad_path:
    case Reason::method_not_allowed:
    case Reason::policy_refused:
    case Reason::message_too_large:
    case Reason::sender_refused:
      return true;
    default:
      return false;
  }
}

}  // namespace muster
