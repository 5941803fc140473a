// The faults of a rehearsal, as they stand in loadgen/faults: built in, so that `run school` needs
// no file but the program.
#pragma once

#include <string_view>

namespace muster::loadgen {

// books.toml and books_token.toml in one.
[[nodiscard]] std::string_view books_faults_text();
// devices_school.toml.
[[nodiscard]] std::string_view devices_behaviour_text();

}  // namespace muster::loadgen
