#include "registrar/books_answer.h"

#include <algorithm>

#include "base/utf8.h"
#include "json/value.h"
#include "model/id.h"
#include "model/limits.h"
#include "registrar/books_request.h"
#include "registrar/dates.h"
#include "registrar/invitation_url.h"

namespace muster::registrar {
namespace {

constexpr std::size_t words_bytes_max = 100;  // of a name that others gave themselves
// Of ids that we only hand back: events, versions, notifications.
constexpr std::size_t handle_bytes_max = 1024;
constexpr std::size_t code_bytes_max = 256;

std::string text_or_nothing(const json::Value& value, std::size_t bytes_max) {
  const auto text = value.text();
  return text && text->size() <= bytes_max ? std::string(*text) : std::string();
}

// For people: on one line, and not for ever.
std::string for_people(const json::Value& value) {
  auto text = std::string(value.text().value_or(""));
  text.resize(std::min(text.size(), words_bytes_max));
  text.resize(first_not_text(text));  // a character may have been cut
  text.resize(first_control(text));
  return text;
}

std::uint32_t number_or(const json::Value& value, std::uint32_t otherwise) {
  const auto number = value.integer();
  return number && *number >= 0 && *number <= UINT32_MAX ? static_cast<std::uint32_t>(*number)
                                                         : otherwise;
}

std::vector<ClientUserId> read_ids(const json::Value& ids) {
  std::vector<ClientUserId> read;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (const auto id = read_uuid(ids.at(i).text().value_or("")); id) {
      read.push_back(*id);
    }
  }
  return read;
}

// Whom an ErrorResponse means.
std::vector<ClientUserId> users_of_error(const json::Value& error) {
  return read_ids(error.at("errorInfo").at("clientUserIds"));
}

// The object of a good answer.
Answer<json::Tree> open(const HttpAnswer& answer, WallTime now) {
  Refusal refusal;
  if (!answer) {
    refusal.trouble = answer.error().code;
    return tl::unexpected(refusal);
  }
  refusal.status = answer->status;
  if (const auto field = http::field(answer->fields, "Retry-After"); field) {
    refusal.retry_after = read_retry_after(*field, now).value_or(Duration::zero());
  }
  auto tree = json::Tree::parse(answer->body, limits::books_answer_bytes_max);
  if (tree) {
    refusal.number = number_or(tree->root().at("errorNumber"), 0);
    refusal.users = users_of_error(tree->root());
  }
  const bool good = answer->status >= 200 && answer->status < 300;
  if (!good || !tree || !tree->root().is_object() || refusal.number != 0) {
    return tl::unexpected(refusal);
  }
  return std::move(*tree);
}

std::optional<MdmInfo> read_mdm(const json::Value& root) {
  const auto info = root.at("mdmInfo");
  const auto id = info.at("id").text();
  if (!id || id->empty()) {
    return std::nullopt;
  }
  return MdmInfo{std::string(*id), for_people(info.at("name"))};
}

std::optional<SeenUser> read_user(const json::Value& user, std::string_view id_name) {
  const auto id = read_uuid(user.at(id_name).text().value_or(""));
  const auto status = user.at("status").text().value_or("");
  if (!id) {
    return std::nullopt;
  }
  SeenUser seen;
  seen.id = *id;
  seen.code = text_or_nothing(user.at("inviteCode"), code_bytes_max);
  seen.url = text_or_nothing(user.at("inviteUrl"), limits::invitation_url_bytes_max);
  seen.id_hash = text_or_nothing(user.at("idHash"), code_bytes_max);
  if (seen.id_hash.empty()) {
    seen.id_hash = text_or_nothing(user.at("itsIdHash"), code_bytes_max);
  }
  if (status == "Associated") {
    seen.status = SeenUser::Status::associated;
  } else if (status == "Retired") {
    seen.status = SeenUser::Status::retired;
  } else if (status != "Registered" || seen.code.empty()) {
    return std::nullopt;
  }
  return seen;
}

std::vector<SeenUser> read_list(const json::Value& users) {
  std::vector<SeenUser> list;
  list.reserve(users.size());
  for (std::size_t i = 0; i < users.size(); ++i) {
    if (auto user = read_user(users.at(i), "clientUserId"); user) {
      list.push_back(std::move(*user));
    }
  }
  return list;
}

}  // namespace

Remedy Refusal::remedy() const {
  if (number != 0) {
    return books_error(number).remedy;
  }
  if (status == 401 || status == 403) {
    return Remedy::stop_location;
  }
  const bool wrong =
      status >= 400 && status < 500 && status != 408 && status != 425 && status != 429;
  return wrong ? Remedy::our_mistake : Remedy::retry_later;
}

bool Refusal::untouched() const {
  switch (trouble) {
    case ErrorCode::name_not_found:
    case ErrorCode::connect_refused:
    case ErrorCode::connect_timeout:
    case ErrorCode::tls_certificate_untrusted:
    case ErrorCode::tls_certificate_expired:
    case ErrorCode::tls_certificate_wrong_name:
      return true;
    default:
      break;
  }
  if (status == 0 || status >= 500 || number == 9603) {
    return false;
  }
  return status >= 400 || number != 0;  // Apple: a synchronous failure has processed nothing
}

std::string Refusal::words() const {
  if (number != 0) {
    return std::string(books_error(number).words) + " (" + std::to_string(number) + ")";
  }
  if (status != 0) {
    return "Apple answered HTTP " + std::to_string(status);
  }
  return "Apple could not be asked: " + muster::words(Error{trouble, 0});
}

Answer<ServiceConfig> read_service_config(const HttpAnswer& answer, WallTime now) {
  const auto tree = open(answer, now);
  if (!tree) {
    return tl::unexpected(tree.error());
  }
  const auto limit = tree->root().at("limits");
  ServiceConfig config;
  config.users_max = std::clamp(number_or(limit.at("maxUsers"), config.users_max), 1U,
                                limits::books_batch_users_max);
  config.mdm_name_max = number_or(limit.at("maxMdmNameLength"), config.mdm_name_max);
  config.mdm_metadata_max = number_or(limit.at("maxMdmMetadataLength"), config.mdm_metadata_max);
  config.requests_per_second = number_or(limit.at("maxRequestPerSecond"), 0);
  const auto found = tree->root().at("urls").at("invitationEmail").text().value_or("");
  config.invitation_template =
      invitation_url(found, "code").empty() ? invitation_template_default : found;
  return config;
}

Answer<ClientConfig> read_client_config(const HttpAnswer& answer, WallTime now) {
  const auto tree = open(answer, now);
  if (!tree) {
    return tl::unexpected(tree.error());
  }
  const auto root = tree->root();
  ClientConfig config;
  config.mdm = read_mdm(root);
  config.location_name = for_people(root.at("locationName"));
  config.notification_url = text_or_nothing(root.at("notificationUrl"), handle_bytes_max);
  const auto types = root.at("subscribedNotificationTypes");
  for (std::size_t i = 0; i < types.size(); ++i) {
    config.notification_types.push_back(text_or_nothing(types.at(i), handle_bytes_max));
  }
  config.expires_at = read_token_date(root.at("tokenExpirationDate").text().value_or(""));
  return config;
}

Answer<Created> read_created(const HttpAnswer& answer, WallTime now) {
  const auto tree = open(answer, now);
  if (!tree) {
    return tl::unexpected(tree.error());
  }
  return Created{text_or_nothing(tree->root().at("eventId"), handle_bytes_max),
                 read_mdm(tree->root())};
}

Answer<EventState> read_status(const HttpAnswer& answer, WallTime now) {
  const auto tree = open(answer, now);
  if (!tree) {
    return tl::unexpected(tree.error());
  }
  EventState state;
  const auto status = tree->root().at("eventStatus").text().value_or("");
  if (status == "COMPLETE") {
    state.kind = EventState::Kind::complete;
  } else if (status == "FAILED") {
    state.kind = EventState::Kind::failed;
  }
  const auto failures = tree->root().at("failures");
  for (std::size_t i = 0; i < failures.size(); ++i) {
    const auto failure = failures.at(i);
    state.failures.push_back({number_or(failure.at("errorNumber"), 0), users_of_error(failure)});
  }
  return state;
}

Answer<UsersPage> read_users(const HttpAnswer& answer, WallTime now) {
  const auto tree = open(answer, now);
  if (!tree) {
    return tl::unexpected(tree.error());
  }
  const auto root = tree->root();
  UsersPage page;
  page.users = read_list(root.at("users"));
  page.pages = std::min(number_or(root.at("totalPages"), 0), limits::books_pages_max);
  page.version = text_or_nothing(root.at("versionId"), handle_bytes_max);
  page.mdm = read_mdm(root);
  return page;
}

Answer<SeenUser> read_registered(const HttpAnswer& answer, WallTime now) {
  const auto tree = open(answer, now);
  if (!tree) {
    return tl::unexpected(tree.error());
  }
  auto user = read_user(tree->root().at("user"), "clientUserIdStr");
  const bool good = tree->root().at("status").integer().value_or(0) == 0;
  if (!good || !user || user->status == SeenUser::Status::retired) {
    return tl::unexpected(Refusal{.number = 0,
                                  .status = answer->status,
                                  .trouble = ErrorCode::protocol,
                                  .retry_after = Duration::zero(),
                                  .users = {}});
  }
  return std::move(*user);
}

std::optional<Notification> read_notification(std::string_view body) {
  const auto tree = json::Tree::parse(body, limits::notification_bytes_max);
  if (!tree) {
    return std::nullopt;
  }
  const auto root = tree->root();
  const auto type = root.at("notificationType").text();
  if (!type || type->empty()) {
    return std::nullopt;
  }
  Notification notification;
  notification.id = text_or_nothing(root.at("notificationId"), handle_bytes_max);
  const auto said = root.at("notification");
  if (*type == "TEST_NOTIFICATION") {
    notification.kind = Notification::Kind::test;
  } else if (*type == type_user_management) {
    notification.kind = Notification::Kind::user_management;
    notification.event = text_or_nothing(said.at("eventId"), handle_bytes_max);
  } else if (*type == type_user_associated) {
    notification.kind = Notification::Kind::user_associated;
    notification.users = read_list(said.at("associatedUsers"));
  }
  return notification;
}

}  // namespace muster::registrar
