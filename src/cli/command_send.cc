// muster preview and muster send: say what will happen, ask, let it happen and watch.
#include <unistd.h>

#include "base/time.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/render.h"
#include "cli/render_json.h"
#include "cli/sending.h"
#include "cli/signals.h"
#include "cli/text.h"
#include "cli/unreached_file.h"

namespace muster::cli {
namespace {

// Nothing: go on. Otherwise why not.
Checked<Done> confirm(const Preview& preview, Screen& screen, Signals& signals) {
  constexpr int standard_input = 0;
  if (isatty(standard_input) != 1) {
    return Failure{FailureKind::refused,
                   "nobody to ask: standard input is no terminal; nothing was sent; give --yes to "
                   "send without asking"};
  }
  screen.person().write(confirm_text(preview));
  switch (read_answer(standard_input, signals)) {
    case Answer::yes:
      return Done{};
    case Answer::interrupted:
      screen.person().write("\n");
      break;
    case Answer::no:
      break;
  }
  return Failure{FailureKind::refused, "not confirmed; nothing was sent"};
}

std::string nothing_to_send(const Preview& preview) {
  const std::string line = "nothing to send: 0 invitations for " +
                           (preview.target_name.empty() ? "this target" : preview.target_name) +
                           "; ";
  if (!preview.unreached.empty()) {
    const auto& first = preview.unreached.front();
    return line + counted(first.users, "user") + " not reached: " + first.reason;
  }
  if (preview.selector.audience == Audience::not_invited && preview.users_not_enrolled != 0) {
    return line + "all have been invited; --audience not-enrolled reaches the " +
           with_separators(preview.users_not_enrolled) + " that have not yet enrolled";
  }
  return line + "muster preview shows whom a selector means";
}

// It stands in the ledger; whoever holds the data directory then begins it.
int leave_for_later(Dispatcher& dispatcher, const std::string& id, const Arguments& arguments,
                    Screen& screen) {
  const auto task = dispatcher.task(id);
  if (!task) {
    return fail(screen, task.failure());
  }
  if (screen.json()) {
    screen.answer().write(report_json({.task = *task, .seconds = 0, .rate = 0}) + "\n");
  } else {
    screen.answer().write("Task " + shown(id) + " begins at " + task->starts_at + "\n");
  }
  if (!is_served(arguments.common)) {
    screen.complain("no server holds this data directory: have `muster serve" +
                    arguments.common.flags() + "` run by then, or begin with `muster resume " + id +
                    arguments.common.flags() + "`");
  }
  return 0;
}

}  // namespace

int command_preview(const Arguments& arguments, Screen& screen) {
  auto dispatcher = open_dispatcher(arguments.common, Access::read);
  if (!dispatcher) {
    return fail(screen, dispatcher.failure());
  }
  const auto preview = (*dispatcher)->preview(arguments.selector);
  if (!preview) {
    return fail(screen, preview.failure());
  }
  screen.answer().write(screen.json() ? preview_json(*preview) + "\n" : preview_text(*preview));
  return arguments.unreached_file.empty() ? 0 : write_unreached(**dispatcher, arguments, screen);
}

int command_send(const Arguments& arguments, Screen& screen) {
  const auto now = SystemClock().wall();
  if (arguments.start_at != 0 && arguments.start_at <= now.seconds()) {
    return fail(screen, {FailureKind::usage, "--at is past: it is " + to_text(now) +
                                                 " now; leave it out to send at once"});
  }
  auto dispatcher = open_dispatcher(arguments.common, Access::send);
  if (!dispatcher) {
    return fail(screen, dispatcher.failure());
  }
  const auto preview = (*dispatcher)->preview(arguments.selector);
  if (!preview) {
    return fail(screen, preview.failure());
  }
  screen.person().write(preview_text(*preview));
  if (preview->invitations == 0) {
    return fail(screen, {FailureKind::refused, nothing_to_send(*preview)});
  }
  Signals signals;
  if (!arguments.yes) {
    if (const auto confirmed = confirm(*preview, screen, signals); !confirmed) {
      return fail(screen, confirmed.failure());
    }
  }
  SendOptions options;
  options.rate = arguments.rate;
  options.by = local_name();
  options.start_at = arguments.start_at;
  const auto task = (*dispatcher)->send(*preview, options);
  if (!task) {
    return fail(screen, task.failure());
  }
  if (arguments.start_at != 0) {
    return leave_for_later(**dispatcher, *task, arguments, screen);
  }
  screen.person().write("Task " + shown(*task) + "\n");
  return watch_sending(**dispatcher, {{.task = *task, .done_before = 0, .goal = arguments.goal}},
                       false, arguments.common, screen, signals);
}

}  // namespace muster::cli
