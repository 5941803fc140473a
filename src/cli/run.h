// The program: `muster …` from its words to its exit code.
#pragma once

#include <string>
#include <vector>

namespace muster::cli {

// `words` without the program's own name. To be called once, from the program's first thread.
[[nodiscard]] int run(const std::vector<std::string>& words);

}  // namespace muster::cli
