// What Apple's error numbers mean to us: one row a number, and what to do.
//
// Sources: Apple, "Handling Error Responses" (version 2) and "Interpreting Error Codes" (version
// 1). Apple's own messages are never shown or logged: they may quote what we asked.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "model/outcome.h"

namespace muster::registrar {

enum class Remedy : std::uint8_t {
  retry_later,            // Apple is busy or broken: ask again, with back-off
  refuse_user,            // this user cannot be registered; the row's reason says why
  already_there,          // read him back
  unknown_to_apple,       // there is no such (active) user
  stop_location,          // the token is of no use until a person acts
  smaller_batches,        // the limit has changed under us
  begin_walk_again,       // Apple has forgotten the version or the page that we name
  event_unknown,          // what became of it is found by reading back
  without_notifications,  // Apple takes the claim, but not where it should notify us
  our_mistake,            // our request is wrong: a bug, or Apple has changed
  unknown,                // a number we have never heard of: some more tries, then the user failed
};

struct BooksError {
  std::uint32_t number = 0;
  Remedy remedy = Remedy::unknown;
  Reason reason = Reason::registration_refused;  // of a user whom it ends
  std::string_view words;                        // for people
};

// Of numbers that are not in the table: a row whose number is 0.
[[nodiscard]] const BooksError& books_error(std::uint32_t number);
// The whole table, in the order of the numbers.
[[nodiscard]] std::span<const BooksError> books_errors();

// What the store keeps for users whom we ended ourselves; Apple's numbers begin at 9600.
inline constexpr std::uint32_t error_no_content_token = 1;
inline constexpr std::uint32_t error_never_seen = 2;     // Apple said yes, and never had the user
inline constexpr std::uint32_t error_unusable_code = 3;  // no address can be made of his code
// Why a user was refused, by the number the store keeps.
[[nodiscard]] Reason reason_of(std::uint32_t number);

}  // namespace muster::registrar
