// Settings of SQLite that stand in two places: private to store/database*.cc.
#pragma once

namespace muster::store {

// A writer's, but while it sorts (Database::execute_sorting()).
inline constexpr const char* memory_of_writing =
    "PRAGMA temp_store = MEMORY;"
    "PRAGMA cache_size = -8192;";
inline constexpr const char* memory_of_sorting =
    "PRAGMA temp_store = FILE;"
    "PRAGMA cache_size = -2048;";  // how large a part is

}  // namespace muster::store
