#include "cli/sending.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <string_view>

#include "base/thread.h"
#include "cli/context.h"
#include "cli/door.h"
#include "cli/render.h"
#include "cli/render_json.h"
#include "cli/text.h"

namespace muster::cli {
namespace {

// How soon a signal is seen; the end of a task is seen at once.
constexpr std::chrono::milliseconds look_interval{50};
// How soon we end when the last answer has been given.
constexpr std::chrono::milliseconds answer_interval{5};
// All rows of a task are read for it.
constexpr std::chrono::milliseconds goal_interval{1000};
constexpr std::string_view paused_by_person = "paused by a person";  // as the service says it
constexpr int unfinished_code = static_cast<int>(FailureKind::unfinished);

std::string command_on(const char* verb, const std::vector<Sending>& sendings,
                       const Common& common) {
  const std::string task = sendings.size() == 1 ? " " + sendings.front().task : "";
  return std::string("muster ") + verb + task + common.flags();
}

Checked<Progress> progress_of(Dispatcher& dispatcher, const std::vector<Sending>& sendings) {
  std::vector<Progress> parts;
  for (const auto& sending : sendings) {
    auto part = dispatcher.progress(sending.task);
    if (!part) {
      return part.failure();
    }
    parts.push_back(*part);
  }
  return sum(parts);
}

void show(const Progress& progress, LiveLine& line, Screen& screen) {
  // The last column stays free: some terminals wrap as soon as it is written.
  line.show(line.redrawn() ? progress_bar(progress, screen.person().columns() - 1)
                           : progress_line(progress));
}

// What keeps users from being registered, once each time that it changes: only people can mend it,
// and without words a send would seem to hang.
class RegistrationTrouble {
 public:
  RegistrationTrouble(Dispatcher& dispatcher, std::string mend)
      : dispatcher_(dispatcher), mend_(std::move(mend)) {}
  void tell(LiveLine& line, Screen& screen) {
    const auto locations = dispatcher_.locations();
    std::string words;
    for (const auto& each : locations ? *locations : std::vector<Location>()) {
      if (each.condition == "foreign" || each.condition == "refused") {
        words = "location " + each.id + ": " + each.words;
      }
    }
    if (words != told_ && !words.empty()) {
      line.end();
      screen.complain(
          "users cannot be registered with Apps and Books at present: " + words +
          "; their invitations fail; when that is mended, send them again with: " + mend_);
    }
    told_ = std::move(words);
  }

 private:
  Dispatcher& dispatcher_;
  std::string mend_;
  std::string told_;
};

// What is watched, and with what.
struct Watching {
  Dispatcher& dispatcher;
  const std::vector<Sending>& sendings;
  RegistrationTrouble& trouble;
  Door& door;
  LiveLine& line;
  Screen& screen;
  Signals& signals;
};

// True when all tasks rest, or nobody answers for them any more; false when a signal came first.
Checked<bool> watch(const Watching& watching) {
  auto& [dispatcher, sendings, trouble, door, line, screen, signals] = watching;
  const SystemClock clock;
  const auto rest = [&dispatcher](const Sending& sending) {
    return dispatcher.wait(sending.task, look_interval);
  };
  while (!std::all_of(sendings.begin(), sendings.end(), rest)) {
    if (signals.take()) {
      return false;
    }
    door.open();  // not before: what is sent at once pays nothing for it
    if (!line.due(clock.now())) {
      continue;
    }
    const auto progress = progress_of(dispatcher, sendings);
    if (!progress) {
      return dispatcher.elsewhere() ? Checked<bool>(true) : progress.failure();
    }
    show(*progress, line, screen);
    trouble.tell(line, screen);
  }
  return true;
}

// How many invitations of all have not come as far as was asked for.
Checked<std::uint64_t> pending(Dispatcher& dispatcher, const std::vector<Sending>& sendings) {
  std::uint64_t sum = 0;
  for (const auto& sending : sendings) {
    if (sending.goal == Goal::sent) {
      continue;
    }
    const auto count = dispatcher.pending(sending.task, sending.goal);
    if (!count) {
      return count.failure();
    }
    sum += *count;
  }
  return sum;
}

// The hand-over is done; devices and people take their time. True when all have come as far as was
// asked for, or somebody paused them; false when a signal came first.
Checked<bool> watch_goal(const Watching& watching) {
  auto& [dispatcher, sendings, trouble, door, line, screen, signals] = watching;
  for (;;) {
    const auto left = pending(dispatcher, sendings);
    if (!left) {
      return dispatcher.elsewhere() ? Checked<bool>(true) : left.failure();
    }
    if (*left == 0) {
      return true;
    }
    for (const auto& sending : sendings) {
      if (const auto task = dispatcher.task(sending.task)) {
        line.show(funnel_line(*task, *left));
        if (task->state == TaskState::paused) {
          return true;
        }
      }
    }
    trouble.tell(line, screen);
    door.open();
    if (signals.wait(goal_interval)) {
      return false;
    }
  }
}

// What this process sends at this moment. Reads the ledger.
Checked<std::vector<std::string>> sent_here(Dispatcher& dispatcher) {
  const auto tasks = dispatcher.tasks();
  if (!tasks) {
    return tasks.failure();
  }
  std::vector<std::string> ids;
  for (const auto& task : *tasks) {
    if (task.state == TaskState::running) {
      ids.push_back(task.id);
    }
  }
  return ids;
}

// Other commands may have begun or resumed tasks here: they end when this process does, so it
// stays. True when nothing is sent here and nobody waits for an answer; false when a signal came
// first.
Checked<bool> watch_others(const Watching& watching) {
  auto& [dispatcher, sendings, trouble, door, line, screen, signals] = watching;
  std::vector<std::string> told;
  while (door.knocked()) {
    while (door.busy()) {
      if (signals.wait(answer_interval)) {
        return false;
      }
    }
    const auto here = sent_here(dispatcher);
    if (!here) {
      return here.failure();
    }
    if (here->empty() && !door.busy()) {
      return true;
    }
    for (const auto& task : *here) {
      if (std::find(told.begin(), told.end(), task) == told.end()) {
        line.end();
        screen.complain("staying for task " + task +
                        ", which another command began here, until it rests");
        told.push_back(task);
      }
      while (!dispatcher.wait(task, look_interval)) {
        if (signals.take()) {
          return false;
        }
      }
    }
  }
  return true;
}

// The whole of it: true when nothing is sent here any more, and the door is closed; false when a
// signal came first.
Checked<bool> watch_all(const Watching& watching) {
  auto& [dispatcher, sendings, trouble, door, line, screen, signals] = watching;
  for (;;) {
    auto rested = watch(watching);
    if (rested && *rested) {
      rested = watch_goal(watching);
    }
    if (rested && *rested) {
      rested = watch_others(watching);
    }
    if (!rested || !*rested) {
      return rested;
    }
    door.close();
    if (!door.knocked()) {
      return true;
    }
    const auto here = sent_here(dispatcher);  // begun while we were closing?
    if (!here || here->empty()) {
      return here ? Checked<bool>(true) : here.failure();
    }
    door.open();
  }
}

// Draining takes as long as the peers' answers, and whoever came by the door is answered before. It
// has a thread of its own, so that this one can still take the second signal.
void drain(Dispatcher& dispatcher, Door& door, const std::string& resume, Screen& screen,
           Signals& signals) {
  screen.complain("stopping: what is in flight is being finished; again to stop at once");
  std::atomic<bool> drained{false};  // released by the drain, acquired below
  std::thread thread = start_thread("cli-drain", [&] {
    door.close();
    dispatcher.drain();
    drained.store(true, std::memory_order_release);
  });
  while (!drained.load(std::memory_order_acquire)) {
    if (signals.wait(look_interval)) {
      screen.complain("stopped at once: what was in flight is in doubt; go on with: " + resume);
      std::_Exit(
          unfinished_code);  // the ledger makes it safe; waiting for threads would be a drain
    }
  }
  thread.join();
}

Checked<SendReport> report_on(Dispatcher& dispatcher, const Sending& sending) {
  auto task = dispatcher.task(sending.task);
  if (!task) {
    return task.failure();
  }
  const auto progress = dispatcher.progress(sending.task);
  if (!progress) {
    return progress.failure();
  }
  SendReport report{.task = std::move(*task), .seconds = progress->seconds, .rate = 0};
  if (progress->seconds > 0 && progress->done > sending.done_before) {
    report.rate = static_cast<double>(progress->done - sending.done_before) / progress->seconds;
  }
  return report;
}

// Why a task is not all sent, and how to go on.
void explain(const Task& task, const Common& common, Screen& screen) {
  const std::string resume = "muster resume " + task.id + common.flags();
  if (task.state == TaskState::cancelled) {
    screen.complain("task " + task.id +
                    " was cancelled by a person: " + with_separators(task.cancelled) + " of " +
                    counted(task.invitations, "invitation") + " will not be sent");
    return;
  }
  if (task.state == TaskState::paused && task.state_reason == paused_by_person) {
    screen.complain("task " + task.id + " was " + task.state_reason + "; go on with: " + resume);
    return;
  }
  if (task.state == TaskState::paused) {
    screen.complain("task " + task.id + " is paused" +
                    (task.state_reason.empty() ? "" : ": " + task.state_reason) +
                    "; when that is mended, go on with: " + resume);
    return;
  }
  const std::uint64_t open = task.queued + task.deferred + task.in_doubt;
  screen.complain("task " + task.id + " is " + name_of(task.state) + ": " + with_separators(open) +
                  " of " + counted(task.invitations, "invitation") +
                  " left; go on with: " + resume);
}

// What became of them; returns the exit code.
int report_all(Dispatcher& dispatcher, const std::vector<Sending>& sendings, bool several,
               const Common& common, Screen& screen) {
  int exit_code = 0;
  std::vector<SendReport> reports;
  for (const auto& sending : sendings) {
    auto report = report_on(dispatcher, sending);
    if (!report) {
      return fail(screen, report.failure());
    }
    exit_code = std::max(exit_code, exit_code_of(report->task));
    if (!screen.json()) {
      screen.answer().write(report_text(*report, common.flags()));
    }
    if (report->task.state != TaskState::completed) {
      explain(report->task, common, screen);
    }
    reports.push_back(std::move(*report));
  }
  if (screen.json()) {
    screen.answer().write((several ? reports_json(reports) : report_json(reports.front())) + "\n");
  }
  return exit_code;
}

}  // namespace

int watch_sending(Dispatcher& dispatcher, const std::vector<Sending>& sendings, bool several,
                  const Common& common, Screen& screen, Signals& signals) {
  LiveLine line(screen.person(), !screen.json() && screen.person().terminal());
  RegistrationTrouble trouble(dispatcher, command_on("retry", sendings, common));
  Door door(dispatcher, common, screen);
  const auto rested = watch_all({dispatcher, sendings, trouble, door, line, screen, signals});
  if (!rested) {
    line.end();
    return fail(screen, rested.failure());
  }
  if (!*rested) {
    line.end();
    if (dispatcher.elsewhere()) {
      screen.complain(
          "the process that holds the data directory goes on sending; look with `muster "
          "tasks --watch" +
          common.flags() + "`, stop it with `muster pause TASK" + common.flags() + "`");
      return unfinished_code;
    }
    drain(dispatcher, door, command_on("resume", sendings, common), screen, signals);
  }
  const auto last = progress_of(dispatcher, sendings);
  if (last) {
    show(*last, line, screen);
  }
  line.end();
  if (!last && dispatcher.elsewhere()) {
    // Who sent it has ended: whoever goes on with it is watched, else the directory knows.
    const auto now = open_dispatcher(common, Access::read);
    if (!now || !progress_of(**now, sendings)) {
      return fail(screen, now ? last.failure() : now.failure());
    }
    return (*now)->elsewhere() ? watch_sending(**now, sendings, several, common, screen, signals)
                               : report_all(**now, sendings, several, common, screen);
  }
  return report_all(dispatcher, sendings, several, common, screen);
}

}  // namespace muster::cli
