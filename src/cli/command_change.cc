// muster resume, pause, cancel, retry: what an administrator does to a task that exists.
#include <algorithm>
#include <functional>

#include "cli/commands.h"
#include "cli/context.h"
#include "cli/render_json.h"
#include "cli/sending.h"
#include "cli/signals.h"
#include "cli/text.h"

namespace muster::cli {
namespace {

std::uint64_t at_rest(const Task& task) {
  const std::uint64_t open = task.queued + task.deferred + task.in_doubt;
  return task.invitations - std::min(task.invitations, open);
}

// The task that was named; where none was, the only one that `fits`.
Checked<Task> chosen(Dispatcher& dispatcher, const std::string& named, const char* verb,
                     const std::function<bool(const Task&)>& fits) {
  if (!named.empty()) {
    return dispatcher.task(named);
  }
  auto tasks = dispatcher.tasks();
  if (!tasks) {
    return tasks.failure();
  }
  std::erase_if(*tasks, [&fits](const Task& task) { return !fits(task); });
  if (tasks->empty()) {
    return Failure{FailureKind::refused,
                   std::string("no task to ") + verb + "; muster tasks shows what there is"};
  }
  if (tasks->size() > 1) {
    std::vector<std::string> ids;
    for (const auto& task : *tasks) {
      ids.push_back(task.id);
    }
    return Failure{FailureKind::usage,
                   std::string("which task? to ") + verb + " one, name it: " + any_of(ids)};
  }
  return tasks->front();
}

}  // namespace

int command_resume(const Arguments& arguments, Screen& screen) {
  auto dispatcher = open_dispatcher(arguments.common, Access::send);
  if (!dispatcher) {
    return fail(screen, dispatcher.failure());
  }
  std::string id;
  if (!arguments.task.empty()) {
    const auto task = (*dispatcher)->task(arguments.task);
    if (!task) {
      return fail(screen, task.failure());
    }
    id = task->id;
  }
  const auto before = (*dispatcher)->tasks();
  if (!before) {
    return fail(screen, before.failure());
  }
  Signals signals;
  const auto resumed = (*dispatcher)->resume(id);
  if (!resumed) {
    return fail(screen, resumed.failure());
  }
  if (resumed->empty()) {
    screen.answer().write(screen.json() ? reports_json({}) + "\n" : "Nothing to resume.\n");
    return 0;
  }
  std::vector<Sending> sendings;
  for (const auto& each : *resumed) {
    const auto task = std::find_if(before->begin(), before->end(),
                                   [&each](const Task& known) { return known.id == each; });
    sendings.push_back({.task = each, .done_before = task == before->end() ? 0 : at_rest(*task)});
    screen.person().write("Going on with task " + shown(each) + "\n");
  }
  return watch_sending(**dispatcher, sendings, id.empty(), arguments.common, screen, signals);
}

int command_retry(const Arguments& arguments, Screen& screen) {
  auto dispatcher = open_dispatcher(arguments.common, Access::send);
  if (!dispatcher) {
    return fail(screen, dispatcher.failure());
  }
  const auto task = chosen(**dispatcher, arguments.task, "retry",
                           [](const Task& each) { return each.failed + each.unreachable != 0; });
  if (!task) {
    return fail(screen, task.failure());
  }
  Signals signals;
  const auto again = (*dispatcher)->retry(task->id, arguments.state);
  if (!again) {
    return fail(screen, again.failure());
  }
  if (*again == 0) {
    return fail(screen, {FailureKind::refused,
                         "nothing to send again: task " + task->id + " has no invitation that is " +
                             (arguments.state.empty() ? "failed" : arguments.state) +
                             "; --state chooses another state"});
  }
  // retry() records what is to be sent again; where that has not begun by itself, this begins it.
  if (const auto resumed = (*dispatcher)->resume(task->id); !resumed) {
    return fail(screen, resumed.failure());
  }
  screen.person().write("Sending " + counted(*again, "invitation") + " of task " + shown(task->id) +
                        " again\n");
  const std::uint64_t rested = at_rest(*task);
  return watch_sending(**dispatcher,
                       {{.task = task->id, .done_before = rested - std::min(rested, *again)}},
                       false, arguments.common, screen, signals);
}

int command_change(const Arguments& arguments, Screen& screen) {
  auto dispatcher = open_dispatcher(arguments.common, Access::send);
  if (!dispatcher) {
    return fail(screen, dispatcher.failure());
  }
  const bool pause = arguments.verb == Verb::pause;
  auto task =
      chosen(**dispatcher, arguments.task, pause ? "pause" : "cancel", [pause](const Task& each) {
        return each.active() && !(pause && each.state == TaskState::paused);
      });
  if (!task) {
    return fail(screen, task.failure());
  }
  const auto changed = pause ? (*dispatcher)->pause(task->id) : (*dispatcher)->cancel(task->id);
  if (!changed) {
    return fail(screen, changed.failure());
  }
  task = (*dispatcher)->task(task->id);
  if (!task) {
    return fail(screen, task.failure());
  }
  if (screen.json()) {
    screen.answer().write(task_json(*task) + "\n");
    return 0;
  }
  screen.answer().write("Task " + shown(task->id) + " is " + name_of(task->state) + ": " +
                        with_separators(task->sent) + " of " +
                        counted(task->invitations, "invitation") + " sent.\n");
  return 0;
}

}  // namespace muster::cli
