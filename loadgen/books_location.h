// One location at Apple's: its token, users, events, owner and listener, and what is done to them.
//
// Both versions of the API and the users' taps act on this, so that they see the same users. Owned
// by Books (books.h) and its thread; what HTTP is, is not known here.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "loadgen/books_events.h"
#include "loadgen/books_faults.h"
#include "loadgen/books_journal.h"
#include "loadgen/books_notices.h"
#include "loadgen/books_rules.h"
#include "loadgen/books_token.h"
#include "loadgen/books_users.h"
#include "loadgen/books_watch.h"

namespace muster::loadgen {

// Which MDM server holds the location.
struct BooksOwner {
  std::string id;
  std::string name;
  std::string metadata;
  [[nodiscard]] bool known() const { return !id.empty() || !name.empty(); }
  // {"id":…,"metadata":…,"name":…}
  [[nodiscard]] std::string json() const;
};

class BooksLocation {
 public:
  BooksLocation(BooksRules wishes, BooksFaultPlan plan, BooksJournal record);
  BooksLocation(const BooksLocation&) = delete;
  BooksLocation& operator=(const BooksLocation&) = delete;

  BooksRules rules;
  BooksFaultPlan faults;
  BooksJournal journal;
  BooksToken token;
  BooksUsers users;
  BooksEvents events;
  BooksNotices notices;
  BooksWatch watch;
  BooksOwner owner;
  bool foreign = false;        // the owner is not the server that claimed the location last
  std::string client_context;  // version 1's word for the owner
  std::uint64_t taps = 0;      // with a code that is good and an account
  std::uint64_t taps_refused = 0;
  std::uint64_t accounts_reused = 0;               // accepted with an account that another user has
  std::map<std::uint16_t, std::uint64_t> refused;  // answered errors, by number

  // Does what one entry of a request asks for, with its faults. 0, or Apple's error number.
  std::uint16_t carry_out(BooksEvent::Type type, const BooksWish& wish, std::string_view by,
                          Instant now);
  // What a tap ends in; the user is registered.
  void accept(const BooksUser& user, const std::string& account, Instant now);
  // Events go on, and whoever listens is told.
  void advance(Instant now);

  // Another server takes the location, as `name`.
  void steal(const std::string& name, Instant now);
  // The server that asks holds the location from now on.
  void claim(const BooksOwner& claimant);
  // Users that we were never asked for appear; the version moves on in any case.
  void disturb(std::uint32_t strangers, Instant now);
  void refuse_token(std::uint16_t error, bool as_200, Instant now);

  struct TokenVerdict {
    std::uint16_t error = 0;  // 0: good
    bool as_200 = false;
  };
  [[nodiscard]] TokenVerdict judge_token(std::string_view shown, Instant now) const;
  // An address with one @ and no blanks; empty is none, and well.
  [[nodiscard]] static bool valid_email(std::string_view email);
  // The versionId of a version, and back; nothing for one that was not given out.
  [[nodiscard]] std::string version_id(std::uint64_t version) const;
  [[nodiscard]] std::optional<std::uint64_t> version_of(std::string_view id) const;

 private:
  std::uint16_t create(const BooksWish& wish, std::string_view by, Instant now);
  std::uint16_t update(const BooksWish& wish, std::string_view by, Instant now);
  std::uint16_t retire(const BooksWish& wish, std::string_view by, Instant now);
  std::uint16_t really(BooksEvent::Type type, const BooksWish& wish, std::string_view by,
                       Instant now);
  [[nodiscard]] bool ours(std::string_view account) const;
  void tell_event(const BooksEvent& event, Instant now);
  void tell_associated(Instant now);

  std::vector<std::string> associated_;                             // users as JSON, not told yet
  std::unordered_map<std::uint32_t, TokenVerdict> refused_tokens_;  // by generation
};

// A user as version 2 and its notifications show him.
[[nodiscard]] std::string json_of(const BooksUser& user);

}  // namespace muster::loadgen
