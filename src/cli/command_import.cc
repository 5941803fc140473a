// muster import: a roster from files into the data directory, all or nothing.
#include <chrono>

#include "cli/commands.h"
#include "cli/context.h"
#include "cli/render.h"
#include "cli/render_json.h"
#include "cli/signals.h"
#include "cli/text.h"

namespace muster::cli {
namespace {

// How far it has come. Here an import is silent without a terminal: it is over in seconds, and its
// log is the end. What goes to a server says now and then that it moves.
class ImportSight {
 public:
  ImportSight(Screen& screen, bool elsewhere)
      : output_(screen.person()),
        line_(output_, output_.terminal()),
        elsewhere_(elsewhere),
        begun_(clock_.now()) {}

  void show(const ImportProgress& progress) {
    const auto now = clock_.now();
    const bool sent = elsewhere_ && line_.redrawn() && progress.bytes_done == progress.bytes_total;
    if ((!line_.redrawn() && !elsewhere_) || !(line_.due(now) || sent)) {
      return;
    }
    const double seconds = std::chrono::duration<double>(now - begun_).count();
    const auto columns = output_.columns() - 1;  // some terminals wrap at the last one
    line_.show(!elsewhere_       ? cut(import_line(progress), columns)
               : line_.redrawn() ? upload_bar(progress, seconds, columns)
                                 : upload_line(progress, seconds));
  }
  void end() { line_.end(); }

 private:
  const SystemClock clock_;
  Output& output_;
  LiveLine line_;
  const bool elsewhere_;
  const Instant begun_;
};

}  // namespace

int command_import(const Arguments& arguments, Screen& screen) {
  auto dispatcher = open_dispatcher(arguments.common, Access::send);
  if (!dispatcher) {
    return fail(screen, dispatcher.failure());
  }
  Signals signals;
  ImportSight sight(screen, (*dispatcher)->elsewhere());
  bool stopped = false;
  const auto report =
      (*dispatcher)->import_roster(arguments.import_options, [&](const ImportProgress& progress) {
        stopped = stopped || signals.take();
        sight.show(progress);
        return !stopped;
      });
  sight.end();
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
