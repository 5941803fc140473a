// Notifications on their way to the MDM server that asked for them: best effort, as Apple's are.
//
// Each is posted at most three times, with a pause between; any 2xx is a delivery. Faults lose,
// repeat, delay and reorder them. Pure: take() gives what is to be posted now, told() says what
// became of it, whoever has a network does the rest.
//
//   body := {"notification":…, "notificationId":…, "notificationType":…, "uId":…}
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "http/message.h"
#include "loadgen/books_faults.h"

namespace muster::loadgen {

struct BooksSubscription {
  std::string url;    // empty: nobody listens
  std::string token;  // what we show the listener
  std::vector<std::string> types;
};

// One request to be made.
struct BooksPost {
  std::uint64_t number = 0;
  http::Request request;
};

class BooksNotices {
 public:
  struct Settings {
    std::string location_number;
    std::uint64_t seed = 0;
    Duration retry{0};
  };
  struct Counts {
    std::uint64_t made = 0;  // of types that were subscribed
    std::uint64_t posts = 0;
    std::uint64_t delivered = 0;
    std::uint64_t given_up = 0;
    std::uint64_t tests = 0;
  };
  // `faults` outlives it.
  BooksNotices(Settings settings, BooksFaultPlan& faults);

  // Where notifications go from now on; those under way go where they were meant to.
  BooksSubscription subscription;

  [[nodiscard]] bool wanted(std::string_view type) const;
  // Nothing happens where nobody wants that type. `notification`: JSON.
  void add(std::string_view type, std::string_view notification, Instant now);
  // The notification that a listener must take before it is accepted: posted once. Its number.
  std::uint64_t test(const BooksSubscription& listener, Instant now);

  [[nodiscard]] std::vector<BooksPost> take(Instant now);
  void told(std::uint64_t number, bool delivered, Instant now);
  [[nodiscard]] Instant next() const;
  [[nodiscard]] const Counts& counts() const { return counts_; }

 private:
  struct Notice {
    std::uint64_t number = 0;
    http::Request request;
    std::uint32_t tries_left = 0;
  };
  [[nodiscard]] Notice notice(const BooksSubscription& listener, std::string_view type,
                              std::string_view notification);
  void release_held(Instant now);

  Settings settings_;
  BooksFaultPlan& faults_;
  std::uint64_t posts_ = 0;                 // numbers given out
  std::uint64_t ids_ = 0;                   // notificationIds given out
  std::multimap<Instant, Notice> waiting_;  // by when they are due
  std::vector<Notice> held_;                // go out behind the next one
  std::unordered_map<std::uint64_t, Notice> under_way_;
  Counts counts_;
};

}  // namespace muster::loadgen
