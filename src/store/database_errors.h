// What SQLite says, in our words: private to store/database*.cc.
#pragma once

#include "base/result.h"

struct sqlite3;

namespace muster::store {

// Of a call on `database` that gave `code`, which is no success. errno must have been cleared
// before that call and not be touched since.
[[nodiscard]] Error error_of(sqlite3* database, int code);

}  // namespace muster::store
