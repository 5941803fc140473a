// muster import: a roster from files into the data directory, all or nothing.
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/render.h"
#include "cli/render_json.h"
#include "cli/signals.h"
#include "cli/text.h"

namespace muster::cli {

int command_import(const Arguments& arguments, Screen& screen) {
  auto dispatcher = open_dispatcher(arguments.common, Access::send);
  if (!dispatcher) {
    return fail(screen, dispatcher.failure());
  }
  Signals signals;
  const SystemClock clock;
  // Without a terminal an import is silent until its end: it is over in seconds, and its log is the
  // end.
  LiveLine line(screen.person(), screen.person().terminal());
  bool stopped = false;
  const auto report =
      (*dispatcher)->import_roster(arguments.import_options, [&](const ImportProgress& progress) {
        stopped = stopped || signals.take();
        if (line.redrawn() && line.due(clock.now())) {
          line.show(cut(import_line(progress), screen.person().columns() - 1));
        }
        return !stopped;
      });
  line.end();
  if (!report && stopped) {
    return fail(screen, {FailureKind::refused, "stopped; nothing was stored: import again"});
  }
  if (!report) {
    return fail(screen, report.failure());
  }
  screen.answer().write(screen.json() ? import_json(*report, arguments.import_options) + "\n"
                                      : import_text(*report, arguments.import_options));
  return 0;
}

}  // namespace muster::cli
