#include "loadgen/books_error.h"

#include <algorithm>
#include <array>

namespace muster::loadgen {
namespace {

constexpr std::array table = std::to_array<BooksError>({
    {9600, 400, false, "An argument that must be there is missing."},
    {9601, 401, true, "A login is needed."},
    {9602, 400, true, "An argument is not valid."},
    {9603, 500, true, "Something went wrong inside the service."},
    {9604, 400, false, "Nothing was found."},
    {9609, 400, true, "There is no such registered user."},
    {9618, 400, false, "The user was retired before."},
    {9620, 400, false, "The user was deleted before."},
    {9621, 401, true, "The token is over; download a new one."},
    {9622, 401, false, "This is no token."},
    {9625, 401, true, "The token was revoked."},
    {9633, 400, false, "The batch token is not known."},
    {9634, 410, true, "This service is no longer there."},
    {9635, 400, false, "The Apple Account cannot be used with this organization."},
    {9637, 400, false, "The account may not be associated."},
    {9641, 400, false, "The user is associated already."},
    {9644, 503, false, "The service is being maintained."},
    {9645, 400, false, "The location is managed by Apple: it can only be read."},
    {9646, 429, true, "Too many requests of late; come back later."},
    {9650, 400, true, "There is no page with this index."},
    {9700, 400, true, "More assets than the limit allows."},
    {9701, 400, true, "More clientUserIds than the limit allows."},
    {9702, 400, true, "More serialNumbers than the limit allows."},
    {9703, 400, true, "An asset stands twice in the request."},
    {9704, 400, true, "A clientUserId stands twice in the request."},
    {9705, 400, true, "A serialNumber stands twice in the request."},
    {9706, 400, true, "An asset cannot be revoked."},
    {9707, 400, true, "An asset cannot be assigned to devices."},
    {9708, 400, true, "There is no event with this eventId."},
    {9709, 400, true, "Not enough licenses are left."},
    {9710, 400, true, "A notification URL needs an authentication token, and it a URL."},
    {9711, 400, true, "The notification URL or its authentication token is too long."},
    {9712, 400, true, "The notification URL must be one of https, host and path alone."},
    {9713, 400, true, "The metadata of mdmInfo is too long."},
    {9714, 400, true, "More users than the limit allows."},
    {9715, 400, true, "A user stands twice in the request."},
    {9716, 400, true, "A registered user with this clientUserId exists already."},
    {9717, 400, true, "An e-mail address is not valid."},
    {9718, 400, true, "The request has no assets."},
    {9719, 400, true, "The request has neither clientUserIds nor serialNumbers."},
    {9720, 400, true, "The request has no users."},
    {9721, 400, true, "The versionId is none that was given out."},
    {9722, 401, true, "The Authorization field does not read 'Bearer {sToken}'."},
    {9723, 400, true, "mdmInfo needs a name, an id and metadata."},
    {9724, 400, true, "The id of mdmInfo is too long."},
    {9725, 400, true, "The name of mdmInfo is too long."},
    {9726, 405, true, "The endpoint does not know this HTTP method."},
    {9727, 415, true, "The endpoint does not take this Content-Type."},
    {9728, 400, true, "The notification URL cannot be reached."},
});

}  // namespace

std::span<const BooksError> books_errors() {
  return table;
}

const BooksError* books_error(std::uint16_t number) {
  const auto* found = std::ranges::lower_bound(table, number, {}, &BooksError::number);
  return found != table.end() && found->number == number ? found : nullptr;
}

}  // namespace muster::loadgen
