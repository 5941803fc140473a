#include "loadgen/books_v1.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "base/assert.h"
#include "json/writer.h"
#include "loadgen/books_batch.h"
#include "loadgen/books_error.h"
#include "loadgen/books_ids.h"

namespace muster::loadgen {
namespace {

using Status = BooksUser::Status;

constexpr std::size_t client_context_bytes_max = 255;
constexpr auto expiry_is_told_before = std::chrono::hours(24 * 15);

std::string invitation_url(const BooksCall& call, const std::string& code) {
  return call.base + "/accept?inviteCode=" + code + "&mt=8";
}

// true, or any number but 0: version 1 says flags either way.
bool is_set(const std::vector<JsonMember>& asked, std::string_view key) {
  const auto value = json_value(asked, key);
  return value == "true" || json_integer(value).value_or(0) != 0;
}

// "key":value, in front of what follows.
std::string member(std::string_view key, const std::string& value) {
  return '"' + std::string(key) + "\":" + value + ',';
}

}  // namespace

std::string BooksV1::refusal(std::uint16_t error) {
  json::Writer writer;
  writer.begin_object().key("status").number(-1).key("errorNumber").number(error);
  writer.key("errorMessage").text(books_error(error)->message).end();
  return writer.result();
}

std::string BooksV1::good(const std::string& members, Instant now) const {
  const auto& token = location_.token;
  const auto& owner = location_.owner;
  json::Writer rest;
  rest.begin_object();
  // Once version 2 has been told whose the location is, version 1 says only that.
  if (owner.known()) {
    rest.key("clientContext").text("token being used in v2");
  } else if (!location_.client_context.empty()) {
    rest.key("clientContext").text(location_.client_context);
  }
  rest.key("expirationMillis").number(token.expires_at().milliseconds);
  rest.key("location").begin_object().key("locationId").text(token.location_number());
  rest.key("locationName").text(location_.rules.organisation).end();
  rest.key("status").number(0);
  const auto left = token.expires_at().milliseconds - location_.rules.wall(now).milliseconds;
  if (std::chrono::milliseconds(left) <= expiry_is_told_before) {
    rest.key("tokenExpDate").text(books_date(token.expires_at()));
  }
  rest.key("uId").text(token.location_number()).end();
  return '{' + members + rest.result().substr(1);
}

BooksResult BooksV1::answer(BooksPoint point, const BooksCall& call) {
  if (point == BooksPoint::service_config) {
    return service_config(call);
  }
  const auto asked = json_members(call.request.body);
  MUSTER_ASSERT(asked.has_value());  // the token was found in it
  switch (point) {
    case BooksPoint::client_config:
      return client_config(*asked, call);
    case BooksPoint::register_v1:
      return register_user(*asked, call);
    case BooksPoint::edit_v1:
      return edit_user(*asked, call);
    case BooksPoint::retire_v1:
      return retire_user(*asked, call);
    case BooksPoint::get_user_v1:
      return get_user(*asked, call);
    default:
      MUSTER_ASSERT(point == BooksPoint::get_users_v1);
      return get_users(*asked, call);
  }
}

// ── configuration ──

BooksResult BooksV1::service_config(const BooksCall& call) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> paths{
      {{"clientConfigSrvUrl", "VPPClientConfigSrv"},
       {"editUserSrvUrl", "editVPPUserSrv"},
       {"getUserSrvUrl", "getVPPUserSrv"},
       {"getUsersSrvUrl", "getVPPUsersSrv"},
       {"registerUserSrvUrl", "registerVPPUserSrv"},
       {"retireUserSrvUrl", "retireVPPUserSrv"}}};
  json::Writer writer;
  writer.begin_object();
  for (const auto& [name, service] : paths) {
    writer.key(name).text(call.base + "/mdm/" + std::string(service));
  }
  writer.key("errorCodes").begin_array();
  for (const auto& error : books_errors()) {
    if (error.number < 9700) {
      writer.begin_object().key("errorMessage").text(error.message);
      writer.key("errorNumber").number(error.number).end();
    }
  }
  writer.end();
  writer.key("invitationEmailUrl").text(call.base + "/accept?inviteCode=%inviteCode%&mt=8");
  writer.key("maxBatchAssociateLicenseCount").number(20);
  writer.key("maxBatchDisassociateLicenseCount").number(20);
  return BooksOutcome{writer.key("status").number(0).end().result(), 0};
}

BooksResult BooksV1::client_config(const Members& asked, const BooksCall& call) {
  std::optional<std::string> context;
  if (!read_member(asked, "clientContext", context) ||
      context.value_or("").size() > client_context_bytes_max) {
    return books_refuses(9602);
  }
  if (context) {
    location_.client_context = *context;
    if (!location_.owner.known() || location_.foreign) {
      location_.claim({});
    }
  }
  location_.watch.client_config(location_.foreign);
  const auto country = member("countryCode", "\"US\"");
  return BooksOutcome{good(country, call.now), 0};
}

// ── one user ──

std::string BooksV1::shown(const BooksUser& user, const BooksCall& call) const {
  json::Writer writer;
  writer.begin_object().key("clientUserIdStr").text(user.client_user_id);
  if (!user.email.empty()) {
    writer.key("email").text(user.email);
  }
  if (user.status == Status::registered) {
    writer.key("inviteCode").text(user.invite_code);
    writer.key("inviteUrl").text(invitation_url(call, user.invite_code));
  } else if (!user.id_hash.empty()) {
    writer.key("itsIdHash").text(user.id_hash);
  }
  writer.key("status").text(name_of(user.status)).key("userId").number(user.id).end();
  return writer.result();
}

Result<BooksWish, BooksRefusal> BooksV1::read_wish(const Members& asked) const {
  BooksWish wish;
  std::optional<std::string> id;
  if (!read_member(asked, "clientUserIdStr", id) || !read_member(asked, "email", wish.email) ||
      !read_member(asked, "managedAppleIDStr", wish.account) ||
      !BooksLocation::valid_email(wish.email.value_or(""))) {
    return books_refuses(9602);
  }
  wish.client_user_id = id.value_or("");
  return wish;
}

Result<const BooksUser*, BooksRefusal> BooksV1::named(const Members& asked) const {
  const auto wish = read_wish(asked);
  if (!wish) {
    return tl::unexpected(wish.error());
  }
  const auto number = json_value(asked, "userId");
  if (wish->client_user_id.empty() && number.empty()) {
    return books_refuses(9600);
  }
  const auto* user =
      wish->client_user_id.empty()
          ? location_.users.by_id(static_cast<std::uint64_t>(json_integer(number).value_or(0)))
          : location_.users.latest(wish->client_user_id);
  if (user == nullptr) {
    return books_refuses(9604);
  }
  return user;
}

BooksResult BooksV1::register_user(const Members& asked, const BooksCall& call) {
  const auto wish = read_wish(asked);
  if (!wish) {
    return tl::unexpected(wish.error());
  }
  if (wish->client_user_id.empty()) {
    return books_refuses(9600);
  }
  if (location_.users.active(wish->client_user_id) == nullptr) {
    const auto error = location_.carry_out(BooksEvent::Type::create, *wish, "v1", call.now);
    if (error != 0) {
      return books_refuses(error, {wish->client_user_id});
    }
  }
  const auto* user = location_.users.active(wish->client_user_id);
  if (user == nullptr) {  // a fault disregarded him
    return BooksOutcome{good("", call.now), 0};
  }
  return BooksOutcome{good(member("user", shown(*user, call)), call.now), 0};
}

BooksResult BooksV1::edit_user(const Members& asked, const BooksCall& call) {
  const auto user = named(asked);
  if (!user) {
    return tl::unexpected(user.error());
  }
  auto wish = *read_wish(asked);
  wish.client_user_id = (*user)->client_user_id;
  const auto error = location_.carry_out(BooksEvent::Type::update, wish, "v1", call.now);
  if (error != 0) {
    return books_refuses(error == 9609 ? 9604 : error, {wish.client_user_id});
  }
  return BooksOutcome{good(member("user", shown(**user, call)), call.now), 0};
}

BooksResult BooksV1::retire_user(const Members& asked, const BooksCall& call) {
  const auto user = named(asked);
  if (!user) {
    return tl::unexpected(user.error());
  }
  if ((*user)->status == Status::retired) {
    return books_refuses(9618, {(*user)->client_user_id});
  }
  BooksWish wish;
  wish.client_user_id = (*user)->client_user_id;
  const auto error = location_.carry_out(BooksEvent::Type::retire, wish, "v1", call.now);
  if (error != 0) {
    return books_refuses(error, {wish.client_user_id});
  }
  return BooksOutcome{good(member("user", shown(**user, call)), call.now), 0};
}

BooksResult BooksV1::get_user(const Members& asked, const BooksCall& call) const {
  const auto user = named(asked);
  if (!user) {
    return tl::unexpected(user.error());
  }
  const bool by_number = json_value(asked, "clientUserIdStr").empty();
  if ((*user)->status == Status::retired && !by_number) {
    return books_refuses(9604);  // none active
  }
  return BooksOutcome{good(member("user", shown(**user, call)), call.now), 0};
}

// ── all users ──

BooksResult BooksV1::get_users(const Members& asked, const BooksCall& call) const {
  const auto seed = location_.rules.seed;
  std::optional<std::string> batch_token;
  std::optional<std::string> since_token;
  if (!read_member(asked, "batchToken", batch_token) ||
      !read_member(asked, "sinceModifiedToken", since_token) || (batch_token && since_token)) {
    return books_refuses(9602);
  }
  BooksBatch batch;
  batch.until = location_.users.version();
  batch.retired = is_set(asked, "includeRetired") || is_set(asked, "includeRetiredOnly");
  batch.active = !is_set(asked, "includeRetiredOnly");
  if (const auto& token = batch_token ? batch_token : since_token) {
    const auto read = read_books_batch(*token, seed);
    if (!read || read->ended != since_token.has_value()) {
      return books_refuses(9633);
    }
    if (batch_token) {
      batch = *read;
    } else {
      batch.since = read->until;
    }
  }
  const auto found = location_.users.select({batch.active, batch.retired, "", batch.since});
  const auto size = std::uint64_t{location_.rules.page_size};
  const auto batches = std::max<std::uint64_t>(1, (found.size() + size - 1) / size);
  const bool begins = !batch_token.has_value();
  if (const auto index = json_value(asked, "overrideIndex"); !index.empty()) {
    const auto wanted = json_integer(index).value_or(0);
    if (begins || wanted < 1 || static_cast<std::uint64_t>(wanted) > batches) {
      return books_refuses(9602);
    }
    batch.index = static_cast<std::uint64_t>(wanted) - 1;
  }
  json::Writer users;
  users.begin_array();
  const auto last = std::min<std::uint64_t>((batch.index + 1) * size, found.size());
  for (auto i = batch.index * size; i < last; ++i) {
    users.raw(shown(*found[i], call));
  }
  auto members =
      member("users", users.end().result()) + member("totalBatchCount", std::to_string(batches));
  if (begins) {
    members += member("totalCount", std::to_string(found.size()));
  }
  batch.ended = ++batch.index >= batches;
  members += member(batch.ended ? "sinceModifiedToken" : "batchToken",
                    json_quoted(write_books_batch(batch, seed)));
  return BooksOutcome{good(members, call.now), 0};
}

}  // namespace muster::loadgen
