// How the MDM server behaves towards Apple: which of the service's rules it broke, and how often.
//
//   batch_over_limit         more users in one request than maxUsers, now and when it was read last
//   before_retry_after       a request before a Retry-After was over, unless it was on its way
//   lists_in_parallel        more than five list requests at once
//   registered_twice         a clientUserId asked for though it has an active user, or twice in one
//                            request (after a crash or a lost answer: in good faith)
//   client_config_not_asked  a session's first request was not for client/config: whose the
//                            location is must be known before anything else is asked
//   service_config_stale     users were asked for, or about, and service/config was not read in the
//                            last five minutes (and a tolerance)
//   after_foreign            a request after client/config had said that another server holds the
//                            location (asking again, and claiming it, are no breach)
//
// A session begins with the first request, after a refused token, and after a long silence. A
// stale service/config is counted once until it is read again.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include "base/time.h"
#include "loadgen/books_faults.h"
#include "loadgen/books_rules.h"

namespace muster::loadgen {

enum class BooksBreach : std::uint8_t {
  batch_over_limit,
  before_retry_after,
  lists_in_parallel,
  registered_twice,
  client_config_not_asked,
  service_config_stale,
  after_foreign,
};
inline constexpr std::size_t books_breaches = 7;
[[nodiscard]] std::string_view name_of(BooksBreach breach);

class BooksWatch {
 public:
  using Told = std::function<void(BooksBreach, Instant)>;
  // `rules` outlives it; `told` is called for each breach.
  BooksWatch(const BooksRules& rules, Told told) : rules_(rules), told_(std::move(told)) {}

  void blame(BooksBreach breach, Instant now);
  // A request whose token was good, before it is acted upon.
  void request(BooksPoint point, Instant now);
  void service_config(Instant now, std::uint64_t users_max) {
    service_config_at_ = now;
    users_announced_ = users_max;
  }
  // More users than there may be in one request: no breach where it was right when it was
  // announced.
  void batch_over_limit(std::uint64_t users, Instant now) {
    if (users > users_announced_) {
      blame(BooksBreach::batch_over_limit, now);
    }
  }
  // client/config was answered, and this is what it said.
  void client_config(bool foreign) { foreign_ = foreign; }
  void token_refused() { session_ = false; }
  void list_begins(Instant now);
  void list_ends();

  [[nodiscard]] std::uint64_t count(BooksBreach breach) const {
    return counts_[static_cast<std::size_t>(breach)];
  }
  [[nodiscard]] std::uint32_t lists_most() const { return lists_most_; }

 private:
  const BooksRules& rules_;
  Told told_;
  std::array<std::uint64_t, books_breaches> counts_{};
  std::optional<Instant> service_config_at_;
  std::uint64_t users_announced_ = 0;
  Instant last_request_at_;
  bool session_ = false;
  bool stale_ = false;  // and blamed for it
  bool foreign_ = false;
  std::uint32_t lists_ = 0;
  std::uint32_t lists_most_ = 0;
};

}  // namespace muster::loadgen
