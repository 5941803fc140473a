// Answers of Apps and Books, read: what was asked for, or why not.
//
// Pure, and of anything: what an answer lacks is left at its default, what cannot be an answer is a
// Refusal. A 200 whose body has an errorNumber is a refusal like any other (seen for bad tokens).
// Retry-After is read wherever it stands.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "http/message.h"
#include "registrar/books_errors.h"

namespace muster::registrar {

using ClientUserId = std::array<Byte, 16>;

struct [[nodiscard]] Refusal {
  std::uint32_t number = 0;  // Apple's; 0: none was said
  std::uint16_t status = 0;  // HTTP's; 0: there was no answer, `trouble` says why
  ErrorCode trouble = ErrorCode::none;
  Duration retry_after = Duration::zero();
  std::vector<ClientUserId> users;  // of errorInfo: who is meant

  // By its number; where there is none, by its status.
  [[nodiscard]] Remedy remedy() const;
  // Apple never saw the request, or has said that it did nothing of it.
  [[nodiscard]] bool untouched() const;
  // For people and logs; nothing of Apple's own words.
  [[nodiscard]] std::string words() const;
};

template <class T>
using Answer = tl::expected<T, Refusal>;
using HttpAnswer = Result<http::Response>;

struct ServiceConfig {
  std::uint32_t users_max = 100;  // of one users/create
  std::uint32_t mdm_name_max = 100;
  std::uint32_t mdm_metadata_max = 255;
  std::uint32_t requests_per_second = 0;  // 0: no limit
  std::string invitation_template;        // never empty
};

struct MdmInfo {
  std::string id;
  std::string name;  // for people: no control characters, not long
};

struct ClientConfig {
  std::optional<MdmInfo> mdm;  // nothing: the token is nobody's
  std::string location_name;   // for people
  std::string notification_url;
  std::vector<std::string> notification_types;
  std::optional<WallTime> expires_at;
};

struct Created {
  std::string event;
  std::optional<MdmInfo> mdm;
};

struct EventState {
  enum class Kind : std::uint8_t { pending, complete, failed } kind = Kind::pending;
  struct Failure {
    std::uint32_t number = 0;
    std::vector<ClientUserId> users;  // empty: it does not say whom
  };
  std::vector<Failure> failures;
};

// A user as Apple shows him; those whose clientUserId is not one of ours in form are left out.
struct SeenUser {
  enum class Status : std::uint8_t { registered, associated, retired } status = Status::registered;
  ClientUserId id{};
  std::string code;     // of registered; secret
  std::string url;      // of version 1 alone; secret
  std::string id_hash;  // of associated
};

struct UsersPage {
  std::vector<SeenUser> users;
  std::uint32_t pages = 0;
  std::string version;
  std::optional<MdmInfo> mdm;
};

[[nodiscard]] Answer<ServiceConfig> read_service_config(const HttpAnswer& answer, WallTime now);
[[nodiscard]] Answer<ClientConfig> read_client_config(const HttpAnswer& answer, WallTime now);
[[nodiscard]] Answer<Created> read_created(const HttpAnswer& answer, WallTime now);
[[nodiscard]] Answer<EventState> read_status(const HttpAnswer& answer, WallTime now);
[[nodiscard]] Answer<UsersPage> read_users(const HttpAnswer& answer, WallTime now);
// Version 1: the user as he stands now.
[[nodiscard]] Answer<SeenUser> read_registered(const HttpAnswer& answer, WallTime now);

// What a notification says (Apple: "Subscribing to Notifications").
struct Notification {
  enum class Kind : std::uint8_t { test, user_management, user_associated, other };
  Kind kind = Kind::other;
  std::string id;               // notificationId
  std::string event;            // of user_management
  std::vector<SeenUser> users;  // of user_associated
};
// Nothing: this is no notification.
[[nodiscard]] std::optional<Notification> read_notification(std::string_view body);

}  // namespace muster::registrar
