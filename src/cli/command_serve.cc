// muster serve: goes on with what is to be sent, and listens for devices and for Apple, until it is
// told to stop.
#include <chrono>

#include "cli/commands.h"
#include "cli/context.h"
#include "cli/signals.h"
#include "cli/text.h"

namespace muster::cli {

int command_serve(const Arguments& arguments, Screen& screen) {
  auto dispatcher = open_dispatcher(arguments.common, Access::send);
  if (!dispatcher) {
    return fail(screen, dispatcher.failure());
  }
  Signals signals;
  const auto port = (*dispatcher)->listen();
  if (!port) {
    return fail(screen, port.failure());
  }
  const auto resumed = (*dispatcher)->resume();
  if (!resumed) {
    return fail(screen, resumed.failure());
  }
  screen.person().write("Listening on port " + std::to_string(*port) + "; going on with " +
                        counted(resumed->size(), "task") + "\n");
  while (!signals.wait(std::chrono::hours(1))) {
  }
  (*dispatcher)->drain();
  return 0;
}

}  // namespace muster::cli
