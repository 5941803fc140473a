#include "loadgen/books_v2.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <unordered_set>

#include "base/assert.h"
#include "json/writer.h"
#include "loadgen/books_error.h"
#include "loadgen/books_ids.h"
#include "loadgen/books_listener.h"
#include "loadgen/json_text.h"

namespace muster::loadgen {
namespace {

constexpr std::array<std::string_view, 4> notification_types{"ASSET_COUNT", "ASSET_MANAGEMENT",
                                                             "USER_ASSOCIATED", "USER_MANAGEMENT"};

void write_error_codes(json::Writer& writer) {
  writer.key("errorCodes").begin_array();
  for (const auto& error : books_errors()) {
    if (error.listed) {
      writer.begin_object().key("errorMessage").text(error.message);
      writer.key("errorNumber").number(error.number).end();
    }
  }
  writer.end();
}

void write_urls(json::Writer& writer, const std::string& base) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> paths{
      {{"clientConfig", "/client/config"},
       {"createUsers", "/users/create"},
       {"eventStatus", "/status"},
       {"getUsers", "/users"},
       {"retireUsers", "/users/retire"},
       {"updateUsers", "/users/update"}}};
  writer.key("urls").begin_object();
  for (const auto& [name, path] : paths) {
    writer.key(name).text(base + "/mdm/v2" + std::string(path));
  }
  // The placeholder stands here with its per cent signs escaped, as it does at Apple's.
  writer.key("invitationEmail").text(base + "/accept?inviteCode=%25inviteCode%25&mt=8").end();
}

bool has_twice(const std::vector<BooksWish>& wishes, std::vector<std::string>& which) {
  std::unordered_set<std::string_view> seen;
  for (const auto& wish : wishes) {
    if (!seen.insert(wish.client_user_id).second) {
      which.push_back(wish.client_user_id);
    }
  }
  return !which.empty();
}

std::optional<std::uint64_t> whole(const std::string& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool all = error == std::errc{} && end == text.data() + text.size();
  return all ? std::optional(number) : std::nullopt;
}

struct ListQuestion {
  BooksUsers::Filter filter;
  std::uint64_t page = 0;
};

Result<ListQuestion, BooksRefusal> read_question(const BooksLocation& location,
                                                 const std::string& text) {
  ListQuestion question;
  const auto query = read_books_query(text);
  if (!query) {
    return books_refuses(9602);
  }
  for (const auto& [name, value] : *query) {
    if (name == "activeOnly" || name == "retiredOnly") {
      const auto flag = json_flag(value);
      if (!flag) {
        return books_refuses(9602);
      }
      (name == "activeOnly" ? question.filter.retired : question.filter.active) = !*flag;
    } else if (name == "pageIndex") {
      const auto page = whole(value);
      if (!page) {
        return books_refuses(9602);
      }
      question.page = *page;
    } else if (name == "sinceVersionId") {
      const auto version = location.version_of(value);
      if (!version) {
        return books_refuses(9721);
      }
      question.filter.since = *version;
    } else if (name == "clientUserId" && !value.empty()) {
      question.filter.client_user_id = value;
    } else {
      return books_refuses(9602);
    }
  }
  if (!question.filter.active && !question.filter.retired) {
    return books_refuses(9602);
  }
  return question;
}

}  // namespace

std::string BooksV2::token_date() const {
  return books_date(location_.token.expires_at());
}

BooksResult BooksV2::answer(BooksPoint point, const BooksCall& call) {
  switch (point) {
    case BooksPoint::service_config:
      return service_config(call);
    case BooksPoint::client_config:
      return client_config(call);
    case BooksPoint::create:
      return manage(BooksEvent::Type::create, call);
    case BooksPoint::update:
      return manage(BooksEvent::Type::update, call);
    case BooksPoint::retire:
      return manage(BooksEvent::Type::retire, call);
    case BooksPoint::status:
      return status(call);
    default:
      MUSTER_ASSERT(point == BooksPoint::users);
      return users(call);
  }
}

// ── configuration ──

BooksResult BooksV2::service_config(const BooksCall& call) const {
  json::Writer writer;
  writer.begin_object();
  write_error_codes(writer);
  writer.key("limits").begin_object();
  for (const auto& [name, value] : location_.rules.limits.all()) {
    if (name != "maxRequestPerSecond" || value != 0) {
      writer.key(name).number(value);
    }
  }
  writer.end().key("notificationTypes").begin_array();
  for (const auto type : notification_types) {
    writer.text(type);
  }
  writer.end();
  write_urls(writer, call.base);
  return BooksOutcome{writer.end().result(), 0};
}

BooksResult BooksV2::client_config(const BooksCall& call) {
  if (call.request.method == "GET") {
    return client_configuration();
  }
  auto read = read_claim(call.request.body);
  if (!read) {
    return tl::unexpected(read.error());
  }
  auto claim = std::move(*read);
  if (!claim.subscription || claim.subscription->url.empty()) {
    apply(claim);
    return client_configuration();
  }
  const auto test = location_.notices.test(*claim.subscription, call.now);
  claims_.emplace(test, std::move(claim));
  return BooksOutcome{"", test};
}

std::optional<BooksResult> BooksV2::tested(std::uint64_t number, bool delivered) {
  const auto found = claims_.find(number);
  if (found == claims_.end()) {
    return std::nullopt;
  }
  const auto claim = std::move(found->second);
  claims_.erase(found);
  if (!delivered) {
    return books_refuses(9728);
  }
  apply(claim);
  return client_configuration();
}

void BooksV2::apply(const Claim& claim) {
  if (claim.owner) {
    location_.claim(*claim.owner);
  }
  if (claim.subscription) {
    location_.notices.subscription = *claim.subscription;
  }
}

BooksResult BooksV2::client_configuration() {
  location_.watch.client_config(location_.foreign);
  const auto& listener = location_.notices.subscription;
  json::Writer writer;
  writer.begin_object().key("countryISO2ACode").text("US");
  writer.key("defaultPlatform").text("volumestore");
  writer.key("locationName").text(location_.rules.organisation);
  if (location_.owner.known()) {
    writer.key("mdmInfo").raw(location_.owner.json());
  }
  if (!listener.url.empty()) {
    writer.key("notificationAuthToken").text(listener.token);
    writer.key("notificationUrl").text(listener.url);
  }
  writer.key("subscribedNotificationTypes").begin_array();
  for (const auto& type : listener.types) {
    writer.text(type);
  }
  writer.end().key("tokenExpirationDate").text(token_date());
  writer.key("uId").text(location_.token.location_number());
  writer.key("websiteURL").text("https://school.apple.com").end();
  return BooksOutcome{writer.result(), 0};
}

Result<BooksV2::Claim, BooksRefusal> BooksV2::read_claim(const std::string& body) const {
  const auto members = json_members(body);
  if (!members) {
    return books_refuses(9602);
  }
  Claim claim;
  if (const auto info = json_value(*members, "mdmInfo"); !info.empty() && info != "null") {
    auto owner = read_books_owner(info, location_.rules.limits);
    if (!owner) {
      return tl::unexpected(owner.error());
    }
    claim.owner = std::move(*owner);
  }
  auto listener = read_books_listener(*members, notification_types, location_.rules.limits);
  if (!listener) {
    return tl::unexpected(listener.error());
  }
  claim.subscription = std::move(*listener);
  if (claim.subscription && claim.subscription->url.empty() && claim.subscription->token.empty() &&
      !location_.notices.subscription.url.empty() && !claim.subscription->types.empty()) {
    // Other types for the listener that we know.
    claim.subscription->url = location_.notices.subscription.url;
    claim.subscription->token = location_.notices.subscription.token;
  }
  return claim;
}

// ── users ──

BooksResult BooksV2::users(const BooksCall& call) const {
  const auto question = read_question(location_, call.request.query);
  if (!question) {
    return tl::unexpected(question.error());
  }
  const auto found = location_.users.select(question->filter);
  const auto page_size = std::uint64_t{location_.rules.page_size};
  const auto pages = std::max<std::uint64_t>(1, (found.size() + page_size - 1) / page_size);
  if (question->page >= pages) {
    return books_refuses(9650);
  }
  const auto first = question->page * page_size;
  const auto last = std::min<std::uint64_t>(first + page_size, found.size());
  json::Writer writer;
  writer.begin_object().key("currentPageIndex").number(question->page);
  if (question->page + 1 < pages) {
    writer.key("nextPageIndex").number(question->page + 1);
  }
  writer.key("size").number(last - first);
  writer.key("tokenExpirationDate").text(token_date());
  writer.key("totalPages").number(pages);
  writer.key("uId").text(location_.token.location_number());
  writer.key("users").begin_array();
  for (auto i = first; i < last; ++i) {
    writer.raw(json_of(*found[i]));
  }
  writer.end().key("versionId").text(location_.version_id(location_.users.version())).end();
  return BooksOutcome{writer.result(), 0};
}

Result<std::vector<BooksWish>, BooksRefusal> BooksV2::read_wishes(const std::string& body,
                                                                  Instant now) {
  const auto members = json_members(body);
  if (!members) {
    return books_refuses(9602);
  }
  const auto users = json_elements(json_value(*members, "users"));
  if (!users || users->empty()) {
    return books_refuses(9720);
  }
  if (users->size() > location_.rules.limits.of("maxUsers")) {
    location_.watch.batch_over_limit(users->size(), now);
    return books_refuses(9714);
  }
  std::vector<BooksWish> wishes;
  for (const auto user : *users) {
    const auto facts = json_members(user);
    BooksWish wish;
    std::optional<std::string> id;
    if (!facts || !read_member(*facts, "clientUserId", id) || !id || id->empty() ||
        !read_member(*facts, "email", wish.email) ||
        !read_member(*facts, "managedAppleId", wish.account)) {
      return books_refuses(9602);
    }
    wish.client_user_id = std::move(*id);
    if (!BooksLocation::valid_email(wish.email.value_or(""))) {
      return books_refuses(9717, {wish.client_user_id});
    }
    wishes.push_back(std::move(wish));
  }
  std::vector<std::string> twice;
  if (has_twice(wishes, twice)) {
    location_.watch.blame(BooksBreach::registered_twice, now);
    return books_refuses(9715, std::move(twice));
  }
  return wishes;
}

BooksResult BooksV2::manage(BooksEvent::Type type, const BooksCall& call) {
  auto wishes = read_wishes(call.request.body, call.now);
  if (!wishes) {
    return tl::unexpected(wishes.error());
  }
  const auto& event = location_.events.begin(type, std::move(*wishes), call.now);
  json::Writer writer;
  writer.begin_object().key("eventId").text(event.id);
  if (location_.owner.known()) {
    writer.key("mdmInfo").raw(location_.owner.json());
  }
  writer.key("tokenExpirationDate").text(token_date());
  writer.key("uId").text(location_.token.location_number()).end();
  return BooksOutcome{writer.result(), 0};
}

BooksResult BooksV2::status(const BooksCall& call) const {
  const auto query = read_books_query(call.request.query);
  if (!query || query->size() != 1 || query->front().first != "eventId") {
    return books_refuses(9602);
  }
  const auto* event = location_.events.find(query->front().second);
  if (event == nullptr) {
    return books_refuses(9708);
  }
  const bool failed = event->over() && !event->failures.empty();
  json::Writer writer;
  writer.begin_object().key("eventStatus");
  writer.text(!event->over() ? "PENDING" : failed ? "FAILED" : "COMPLETE");
  writer.key("eventType").text(name_of(event->type));
  if (failed) {
    writer.key("failures").begin_array();
    for (const auto& failure : json_of_failures(*event)) {
      writer.raw(failure);
    }
    writer.end();
  }
  writer.key("numCompleted").number(event->completed);
  writer.key("numRequested").number(event->requested);
  writer.key("tokenExpirationDate").text(token_date());
  writer.key("uId").text(location_.token.location_number()).end();
  return BooksOutcome{writer.result(), 0};
}

}  // namespace muster::loadgen
