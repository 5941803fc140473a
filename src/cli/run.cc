#include "cli/run.h"

#include "base/assert.h"
#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/file_limit.h"
#include "cli/screen.h"
#include "cli/signals.h"

namespace muster::cli {
namespace {

int act(const Arguments& arguments, Screen& screen) {
  switch (arguments.verb) {
    case Verb::import_roster:
      return command_import(arguments, screen);
    case Verb::preview:
      return command_preview(arguments, screen);
    case Verb::send:
      return command_send(arguments, screen);
    case Verb::tasks:
      return command_tasks(arguments, screen);
    case Verb::resume:
      return command_resume(arguments, screen);
    case Verb::pause:
    case Verb::cancel:
      return command_change(arguments, screen);
    case Verb::retry:
      return command_retry(arguments, screen);
    case Verb::config_print:
      return command_config(arguments, screen);
    case Verb::roster:
      return command_roster(arguments, screen);
    case Verb::doctor:
      return command_doctor(arguments, screen);
    case Verb::serve:
      return command_serve(arguments, screen);
    case Verb::token_install:
    case Verb::token_show:
      return command_token(arguments, screen);
    case Verb::admin:
      return command_admin(arguments, screen);
  }
  MUSTER_ASSERT(false);
}

}  // namespace

int run(const std::vector<std::string>& words) {
  ignore_broken_pipes();
  raise_file_limit();
  const Parsed parsed = parse_arguments(words);
  Screen screen(parsed.arguments.common.json);
  if (parsed.act) {
    return screen.finish(act(parsed.arguments, screen));
  }
  if (!parsed.complaint.empty()) {
    screen.complain(parsed.complaint);
  }
  screen.answer().write(parsed.answer);
  return screen.finish(parsed.exit_code);
}

}  // namespace muster::cli
