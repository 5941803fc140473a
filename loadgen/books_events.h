// The asynchronous part of version 2: an event's users are dealt with one after the other, spread
// evenly over the delay that the rules give an event, as the clock is told.
//
// What dealing with a user means is the caller's. An event is remembered for good, without its
// users once it is over.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.h"

namespace muster::loadgen {

// One user of a request.
struct BooksWish {
  std::string client_user_id;
  std::optional<std::string> email;
  std::optional<std::string> account;  // Managed Apple Account
};

struct BooksFailure {
  std::string client_user_id;
  std::uint16_t error = 0;
};

struct BooksEvent {
  enum class Type : std::uint8_t { create, update, retire };
  std::string id;
  Type type = Type::create;
  Instant began;
  std::vector<BooksWish> wishes;  // until it is over
  std::size_t requested = 0;
  std::size_t completed = 0;           // dealt with, well or not
  std::vector<std::string> succeeded;  // clientUserIds
  std::vector<BooksFailure> failures;
  [[nodiscard]] bool over() const { return completed == requested; }
};

// "CREATE", as status and notifications say it.
[[nodiscard]] std::string_view name_of(BooksEvent::Type type);
// One entry of `failures` for each error: {"errorInfo":{"clientUserIds":[…]},"errorMessage":…,
// "errorNumber":…}.
[[nodiscard]] std::vector<std::string> json_of_failures(const BooksEvent& event);

class BooksEvents {
 public:
  // `seed` makes the ids.
  BooksEvents(Duration delay, std::uint64_t seed) : delay_(delay), seed_(seed) {}

  // There is at least one wish.
  const BooksEvent& begin(BooksEvent::Type type, std::vector<BooksWish> wishes, Instant now);
  [[nodiscard]] const BooksEvent* find(const std::string& id) const;

  // Deals with one user: 0, or Apple's error number.
  using One = std::function<std::uint16_t(const BooksEvent&, const BooksWish&)>;
  using Over = std::function<void(const BooksEvent&)>;
  // Deals with all that is due, then says which events are over.
  void advance(Instant now, const One& one, const Over& over);
  [[nodiscard]] Instant next() const;  // when advance() has something to do
  [[nodiscard]] std::size_t count() const { return events_.size(); }

 private:
  [[nodiscard]] std::size_t due(const BooksEvent& event, Instant now) const;

  Duration delay_;
  std::uint64_t seed_;
  std::deque<BooksEvent> events_;
  std::unordered_map<std::string, std::size_t> by_id_;
  std::vector<std::size_t> open_;
};

}  // namespace muster::loadgen
