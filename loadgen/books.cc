#include "loadgen/books.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/ascii.h"
#include "http/date.h"
#include "json/writer.h"
#include "loadgen/books_accept.h"
#include "loadgen/books_error.h"
#include "loadgen/json_text.h"

namespace muster::loadgen {
namespace {

constexpr auto wait_max = std::chrono::hours(1);
// From when Retry-After is said until it is heard: several requests may be on their way.
constexpr auto under_way = std::chrono::milliseconds(500);

bool is_list(BooksPoint point) {
  return point == BooksPoint::users || point == BooksPoint::get_users_v1;
}

http::Reply json_reply(std::uint16_t status, std::string body) {
  http::Reply reply;
  reply.status = status;
  reply.fields = {{"Content-Type", "application/json;charset=UTF-8"}};
  reply.body = std::move(body);
  return reply;
}

// What stands in front of the service speaks no JSON.
http::Reply closed_reply(std::int64_t seconds, const std::string& said) {
  http::Reply reply;
  reply.status = 503;
  reply.fields = {{"Content-Type", "text/html"},
                  {"Retry-After", said.empty() ? std::to_string(seconds) : said}};
  reply.body = "<html><body><h1>503 Service Unavailable</h1></body></html>\n";
  return reply;
}

bool says_json(const http::Fields& fields) {
  const auto type = http::field(fields, "Content-Type").value_or("");
  const auto bare = type.substr(0, type.find_first_of("; "));
  const auto same = [](char left, char right) { return ascii_lower(left) == right; };
  return std::ranges::equal(bare, std::string_view("application/json"), same);
}

std::string base_of(const http::ServerRequest& request) {
  const auto host = http::field(request.fields, "Host").value_or("localhost");
  return (request.encrypted ? "https://" : "http://") + std::string(host);
}

std::int64_t whole_seconds(Duration wait) {
  return std::chrono::ceil<std::chrono::seconds>(wait).count();
}

}  // namespace

struct Books::Route {
  std::string_view path;
  BooksPoint point;
  std::string_view methods;  // "GET POST"
  bool version_2;
};

struct Books::Visit {
  const Route& route;
  BooksCall call;
  std::vector<const BooksFault*> faults;
};

const Books::Route* Books::route_of(const std::string& path) {
  static constexpr std::array routes = std::to_array<Route>({
      {"/mdm/v2/service/config", BooksPoint::service_config, "GET", true},
      {"/mdm/v2/client/config", BooksPoint::client_config, "GET POST", true},
      {"/mdm/v2/users", BooksPoint::users, "GET", true},
      {"/mdm/v2/users/create", BooksPoint::create, "POST", true},
      {"/mdm/v2/users/update", BooksPoint::update, "POST", true},
      {"/mdm/v2/users/retire", BooksPoint::retire, "POST", true},
      {"/mdm/v2/status", BooksPoint::status, "GET", true},
      {"/mdm/VPPServiceConfigSrv", BooksPoint::service_config, "POST", false},
      {"/mdm/VPPClientConfigSrv", BooksPoint::client_config, "POST", false},
      {"/mdm/registerVPPUserSrv", BooksPoint::register_v1, "POST", false},
      {"/mdm/getVPPUserSrv", BooksPoint::get_user_v1, "POST", false},
      {"/mdm/getVPPUsersSrv", BooksPoint::get_users_v1, "POST", false},
      {"/mdm/editVPPUserSrv", BooksPoint::edit_v1, "POST", false},
      {"/mdm/retireVPPUserSrv", BooksPoint::retire_v1, "POST", false},
  });
  const auto* found = std::ranges::find(routes, path, &Route::path);
  return found == routes.end() ? nullptr : found;
}

Books::Books(BooksRules rules, BooksFaultPlan faults, BooksJournal journal)
    : location_(std::move(rules), std::move(faults), std::move(journal)),
      closed_until_(location_.rules.started),
      second_began_(location_.rules.started) {}

BooksAnswer Books::answer(const http::ServerRequest& request, Instant now) {
  location_.advance(now);
  auto answered = act(request, now);
  location_.advance(now);
  flush();
  return answered;
}

BooksAnswer Books::act(const http::ServerRequest& request, Instant now) {
  const BooksCall call{request, base_of(request), now};
  if (request.path == "/accept") {
    return tap(call);
  }
  BooksAnswer answer;
  const auto* route = route_of(request.path);
  if (route == nullptr) {
    answer.reply.status = 404;
    return answer;
  }
  ++requests_[route->point];
  if (is_list(route->point)) {
    location_.watch.list_begins(now);
    answer.list = true;
  }
  Visit visit{*route, call, {}};
  location_.faults.next(BooksPoint::request, "", visit.faults);
  location_.faults.next(route->point, "", visit.faults);
  for (const auto* fault : visit.faults) {
    change(*fault, now);
    answer.delay = std::max(answer.delay, fault->delay);
  }
  const auto closes = std::ranges::find(visit.faults, BooksFault::Kind::close, &BooksFault::kind);
  answer.hang_up = closes != visit.faults.end();
  if (!answer.hang_up || (*closes)->acted) {
    answer.reply = serve(visit, answer);
  }
  return answer;
}

BooksAnswer Books::tap(const BooksCall& call) {
  BooksAnswer answer;
  std::vector<const BooksFault*> faults;
  location_.faults.next(BooksPoint::accept, "", faults);
  bool acts = true;
  for (const auto* fault : faults) {
    answer.delay = std::max(answer.delay, fault->delay);
    if (fault->kind == BooksFault::Kind::close) {
      answer.hang_up = true;
      acts = fault->acted;
    } else if (fault->kind == BooksFault::Kind::error) {
      answer.reply = closed_reply(30, "");
      acts = false;
    } else {
      change(*fault, call.now);
    }
  }
  if (acts) {
    answer.reply = accept_invitation(location_, call);
  }
  return answer;
}

// Everything between the faults that shape the answer and the answer.
http::Reply Books::serve(Visit& visit, BooksAnswer& answer) {
  const auto& request = visit.call.request;
  const auto now = visit.call.now;
  const auto point = visit.route.point;
  if (auto closed = unavailable(visit)) {
    return *closed;
  }
  const auto fails = std::ranges::find(visit.faults, BooksFault::Kind::error, &BooksFault::kind);
  if (fails != visit.faults.end()) {
    return fail(visit, **fails);
  }
  if (visit.route.methods.find(request.method) == std::string_view::npos) {
    return refusal(visit, {9726, {}}, 405);
  }
  if (point == BooksPoint::service_config) {
    location_.watch.service_config(now, location_.rules.limits.of("maxUsers"));
  } else {
    if (auto refused = refuse_token(visit)) {
      location_.watch.token_refused();
      return *refused;
    }
    if (too_many(now)) {
      return refusal(visit, {9646, {}});
    }
    location_.watch.request(point, now);
  }
  if (visit.route.version_2 && request.method == "POST" && !says_json(request.fields)) {
    return refusal(visit, {9727, {}});
  }
  auto outcome =
      visit.route.version_2 ? v2_.answer(point, visit.call) : v1_.answer(point, visit.call);
  if (!outcome) {
    return refusal(visit, outcome.error());
  }
  answer.test = outcome->test;
  return json_reply(200, std::move(outcome->body));
}

// ── faults ──

void Books::change(const BooksFault& fault, Instant now) {
  switch (fault.kind) {
    case BooksFault::Kind::steal:
      location_.steal(fault.name, now);
      break;
    case BooksFault::Kind::version:
      location_.disturb(fault.strangers, now);
      break;
    case BooksFault::Kind::limit:
      location_.rules.limits.set(fault.name, fault.value);
      location_.journal.note("change", "limit " + fault.name, location_.rules.wall(now));
      break;
    case BooksFault::Kind::revoke:
      location_.refuse_token(9625, fault.as_200, now);
      break;
    case BooksFault::Kind::expire:
      location_.refuse_token(9621, fault.as_200, now);
      break;
    default:
      break;
  }
}

// Who comes before Retry-After is over waits twice as long, up to an hour; but not he who was on
// his way when it was said.
std::optional<http::Reply> Books::unavailable(const Visit& visit) {
  const auto now = visit.call.now;
  if (now >= closed_until_) {
    return std::nullopt;
  }
  if (now - closed_at_ < under_way) {
    return closed_reply(whole_seconds(closed_until_ - now), "");
  }
  location_.watch.blame(BooksBreach::before_retry_after, now);
  const auto wait = std::min<Duration>((closed_until_ - now) * 2, wait_max);
  closed_until_ = now + wait;
  return closed_reply(whole_seconds(wait), "");
}

http::Reply Books::fail(const Visit& visit, const BooksFault& fault) {
  const auto now = visit.call.now;
  const auto wait = std::chrono::seconds(fault.retry_after_s);
  if (fault.retry_after_s != 0) {
    closed_at_ = now;
    closed_until_ = now + wait;
  }
  auto reply = refusal(visit, {fault.error, {}}, fault.status);
  const auto date =
      fault.retry_after_as_date ? http::date_text(location_.rules.wall(now + wait)) : std::string();
  if (reply.status == 503) {
    return closed_reply(whole_seconds(wait), date);
  }
  if (fault.retry_after_s != 0) {
    reply.fields.push_back(
        {"Retry-After", date.empty() ? std::to_string(fault.retry_after_s) : date});
  }
  return reply;
}

// ── who may ask ──

std::optional<http::Reply> Books::refuse_token(const Visit& visit) {
  const auto& request = visit.call.request;
  std::string shown;
  if (visit.route.version_2) {
    const std::string_view scheme = "Bearer ";
    const auto field = http::field(request.fields, "Authorization").value_or("");
    if (!field.starts_with(scheme) || field.size() == scheme.size()) {
      return refusal(visit, {9722, {}});
    }
    shown = field.substr(scheme.size());
  } else {
    const auto members = json_members(request.body);
    if (!members) {
      return refusal(visit, {9602, {}});
    }
    const auto token = json_text(json_value(*members, "sToken"));
    if (!token) {
      return refusal(visit, {9600, {}});
    }
    shown = *token;
  }
  const auto verdict = location_.judge_token(shown, visit.call.now);
  if (verdict.error == 0) {
    return std::nullopt;
  }
  // Version 2 has no word for a token that is none.
  const auto error =
      visit.route.version_2 && verdict.error == 9622 ? std::uint16_t{9601} : verdict.error;
  return refusal(visit, {error, {}}, verdict.as_200 ? 200 : 0);
}

bool Books::too_many(Instant now) {
  const auto most = location_.rules.limits.of("maxRequestPerSecond");
  if (now - second_began_ >= std::chrono::seconds(1)) {
    second_began_ = now;
    in_second_ = 0;
  }
  return ++in_second_ > most && most != 0;
}

// `status` 0: the number's own in version 2, 200 in version 1.
http::Reply Books::refusal(const Visit& visit, const BooksRefusal& refused, std::uint16_t status) {
  ++location_.refused[refused.error];
  location_.journal.refusal("", refused.error, name_of(visit.route.point),
                            location_.rules.wall(visit.call.now));
  if (!visit.route.version_2) {
    return json_reply(status == 0 ? 200 : status, BooksV1::refusal(refused.error));
  }
  const auto* error = books_error(refused.error);
  json::Writer writer;
  writer.begin_object();
  if (!refused.client_user_ids.empty()) {
    writer.key("errorInfo").begin_object().key("clientUserIds").begin_array();
    for (const auto& id : refused.client_user_ids) {
      writer.text(id);
    }
    writer.end().end();
  }
  writer.key("errorMessage").text(error->message);
  writer.key("errorNumber").number(refused.error).end();
  return json_reply(status == 0 ? error->status : status, writer.result());
}

// ── time ──

void Books::list_done() {
  location_.watch.list_ends();
}

void Books::advance(Instant now) {
  location_.advance(now);
  flush();
}

std::vector<BooksPost> Books::take_posts(Instant now) {
  return location_.notices.take(now);
}

std::optional<BooksAnswer> Books::posted(std::uint64_t number, bool delivered, Instant now) {
  location_.notices.told(number, delivered, now);
  const auto tested = v2_.tested(number, delivered);
  if (!tested) {
    return std::nullopt;
  }
  BooksAnswer answer;
  if (*tested) {
    answer.reply = json_reply(200, (*tested)->body);
  } else {
    const http::ServerRequest request;
    const Visit visit{*route_of("/mdm/v2/client/config"), {request, "", now}, {}};
    answer.reply = refusal(visit, tested->error());
  }
  flush();
  return answer;
}

void Books::flush() {
  if (auto written = location_.journal.flush(); !written && !trouble_) {
    trouble_ = written.error();
  }
}

std::string Books::stats() const {
  const auto& location = location_;
  json::Writer writer;
  writer.begin_object().key("requests").begin_object();
  for (const auto& [point, count] : requests_) {
    writer.key(name_of(point)).number(count);
  }
  writer.end().key("taps").number(location.taps).key("taps_refused").number(location.taps_refused);
  writer.key("users").begin_object();
  writer.key("registered").number(location.users.count(BooksUser::Status::registered));
  writer.key("associated").number(location.users.count(BooksUser::Status::associated));
  writer.key("retired").number(location.users.count(BooksUser::Status::retired)).end();
  writer.key("events").number(location.events.count());
  writer.key("accounts_reused").number(location.accounts_reused);
  writer.key("lists_most").number(location.watch.lists_most());
  const auto& notices = location.notices.counts();
  writer.key("notifications").begin_object().key("made").number(notices.made);
  writer.key("posts").number(notices.posts).key("delivered").number(notices.delivered);
  writer.key("given_up").number(notices.given_up).key("tests").number(notices.tests).end();
  writer.key("refused").begin_object();
  for (const auto& [error, count] : location.refused) {
    writer.key(std::to_string(error)).number(count);
  }
  writer.end().key("faults").begin_array();
  for (const auto struck : location.faults.struck()) {
    writer.number(struck);
  }
  writer.end().key("violations").begin_object();
  for (std::size_t i = 0; i < books_breaches; ++i) {
    const auto breach = static_cast<BooksBreach>(i);
    writer.key(name_of(breach)).number(location.watch.count(breach));
  }
  return writer.end().end().result();
}

}  // namespace muster::loadgen
