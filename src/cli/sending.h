// Watching tasks being sent, until they rest or somebody asks us to stop.
//
// Where this process sends them, other commands may look and change things at its door (door.h):
// what they begin here is waited for as well.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/screen.h"
#include "cli/signals.h"
#include "muster/dispatcher.h"

namespace muster::cli {

struct Sending {
  std::string task;
  std::uint64_t done_before = 0;  // at rest already when this process began: not part of its rate
  Goal goal = Goal::sent;         // how far it is to have come
};

// Shows progress, then the report; JSON is one object, or {"tasks":[…]} where `several` were asked
// for. The first signal drains, the second ends the process at once; both exit with 5, having said
// how to go on.
[[nodiscard]] int watch_sending(Dispatcher& dispatcher, const std::vector<Sending>& sendings,
                                bool several, const Common& common, Screen& screen,
                                Signals& signals);

}  // namespace muster::cli
