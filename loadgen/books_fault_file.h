// Reads an Apps and Books fault plan from TOML. Anything wrong is one Complaint with file, line and
// column.
//
//   seed = 7
//   [[fault]]
//   kind = "error"      # requests: error slow close revoke expire steal version limit
//                       # users: fail ignore      notifications: lose repeat late reorder
//   on = "create"       # request service_config client_config create update retire status users
//                       # register_v1 get_user_v1 get_users_v1 edit_v1 retire_v1 accept; left out:
//                       # every request (version: users)
//   share = 0.01        # or: every = 100
//   after = 1000        # events of that point left alone first
//   count = 50          # at most so many
//   once = true         # fail, ignore: a user at most once (default for ignore and for 9603 and
//                       # 9646, which are worth another try); false: a share always meets the same
//   error = 9646        # error, fail: Apple's number
//   status = 200        # error: another HTTP status than the number's own
//   retry_after_s = 30  # error: with Retry-After; until then everything is answered 503, and who
//                       # comes all the same waits longer
//   retry_after_as_date = true
//   as_200 = true       # revoke, expire: said with HTTP 200
//   acted = true        # close: the request was carried out; fail: the user's part of it was
//   delay_ms = 2000     # slow, late
//   times = 3           # repeat: so often in all
//   strangers = 10      # version: so many users that we never asked for appear
//   name = "Other MDM"  # steal: whose the location is now; limit: "maxUsers" …
//   value = 20          # limit
#pragma once

#include <string>

#include "base/result.h"
#include "loadgen/books_faults.h"

namespace muster::loadgen {

[[nodiscard]] Result<BooksFaultPlan, Complaint> read_books_fault_file(const std::string& file);
// The same from memory; `name` stands for the file in complaints.
[[nodiscard]] Result<BooksFaultPlan, Complaint> read_books_faults(const std::string& text,
                                                                  const std::string& name);

}  // namespace muster::loadgen
