// Requests to Apps and Books, version 2, and of version 1 the one that registers a user.
//
// Pure: from what is asked to http::Request. The content token goes into the Authorization field
// (version 2) or the body (version 1), nowhere else. Source: Apple, "Apps and Books" (service and
// client config, users, status), "Register a User (Legacy)".
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "http/message.h"

namespace muster::registrar {

// Where, and as whom. Borrowed for the making of a request.
struct BooksAccess {
  std::string_view url;    // RegistrarSettings::url
  std::string_view token;  // of the location; secret
};

struct NewUser {
  std::array<Byte, 16> client_user_id{};
  std::string_view email;    // may be empty
  std::string_view account;  // Managed Apple Account; may be empty
};

// What we ask Apple to note about us; all of it each time.
struct Claim {
  std::string_view id;
  std::string_view name;
  std::string_view metadata;
  std::string_view notification_url;    // empty: no notifications
  std::string_view notification_token;  // secret
};

// The types of notification that we want.
inline constexpr std::string_view type_user_management = "USER_MANAGEMENT";
inline constexpr std::string_view type_user_associated = "USER_ASSOCIATED";

[[nodiscard]] http::Request ask_service_config(std::string_view url);
[[nodiscard]] http::Request ask_client_config(const BooksAccess& access);
[[nodiscard]] http::Request claim_client_config(const BooksAccess& access, const Claim& claim);
[[nodiscard]] http::Request create_users(const BooksAccess& access, std::span<const NewUser> users);
[[nodiscard]] http::Request ask_status(const BooksAccess& access, std::string_view event);
// `since`: only what has changed since that version; empty: all.
[[nodiscard]] http::Request ask_users(const BooksAccess& access, std::uint32_t page,
                                      std::string_view since);
[[nodiscard]] http::Request ask_user(const BooksAccess& access,
                                     const std::array<Byte, 16>& client_user_id);
// Version 1. Its address is that of version 2 without "/v2".
[[nodiscard]] http::Request register_user(const BooksAccess& access, const NewUser& user);

}  // namespace muster::registrar
