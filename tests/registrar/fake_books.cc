#include "tests/registrar/fake_books.h"

#include <algorithm>

#include "base/assert.h"
#include "json/value.h"
#include "json/writer.h"

namespace muster::registrar {
namespace {

constexpr std::size_t body_max = 1 << 24;
constexpr std::string_view base = "https://books.example/mdm";

http::Response answer_of(std::uint16_t status, const json::Writer& body) {
  return {status, {{"Content-Type", "application/json"}}, body.result()};
}

std::uint16_t status_of(std::uint32_t number) {
  switch (number) {
    case 9601:
    case 9621:
    case 9625:
    case 9722:
      return 401;
    case 9603:
      return 500;
    case 9646:
      return 429;
    default:
      return 400;
  }
}

http::Response error_of(std::uint32_t number, const std::string& who = {}) {
  json::Writer body;
  body.begin_object().key("errorNumber").number(number).key("errorMessage").text("Apple's words");
  if (!who.empty()) {
    body.key("errorInfo").begin_object().key("clientUserIds").begin_array().text(who).end().end();
  }
  body.end();
  return answer_of(status_of(number), body);
}

std::string parameter(const std::string& path, const std::string& name) {
  const auto at = path.find(name + "=");
  return at == std::string::npos
             ? std::string()
             : path.substr(at + name.size() + 1, path.find('&', at) - at - name.size() - 1);
}

std::string text(const json::Value& value) {
  return std::string(value.text().value_or(""));
}

// What the registrar sends is JSON, or this is no test.
json::Tree body_of(const http::Request& request) {
  auto tree = json::Tree::parse(request.body, body_max);
  MUSTER_ASSERT(tree.has_value());
  return std::move(*tree);
}

void write_user(json::Writer& body, const FakeUser& user, const std::string& id_name) {
  body.begin_object().key(id_name).text(user.id).key("email").text(user.email);
  body.key("status").text(user.status);
  if (user.status == "Registered") {
    body.key("inviteCode").text(user.code);
    if (id_name == "clientUserIdStr") {
      body.key("inviteUrl").text("https://buy.example/v1?inviteCode=" + user.code);
    }
  }
  if (!user.id_hash.empty()) {
    body.key("idHash").text(user.id_hash);
  }
  body.end();
}

}  // namespace

std::vector<Result<http::Response>> FakeBooks::exchange(std::span<const http::Request> requests) {
  if (requests.size() > 5) {
    breach("more than five requests at once");
  }
  not_before_ = std::max(not_before_, not_before_said_);
  std::vector<Result<http::Response>> answers;
  for (const auto& request : requests) {
    answers.push_back(answer(request));
  }
  return answers;
}

Result<http::Response> FakeBooks::answer(const http::Request& request) {
  if (before) {
    before(request);
  }
  auto path = request.url.substr(std::min(base.size(), request.url.size()));
  MUSTER_ASSERT(request.url.starts_with(base));
  log.push_back(request.method + " " + path.substr(0, path.find('?')));
  if (clock_->now() < not_before_) {
    breach("a request before Retry-After: " + log.back());
  }
  if (random_.chance(faults.lost_before)) {
    return trouble(ErrorCode::connection_reset);
  }
  if (random_.chance(faults.too_many)) {
    return error_of(9646);
  }
  if (random_.chance(faults.internal)) {
    return error_of(9603);
  }
  if (random_.chance(faults.nonsense)) {
    return http::Response{200, {}, "<html>"};
  }
  if (random_.chance(faults.unavailable)) {
    not_before_said_ = clock_->now() + std::chrono::seconds(std::stoi(retry_after));
    return http::Response{503, {{"Retry-After", retry_after}}, "busy"};
  }
  auto answer = route(request, path);
  if (random_.chance(faults.lost_after)) {
    return trouble(ErrorCode::connection_reset);
  }
  return answer;
}

http::Response FakeBooks::route(const http::Request& request, const std::string& path) {
  if (path == "/v2/service/config") {
    return service_config();
  }
  if (path == "/registerVPPUserSrv") {
    return register_one(request);
  }
  const auto authorization = http::field(request.fields, "Authorization").value_or("");
  if (authorization != "Bearer " + token) {
    return error_of(9601);
  }
  if (always != 0) {
    auto answer = error_of(always);
    answer.status = 200;
    return answer;
  }
  if (path == "/v2/client/config") {
    return client_config(request);
  }
  if (path == "/v2/users/create" && request.method == "POST") {
    return create(request);
  }
  if (path.starts_with("/v2/status?")) {
    return status(path);
  }
  if (path.starts_with("/v2/users?")) {
    return list(path);
  }
  breach("an unknown path: " + path);
  return {404, {}, ""};
}

http::Response FakeBooks::service_config() const {
  json::Writer body;
  body.begin_object().key("limits").begin_object().key("maxUsers").number(users_max);
  body.key("maxMdmNameLength").number(100).key("maxMdmMetadataLength").number(255);
  body.key("maxRequestPerSecond").number(requests_per_second).end();
  body.key("urls").begin_object().key("invitationEmail").text(invitation_url).end().end();
  return answer_of(200, body);
}

http::Response FakeBooks::client_config(const http::Request& request) {
  if (request.method == "POST") {
    const auto tree = body_of(request);
    const auto root = tree.root();
    const auto url = text(root.at("notificationUrl"));
    if (!url.empty()) {
      if (!notify) {
        return error_of(9728);
      }
      notify(
          "Bearer " + text(root.at("notificationAuthToken")),
          R"({"notificationType":"TEST_NOTIFICATION","notificationId":"test","notification":{}})");
    }
    mdm_id = text(root.at("mdmInfo").at("id"));
    mdm_name = text(root.at("mdmInfo").at("name"));
    notification_url = url;
    notification_token = text(root.at("notificationAuthToken"));
  }
  json::Writer body;
  body.begin_object().key("locationName").text("North").key("uId").text("1");
  body.key("tokenExpirationDate").text("2030-11-08T22:33:22+0000");
  if (!mdm_id.empty()) {
    body.key("mdmInfo").begin_object().key("id").text(mdm_id).key("name").text(mdm_name).end();
  }
  if (!notification_url.empty()) {
    body.key("notificationUrl").text(notification_url);
    body.key("subscribedNotificationTypes").begin_array();
    body.text("USER_ASSOCIATED").text("USER_MANAGEMENT").end();
  }
  body.end();
  return answer_of(200, body);
}

std::uint32_t FakeBooks::add(const std::string& id, const std::string& email,
                             const std::string& account) {
  for (const auto& [other, list] : users) {
    if (other != id && !list.empty() && list.front().email == email) {
      breach("two clientUserIds for " + email);
    }
  }
  if (const auto bad = bad_emails.find(email); bad != bad_emails.end()) {
    return bad->second;
  }
  if (active_of(id) != nullptr) {
    return 9716;
  }
  if (!account.empty() && !accounts.contains(account)) {
    return 9635;
  }
  FakeUser user;
  user.id = id;
  user.email = email;
  user.account = account;
  user.status = account.empty() ? "Registered" : "Associated";
  user.code = "code" + std::to_string(++made_);
  user.id_hash = account.empty() ? "" : "hash of " + account;
  user.changed = ++version;
  users[id].push_back(user);
  return 0;
}

http::Response FakeBooks::create(const http::Request& request) {
  const auto tree = body_of(request);
  const auto list = tree.root().at("users");
  if (list.size() > users_max) {
    breach("a batch over the limit");
    return error_of(9714);
  }
  std::set<std::string> ids;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto id = text(list.at(i).at("clientUserId"));
    if (!ids.insert(id).second) {
      breach("a user twice in a batch");
    }
    const auto bad = bad_requests.find(text(list.at(i).at("email")));
    if (bad != bad_requests.end()) {
      return error_of(bad->second, name_the_bad ? id : std::string());
    }
  }
  json::Writer failures;
  failures.begin_array();
  bool failed = false;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto id = text(list.at(i).at("clientUserId"));
    if (random_.chance(faults.event_forgets)) {
      continue;
    }
    const auto number =
        random_.chance(faults.event_fails)
            ? 9603
            : add(id, text(list.at(i).at("email")), text(list.at(i).at("managedAppleId")));
    if (number != 0) {
      failed = true;
      failures.raw(error_of(number, id).body);
    }
  }
  failures.end();
  const auto event = "event-" + std::to_string(++made_);
  events_[event] = {pending_asks, failed ? "FAILED" : "COMPLETE", failures.result()};
  json::Writer body;
  body.begin_object().key("eventId").text(event).key("uId").text("1").end();
  return answer_of(200, body);
}

http::Response FakeBooks::register_one(const http::Request& request) {
  const auto tree = body_of(request);
  const auto root = tree.root();
  const auto id = text(root.at("clientUserIdStr"));
  const auto refuse = [](std::uint32_t number) {
    json::Writer body;
    body.begin_object().key("status").number(-1).key("errorNumber").number(number).end();
    return answer_of(200, body);
  };
  if (text(root.at("sToken")) != token) {
    return refuse(9601);
  }
  const auto number = add(id, text(root.at("email")), text(root.at("managedAppleIDStr")));
  if (number != 0 && number != 9716) {
    return refuse(number);
  }
  json::Writer body;
  body.begin_object().key("status").number(0).key("user");
  write_user(body, *active_of(id), "clientUserIdStr");
  body.end();
  return answer_of(200, body);
}

http::Response FakeBooks::status(const std::string& path) {
  const auto found = events_.find(parameter(path, "eventId"));
  if (found == events_.end()) {
    return error_of(9708);
  }
  auto& event = found->second;
  const bool pending = event.asks_left > 0;
  event.asks_left -= pending ? 1 : 0;
  json::Writer body;
  body.begin_object().key("eventStatus").text(pending ? "PENDING" : event.status);
  body.key("eventType").text("CREATE");
  if (!pending) {
    body.key("failures").raw(event.failures);
  }
  body.end();
  return answer_of(200, body);
}

http::Response FakeBooks::list(const std::string& path) {
  const auto since = parameter(path, "sinceVersionId");
  const auto one = parameter(path, "clientUserId");
  const auto page_text = parameter(path, "pageIndex");
  const auto from = since.empty() ? 0 : std::stoull(since.substr(1));
  if (from > version) {
    return error_of(9721);
  }
  std::vector<const FakeUser*> found;
  for (const auto& [id, records] : users) {
    for (const auto& user : records) {
      if (user.changed > from && (one.empty() || one == id)) {
        found.push_back(&user);
      }
    }
  }
  const auto page = page_text.empty() ? 0 : std::stoull(page_text);
  const auto pages = (found.size() + page_size - 1) / page_size;
  if (page > 0 && page >= pages) {
    return error_of(9650);
  }
  version += moving ? 1 : 0;
  json::Writer body;
  body.begin_object().key("users").begin_array();
  const auto past = std::min<std::size_t>(found.size(), (page + 1) * page_size);
  for (auto i = page * page_size; i < past; ++i) {
    write_user(body, *found[i], "clientUserId");
  }
  body.end().key("currentPageIndex").number(page).key("totalPages").number(pages);
  body.key("versionId").text("v" + std::to_string(version));
  if (!mdm_id.empty()) {
    body.key("mdmInfo").begin_object().key("id").text(mdm_id).key("name").text(mdm_name).end();
  }
  body.end();
  return answer_of(200, body);
}

FakeUser* FakeBooks::active_of(const std::string& id) {
  auto& records = users[id];
  const auto found =
      std::ranges::find_if(records, [](const FakeUser& user) { return user.status != "Retired"; });
  return found == records.end() ? nullptr : &*found;
}

const FakeUser* FakeBooks::active(const std::string& email) const {
  for (const auto& [id, records] : users) {
    for (const auto& user : records) {
      if (user.email == email && user.status != "Retired") {
        return &user;
      }
    }
  }
  return nullptr;
}

const FakeUser* FakeBooks::by_code(const std::string& code) const {
  for (const auto& [id, records] : users) {
    for (const auto& user : records) {
      if (user.code == code && user.status == "Registered") {
        return &user;
      }
    }
  }
  return nullptr;
}

void FakeBooks::accept(const std::string& email, const std::string& id_hash) {
  auto* user = active_of(active(email)->id);
  user->status = "Associated";
  user->id_hash = id_hash;
  user->changed = ++version;
}

void FakeBooks::retire(const std::string& email) {
  auto* user = active_of(active(email)->id);
  user->status = "Retired";
  user->changed = ++version;
}

std::size_t FakeBooks::asked(const std::string& what) const {
  return static_cast<std::size_t>(std::ranges::count(log, what));
}

}  // namespace muster::registrar
