#include "loadgen/books_watch.h"

#include <algorithm>

#include "base/assert.h"

namespace muster::loadgen {

std::string_view name_of(BooksBreach breach) {
  static constexpr std::array<std::string_view, books_breaches> names{
      "batch_over_limit",        "before_retry_after",   "lists_in_parallel", "registered_twice",
      "client_config_not_asked", "service_config_stale", "after_foreign"};
  return names[static_cast<std::size_t>(breach)];
}

void BooksWatch::blame(BooksBreach breach, Instant now) {
  ++counts_[static_cast<std::size_t>(breach)];
  told_(breach, now);
}

void BooksWatch::request(BooksPoint point, Instant now) {
  if (session_ && now - last_request_at_ > rules_.session_pause) {
    session_ = false;
  }
  last_request_at_ = now;
  const bool begins = !session_;
  session_ = true;
  if (point == BooksPoint::client_config) {
    return;
  }
  if (begins) {
    blame(BooksBreach::client_config_not_asked, now);
  }
  if (foreign_) {
    blame(BooksBreach::after_foreign, now);
  }
  const auto age_max = rules_.service_config_every + rules_.service_config_tolerance;
  const bool stale = !service_config_at_ || now - *service_config_at_ > age_max;
  if (stale && !stale_) {
    blame(BooksBreach::service_config_stale, now);
  }
  stale_ = stale;
}

void BooksWatch::list_begins(Instant now) {
  ++lists_;
  lists_most_ = std::max(lists_most_, lists_);
  if (lists_ > rules_.lists_max) {
    blame(BooksBreach::lists_in_parallel, now);
  }
}

void BooksWatch::list_ends() {
  MUSTER_ASSERT(lists_ > 0);
  --lists_;
}

}  // namespace muster::loadgen
