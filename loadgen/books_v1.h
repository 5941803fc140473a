// Version 1 of the Apps and Books API ("VPP"), legacy but still served: POST /mdm/<Srv>, JSON both
// ways, done at once, and every answer HTTP 200 with a status of its own.
//
//   good := {"status":0, …, "uId", "expirationMillis", "location", "clientContext"}
//   bad  := {"status":-1, "errorNumber":…, "errorMessage":…}
//
// The same users as version 2's. registerVPPUserSrv is idempotent: it gives back whoever has the
// clientUserId already. Whether a request may be answered at all was judged before (books.h).
#pragma once

#include <string>
#include <vector>

#include "loadgen/books_call.h"
#include "loadgen/books_location.h"

namespace muster::loadgen {

class BooksV1 {
 public:
  explicit BooksV1(BooksLocation& location) : location_(location) {}

  [[nodiscard]] BooksResult answer(BooksPoint point, const BooksCall& call);
  // A refusal's body.
  [[nodiscard]] static std::string refusal(std::uint16_t error);

 private:
  using Members = std::vector<JsonMember>;

  [[nodiscard]] static BooksResult service_config(const BooksCall& call);
  [[nodiscard]] BooksResult client_config(const Members& asked, const BooksCall& call);
  [[nodiscard]] BooksResult register_user(const Members& asked, const BooksCall& call);
  [[nodiscard]] BooksResult edit_user(const Members& asked, const BooksCall& call);
  [[nodiscard]] BooksResult retire_user(const Members& asked, const BooksCall& call);
  [[nodiscard]] BooksResult get_user(const Members& asked, const BooksCall& call) const;
  [[nodiscard]] BooksResult get_users(const Members& asked, const BooksCall& call) const;
  // The user that a request names by clientUserIdStr or userId, the latest record of that name.
  [[nodiscard]] Result<const BooksUser*, BooksRefusal> named(const Members& asked) const;
  [[nodiscard]] Result<BooksWish, BooksRefusal> read_wish(const Members& asked) const;
  [[nodiscard]] std::string shown(const BooksUser& user, const BooksCall& call) const;
  // The whole body: `members`, without braces, then what every good answer has.
  [[nodiscard]] std::string good(const std::string& members, Instant now) const;

  BooksLocation& location_;
};

}  // namespace muster::loadgen
