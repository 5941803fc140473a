// muster serve: goes on with what is to be sent, and listens for administrators, devices and Apple,
// until it is told to stop. SIGHUP: reads its certificate anew.
#include <chrono>

#include "base/time.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/notify.h"
#include "cli/signals.h"
#include "cli/text.h"
#include "console/console.h"

namespace muster::cli {
namespace {

// Returns when it is to stop.
void serve(Dispatcher& dispatcher, Signals& signals, Screen& screen) {
  for (;;) {
    const auto wish = signals.wait_for_wish(std::chrono::hours(1));
    if (wish == Signals::Wish::stop) {
      return;
    }
    if (wish == Signals::Wish::reload) {
      if (const auto done = dispatcher.reload(); !done) {
        screen.complain(done.failure().line);
      }
    }
  }
}

}  // namespace

int command_serve(const Arguments& arguments, Screen& screen) {
  const auto loaded = load_settings(arguments.common);
  if (!loaded) {
    return fail(screen, loaded.failure());
  }
  auto dispatcher = Dispatcher::open(loaded->settings, Access::send);
  if (!dispatcher) {
    return fail(screen, dispatcher.failure());
  }
  Signals signals;
  const SystemClock clock;
  auto console = console::Console::open(**dispatcher, loaded->settings, clock);
  if (!console) {
    return fail(screen, {FailureKind::cannot_start, console.error().line_of_text()});
  }
  const auto port = (*dispatcher)->listen((*console)->handler());
  if (!port) {
    return fail(screen, port.failure());
  }
  const auto resumed = (*dispatcher)->resume();
  if (!resumed) {
    return fail(screen, resumed.failure());
  }
  (*console)->set_ready(true);
  notify("READY=1");
  screen.person().write("Listening on port " + std::to_string(*port) + "; going on with " +
                        counted(resumed->size(), "task") + "\n");
  serve(**dispatcher, signals, screen);
  notify("STOPPING=1");
  (*console)->set_ready(false);
  (*dispatcher)->drain();
  return 0;
}

}  // namespace muster::cli
