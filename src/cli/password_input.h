// A new password from the person at the terminal, or from a file; never from the command line,
// where everybody on the machine can read it.
#pragma once

#include <string>

#include "cli/screen.h"
#include "muster/error.h"

namespace muster::cli {

// One line without its end; a second line is refused, as nobody meant it. "-": standard input.
[[nodiscard]] Checked<std::string> password_of_file(const std::string& file);

// Asks twice, without echo, on the terminal `fd`; refuses where that is none, and where the two
// differ. What was set on the terminal is set again whatever happens, but for a signal that ends
// us.
[[nodiscard]] Checked<std::string> password_of_terminal(int fd, Output& person);

}  // namespace muster::cli
