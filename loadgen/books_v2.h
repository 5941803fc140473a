// Version 2 of the Apps and Books API, below /mdm/v2: what each endpoint answers.
//
// Whether the request may be answered at all (faults, method, token) was judged before (books.h).
// An endpoint checks its whole request first: where it refuses, nothing of it was done. Query
// parameters that Apple does not document are refused (9602), so that a misspelt one is noticed.
#pragma once

#include <optional>
#include <unordered_map>

#include "loadgen/books_call.h"
#include "loadgen/books_location.h"

namespace muster::loadgen {

class BooksV2 {
 public:
  explicit BooksV2(BooksLocation& location) : location_(location) {}

  [[nodiscard]] BooksResult answer(BooksPoint point, const BooksCall& call);
  // What became of the test notification that an outcome named; nothing: it named none.
  [[nodiscard]] std::optional<BooksResult> tested(std::uint64_t number, bool delivered);

 private:
  struct Claim {
    std::optional<BooksOwner> owner;
    std::optional<BooksSubscription> subscription;
  };

  [[nodiscard]] BooksResult service_config(const BooksCall& call) const;
  [[nodiscard]] BooksResult client_config(const BooksCall& call);
  [[nodiscard]] BooksResult client_configuration();
  [[nodiscard]] Result<Claim, BooksRefusal> read_claim(const std::string& body) const;
  [[nodiscard]] BooksResult users(const BooksCall& call) const;
  [[nodiscard]] BooksResult manage(BooksEvent::Type type, const BooksCall& call);
  [[nodiscard]] Result<std::vector<BooksWish>, BooksRefusal> read_wishes(const std::string& body,
                                                                         Instant now);
  [[nodiscard]] BooksResult status(const BooksCall& call) const;
  void apply(const Claim& claim);
  [[nodiscard]] std::string token_date() const;

  BooksLocation& location_;
  std::unordered_map<std::uint64_t, Claim> claims_;  // that wait for their listener, by test
};

}  // namespace muster::loadgen
