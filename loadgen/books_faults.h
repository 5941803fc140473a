// Faults of Apps and Books as data: which request, user or notification meets which misfortune.
//
// A plan is a list of faults from a TOML file (books_fault_file.h). Every request is counted as a
// request and as one of its own kind, every user of an event and every notification likewise; each
// meets all faults that are due (fault_timing.h). Faults per user know their subject: his
// clientUserId.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "loadgen/fault_timing.h"

namespace muster::loadgen {

// Where a fault can strike.
enum class BooksPoint : std::uint8_t {
  request,  // each, of either version; a tap is none
  service_config,
  client_config,
  create,
  update,
  retire,
  status,
  users,
  register_v1,
  get_user_v1,
  get_users_v1,
  edit_v1,
  retire_v1,
  accept,  // a user's tap
  user,    // one user of a create, update or retire, at the time it is done
  notification,
};
inline constexpr std::size_t books_points = 16;
[[nodiscard]] std::string_view name_of(BooksPoint point);

struct BooksFault : FaultTiming {
  enum class Kind : std::uint8_t {
    // of a request
    error,    // an error in place of the answer, perhaps with Retry-After
    slow,     // the answer comes late
    close,    // the connection ends in place of the answer
    revoke,   // the token is refused from now on (9625); the next generation is valid
    expire,   // likewise (9621)
    steal,    // another MDM server takes the location
    version,  // something else changed: the versionId moves on
    limit,    // one of service/config's limits changes
    // of a user
    fail,    // the user's part of the event fails
    ignore,  // it is said to be done, and is not
    // of a notification
    lose,
    repeat,
    late,
    reorder,  // goes out after the next one
  };
  Kind kind = Kind::error;
  BooksPoint on = BooksPoint::request;

  std::uint16_t error = 9603;        // error, fail
  std::uint16_t status = 0;          // error: 0: the one that goes with the number
  std::uint32_t retry_after_s = 0;   // error: 0: no Retry-After
  bool retry_after_as_date = false;  // error
  bool as_200 = false;               // revoke, expire: said with HTTP 200
  bool acted = false;           // close: the request was carried out; fail: the user's part as well
  Duration delay{0};            // slow, late
  std::uint32_t times = 2;      // repeat: so often in all
  std::uint32_t strangers = 0;  // version: so many users of another origin are registered
  std::string name;             // steal: the other server's; limit: the limit's
  std::uint64_t value = 0;      // limit
};

class BooksFaultPlan {
 public:
  BooksFaultPlan() = default;
  BooksFaultPlan(std::vector<BooksFault> faults, std::uint64_t seed);

  // Counts an event and appends the faults that strike it.
  void next(BooksPoint point, std::string_view subject, std::vector<const BooksFault*>& into);
  [[nodiscard]] const std::vector<BooksFault>& faults() const { return faults_; }
  // How often each fault struck, in the file's order.
  [[nodiscard]] std::vector<std::uint64_t> struck() const { return schedule_.struck(); }

 private:
  std::vector<BooksFault> faults_;
  FaultSchedule schedule_;
  std::array<std::uint64_t, books_points> counts_{};
};

}  // namespace muster::loadgen
