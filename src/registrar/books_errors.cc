#include "registrar/books_errors.h"

#include <algorithm>
#include <array>

namespace muster::registrar {
namespace {

constexpr auto refused = Reason::registration_refused;
constexpr auto account = Reason::account_refused;

constexpr std::array table{
    BooksError{9600, Remedy::our_mistake, refused, "Apple misses an argument"},
    BooksError{9601, Remedy::stop_location, refused, "Apple does not accept the content token"},
    BooksError{9602, Remedy::refuse_user, refused, "Apple refused what was said about the user"},
    BooksError{9603, Remedy::retry_later, refused, "Apple has trouble of its own"},
    BooksError{9604, Remedy::unknown_to_apple, refused, "Apple does not know the user"},
    BooksError{9609, Remedy::unknown_to_apple, refused, "Apple does not know the user"},
    BooksError{9618, Remedy::unknown_to_apple, refused, "the user was retired at Apple's"},
    BooksError{9620, Remedy::unknown_to_apple, refused, "the user was deleted at Apple's"},
    BooksError{9621, Remedy::stop_location, refused, "the content token has expired"},
    BooksError{9625, Remedy::stop_location, refused, "the content token was revoked"},
    BooksError{9633, Remedy::begin_walk_again, refused, "Apple has lost the list of users"},
    BooksError{9634, Remedy::our_mistake, refused, "Apple no longer offers what was asked"},
    BooksError{9635, Remedy::refuse_user, account,
               "the Managed Apple Account cannot be used with this content token"},
    BooksError{9637, Remedy::refuse_user, account,
               "the Managed Apple Account is not permitted here"},
    BooksError{9641, Remedy::already_there, refused, "the user has already accepted"},
    BooksError{9644, Remedy::retry_later, refused, "Apple is under maintenance"},
    BooksError{9645, Remedy::stop_location, refused,
               "the location is managed by Apple's own device management: nobody else may write"},
    BooksError{9646, Remedy::retry_later, refused,
               "Apple has had too many requests for this organisation"},
    BooksError{9650, Remedy::begin_walk_again, refused, "Apple does not know the page"},
    BooksError{9700, Remedy::our_mistake, refused, "Apple refused the request"},
    BooksError{9701, Remedy::our_mistake, refused, "Apple refused the request"},
    BooksError{9702, Remedy::our_mistake, refused, "Apple refused the request"},
    BooksError{9703, Remedy::our_mistake, refused, "Apple refused the request"},
    BooksError{9704, Remedy::our_mistake, refused, "Apple refused the request"},
    BooksError{9705, Remedy::our_mistake, refused, "Apple refused the request"},
    BooksError{9706, Remedy::our_mistake, refused, "Apple refused the request"},
    BooksError{9707, Remedy::our_mistake, refused, "Apple refused the request"},
    BooksError{9708, Remedy::event_unknown, refused, "Apple does not know the event"},
    BooksError{9709, Remedy::unknown, refused, "Apple could not do what was asked"},
    BooksError{9710, Remedy::without_notifications, refused,
               "Apple refuses the address for notifications"},
    BooksError{9711, Remedy::without_notifications, refused,
               "Apple refuses the address for notifications"},
    BooksError{9712, Remedy::our_mistake, refused, "Apple refuses the name we give ourselves"},
    BooksError{9713, Remedy::our_mistake, refused, "Apple refuses the name we give ourselves"},
    BooksError{9714, Remedy::smaller_batches, refused, "too many users in one request"},
    BooksError{9715, Remedy::our_mistake, refused, "one user stands twice in a request"},
    BooksError{9716, Remedy::already_there, refused, "the user is registered already"},
    BooksError{9717, Remedy::refuse_user, refused, "Apple refuses the user's mail address"},
    BooksError{9720, Remedy::our_mistake, refused, "Apple misses the users"},
    BooksError{9721, Remedy::begin_walk_again, refused, "Apple does not know the version"},
    BooksError{9722, Remedy::stop_location, refused, "Apple does not accept the content token"},
    BooksError{9723, Remedy::our_mistake, refused, "Apple refuses the name we give ourselves"},
    BooksError{9724, Remedy::our_mistake, refused, "Apple refuses the name we give ourselves"},
    BooksError{9725, Remedy::our_mistake, refused, "Apple refuses the name we give ourselves"},
    BooksError{9726, Remedy::our_mistake, refused, "Apple does not take this method"},
    BooksError{9727, Remedy::our_mistake, refused, "Apple does not take this type of content"},
    BooksError{9728, Remedy::without_notifications, refused,
               "Apple cannot reach the address for notifications"},
};
static_assert(std::ranges::is_sorted(table, {}, &BooksError::number));

constexpr BooksError nobody_knows{0, Remedy::unknown, refused,
                                  "Apple gave an error that muster does not know"};

}  // namespace

const BooksError& books_error(std::uint32_t number) {
  const auto* const found = std::ranges::lower_bound(table, number, {}, &BooksError::number);
  return found != table.end() && found->number == number ? *found : nobody_knows;
}

std::span<const BooksError> books_errors() {
  return table;
}

Reason reason_of(std::uint32_t number) {
  return number == error_no_content_token ? Reason::no_content_token : books_error(number).reason;
}

}  // namespace muster::registrar
