#include "loadgen/books_notices.h"

#include <algorithm>
#include <utility>

#include "json/writer.h"
#include "loadgen/books_ids.h"

namespace muster::loadgen {
namespace {

constexpr std::uint32_t tries = 3;
// A held one does not wait for ever for the next.
constexpr Duration held_max = std::chrono::seconds(5);

}  // namespace

BooksNotices::BooksNotices(Settings settings, BooksFaultPlan& faults)
    : settings_(std::move(settings)), faults_(faults) {}

bool BooksNotices::wanted(std::string_view type) const {
  return !subscription.url.empty() &&
         std::ranges::find(subscription.types, type) != subscription.types.end();
}

BooksNotices::Notice BooksNotices::notice(const BooksSubscription& listener, std::string_view type,
                                          std::string_view notification) {
  json::Writer body;
  body.begin_object().key("notification").raw(notification);
  body.key("notificationId").text(books_uuid("notification", settings_.seed, ++ids_));
  body.key("notificationType").text(type);
  body.key("uId").text(settings_.location_number).end();
  Notice made;
  made.number = ++posts_;
  made.tries_left = tries;
  made.request.method = "POST";
  made.request.url = listener.url;
  made.request.fields = {{"Content-Type", "application/json"},
                         {"Authorization", "Bearer " + listener.token}};
  made.request.body = body.result();
  made.request.patience = std::chrono::seconds(15);
  return made;
}

void BooksNotices::add(std::string_view type, std::string_view notification, Instant now) {
  if (!wanted(type)) {
    return;
  }
  ++counts_.made;
  auto made = notice(subscription, type, notification);
  std::vector<const BooksFault*> faults;
  faults_.next(BooksPoint::notification, type, faults);
  auto due = now;
  for (const auto* fault : faults) {
    switch (fault->kind) {
      case BooksFault::Kind::lose:
        return;
      case BooksFault::Kind::repeat:
        for (std::uint32_t i = 1; i < fault->times; ++i) {
          auto copy = made;  // the same notificationId
          copy.number = ++posts_;
          waiting_.emplace(now, std::move(copy));
        }
        break;
      case BooksFault::Kind::late:
        due = now + fault->delay;
        break;
      case BooksFault::Kind::reorder:
        waiting_.emplace(now + held_max, made);  // in case no other comes
        held_.push_back(std::move(made));
        return;
      default:
        break;
    }
  }
  waiting_.emplace(due, std::move(made));
  release_held(due);
}

// Those that were held go out right behind what is due at `now`.
void BooksNotices::release_held(Instant now) {
  for (auto& held : held_) {
    const auto waits = std::ranges::find_if(
        waiting_, [&held](const auto& each) { return each.second.number == held.number; });
    if (waits != waiting_.end()) {
      waiting_.erase(waits);
      waiting_.emplace(now + std::chrono::milliseconds(1), std::move(held));
    }
  }
  held_.clear();
}

std::uint64_t BooksNotices::test(const BooksSubscription& listener, Instant now) {
  ++counts_.tests;
  auto made = notice(listener, "TEST_NOTIFICATION", "{}");
  made.tries_left = 1;
  const auto number = made.number;
  waiting_.emplace(now, std::move(made));
  return number;
}

std::vector<BooksPost> BooksNotices::take(Instant now) {
  std::vector<BooksPost> posts;
  const auto end = waiting_.upper_bound(now);
  for (auto each = waiting_.begin(); each != end; ++each) {
    auto& due = each->second;
    --due.tries_left;
    ++counts_.posts;
    posts.push_back({due.number, due.request});
    const auto number = due.number;
    under_way_.emplace(number, std::move(due));
  }
  waiting_.erase(waiting_.begin(), end);
  return posts;
}

void BooksNotices::told(std::uint64_t number, bool delivered, Instant now) {
  const auto found = under_way_.find(number);
  if (found == under_way_.end()) {
    return;
  }
  auto notice = std::move(found->second);
  under_way_.erase(found);
  if (delivered) {
    ++counts_.delivered;
  } else if (notice.tries_left == 0) {
    ++counts_.given_up;
  } else {
    waiting_.emplace(now + settings_.retry, std::move(notice));
  }
}

Instant BooksNotices::next() const {
  return waiting_.empty() ? Instant::never() : waiting_.begin()->first;
}

}  // namespace muster::loadgen
