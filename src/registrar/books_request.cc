#include "registrar/books_request.h"

#include "http/percent.h"
#include "json/writer.h"
#include "model/id.h"

namespace muster::registrar {
namespace {

std::string address(std::string_view url, std::string_view path) {
  while (url.ends_with('/')) {
    url.remove_suffix(1);
  }
  std::string whole(url);
  whole += path;
  return whole;
}

http::Request get(const BooksAccess& access, std::string_view path) {
  http::Request request;
  request.url = address(access.url, path);
  request.fields.push_back({"Accept", "application/json"});
  if (!access.token.empty()) {
    request.fields.push_back({"Authorization", "Bearer " + std::string(access.token)});
  }
  return request;
}

http::Request post(const BooksAccess& access, std::string_view path, const json::Writer& body) {
  auto request = get(access, path);
  request.method = "POST";
  request.fields.push_back({"Content-Type", "application/json"});
  request.body = body.result();
  return request;
}

}  // namespace

http::Request ask_service_config(std::string_view url) {
  return get({url, {}}, "/service/config");
}

http::Request ask_client_config(const BooksAccess& access) {
  return get(access, "/client/config");
}

http::Request claim_client_config(const BooksAccess& access, const Claim& claim) {
  json::Writer body;
  body.begin_object().key("mdmInfo").begin_object();
  body.key("id").text(claim.id).key("name").text(claim.name);
  body.key("metadata").text(claim.metadata).end();
  if (!claim.notification_url.empty()) {
    body.key("notificationUrl").text(claim.notification_url);
    body.key("notificationAuthToken").text(claim.notification_token);
    body.key("notificationTypes").begin_array();
    body.text(type_user_management).text(type_user_associated).end();
  }
  body.end();
  return post(access, "/client/config", body);
}

http::Request create_users(const BooksAccess& access, std::span<const NewUser> users) {
  json::Writer body;
  body.begin_object().key("users").begin_array();
  for (const auto& user : users) {
    body.begin_object().key("clientUserId").text(uuid_text(user.client_user_id));
    if (!user.email.empty()) {
      body.key("email").text(user.email);
    }
    if (!user.account.empty()) {
      body.key("managedAppleId").text(user.account);
    }
    body.end();
  }
  body.end().end();
  return post(access, "/users/create", body);
}

http::Request ask_status(const BooksAccess& access, std::string_view event) {
  return get(access, "/status?eventId=" + http::percent_encoded(event));
}

http::Request ask_users(const BooksAccess& access, std::uint32_t page, std::string_view since) {
  auto path = "/users?pageIndex=" + std::to_string(page);
  if (!since.empty()) {
    path += "&sinceVersionId=" + http::percent_encoded(since);
  }
  return get(access, path);
}

http::Request ask_user(const BooksAccess& access, const std::array<Byte, 16>& client_user_id) {
  return get(access, "/users?clientUserId=" + uuid_text(client_user_id));
}

http::Request register_user(const BooksAccess& access, const NewUser& user) {
  constexpr std::string_view version = "/v2";
  auto url = access.url;
  while (url.ends_with('/')) {
    url.remove_suffix(1);
  }
  if (url.ends_with(version)) {
    url.remove_suffix(version.size());
  }
  json::Writer body;
  body.begin_object().key("clientUserIdStr").text(uuid_text(user.client_user_id));
  if (!user.email.empty()) {
    body.key("email").text(user.email);
  }
  if (!user.account.empty()) {
    body.key("managedAppleIDStr").text(user.account);
  }
  body.key("sToken").text(access.token).end();
  return post({url, {}}, "/registerVPPUserSrv", body);
}

}  // namespace muster::registrar
