// The command line of `muster-loadgen run school`.
#pragma once

#include <CLI/CLI.hpp>

#include "loadgen/school_world.h"

namespace muster::loadgen {

// Adds `run school`; `wishes` gets its defaults and outlives the program. The innermost command.
[[nodiscard]] CLI::App* add_run_school(CLI::App& program, SchoolRunWishes& wishes);

}  // namespace muster::loadgen
