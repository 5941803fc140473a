// A model of Apple's Apps and Books behind http::Exchange, with a state of its own and faults on
// demand: what the registrar is tested against, without a socket and without a real clock.
//
// It keeps Apple's rules and counts breaches of them: a request before Retry-After, a batch over
// the limit, a user twice in a batch, two active users for one mail address (tests give each roster
// user his own), more than five requests at once, a request while another server holds the token.
// One thread, but for `accepting`, which a test may call from notify().
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "http/exchange.h"

namespace muster::registrar {

struct FakeUser {
  std::string id;  // clientUserId
  std::string email;
  std::string account;
  std::string status;  // Registered, Associated, Retired
  std::string code;
  std::string id_hash;
  std::uint64_t changed = 0;  // the version it came with
};

// Of one request's chance, drawn anew for each.
struct FakeFaults {
  double too_many = 0;       // 429 with 9646
  double unavailable = 0;    // 503 with Retry-After
  double internal = 0;       // 500 with 9603
  double lost_before = 0;    // connection reset, nothing done
  double lost_after = 0;     // done, and the answer lost
  double nonsense = 0;       // 200 with a body that is none
  double event_fails = 0;    // of users/create: a user fails with 9603 in the end
  double event_forgets = 0;  // … COMPLETE, and Apple does not have him
};

class FakeBooks final : public http::Exchange {
 public:
  FakeBooks(FakeClock& clock, std::uint64_t seed) : clock_(&clock), random_(seed) {}
  std::vector<Result<http::Response>> exchange(std::span<const http::Request> requests) override;

  // ── what a test sets ──
  std::string token = "token";  // what Authorization must say
  std::uint32_t users_max = 100;
  std::uint32_t page_size = 500;
  std::uint32_t pending_asks = 1;  // how often an event is PENDING
  std::uint32_t requests_per_second = 0;
  std::string invitation_url = "https://buy.example/associate?inviteCode=%25inviteCode%25&mt=8";
  FakeFaults faults;
  std::string retry_after = "30";
  std::map<std::string, std::uint32_t> bad_emails;    // refused in status.failures by number
  std::map<std::string, std::uint32_t> bad_requests;  // the whole request is refused by number
  bool name_the_bad = false;                          // bad_requests: errorInfo says who
  std::set<std::string> accounts;  // Managed Apple Accounts that are of the organisation
  std::uint32_t always = 0;        // every authorized request: 200 with this error number
  std::function<void(std::string_view authorization, std::string body)> notify;
  bool moving = false;  // the version changes with every page that is read
  std::function<void(const http::Request&)> before;  // each request, also those that are lost

  // ── what it has ──
  std::string mdm_id;  // whose the token is; empty: nobody's
  std::string mdm_name;
  std::string notification_url;
  std::string notification_token;
  std::map<std::string, std::vector<FakeUser>> users;  // by clientUserId; at most one active
  std::uint64_t version = 1;

  // ── what people do ──
  void accept(const std::string& email, const std::string& id_hash);
  void retire(const std::string& email);
  [[nodiscard]] const FakeUser* active(const std::string& email) const;
  [[nodiscard]] const FakeUser* by_code(const std::string& code) const;

  // The answers of the exchange under way never arrive: nobody can keep to what they say.
  void forget_retry_after() { not_before_said_ = not_before_; }

  // ── what it saw ──
  std::vector<std::string> log;  // "GET /users", … in their order; answers left out
  std::vector<std::string> breaches;
  [[nodiscard]] std::size_t asked(const std::string& what) const;

 private:
  struct Event {
    std::uint32_t asks_left = 0;
    std::string status;
    std::string failures;  // JSON
  };
  Result<http::Response> answer(const http::Request& request);
  http::Response route(const http::Request& request, const std::string& path);
  http::Response service_config() const;
  http::Response client_config(const http::Request& request);
  http::Response create(const http::Request& request);
  http::Response register_one(const http::Request& request);
  http::Response status(const std::string& path);
  http::Response list(const std::string& path);
  // Zero, or the number under which he is not registered.
  std::uint32_t add(const std::string& id, const std::string& email, const std::string& account);
  FakeUser* active_of(const std::string& id);
  void breach(const std::string& what) { breaches.push_back(what); }

  FakeClock* clock_;
  Random random_;
  Instant not_before_;
  Instant not_before_said_;  // takes effect with the next exchange: those in it are at once
  std::map<std::string, Event> events_;
  std::uint64_t made_ = 0;
};

}  // namespace muster::registrar
