#include "cli/sending.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>

#include "base/thread.h"
#include "cli/context.h"
#include "cli/render.h"
#include "cli/render_json.h"
#include "cli/text.h"

namespace muster::cli {
namespace {

// How soon a signal is seen; the end of a task is seen at once.
constexpr std::chrono::milliseconds look_interval{50};
// All rows of a task are read for it.
constexpr std::chrono::milliseconds goal_interval{1000};
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

// True when all tasks rest, false when a signal came first.
Checked<bool> watch(Dispatcher& dispatcher, const std::vector<Sending>& sendings,
                    RegistrationTrouble& trouble, LiveLine& line, Screen& screen,
                    Signals& signals) {
  const SystemClock clock;
  const auto rest = [&dispatcher](const Sending& sending) {
    return dispatcher.wait(sending.task, look_interval);
  };
  while (!std::all_of(sendings.begin(), sendings.end(), rest)) {
    if (signals.take()) {
      return false;
    }
    if (!line.due(clock.now())) {
      continue;
    }
    const auto progress = progress_of(dispatcher, sendings);
    if (!progress) {
      return progress.failure();
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
// asked for, false when a signal came first.
Checked<bool> watch_goal(Dispatcher& dispatcher, const std::vector<Sending>& sendings,
                         RegistrationTrouble& trouble, LiveLine& line, Screen& screen,
                         Signals& signals) {
  for (;;) {
    const auto left = pending(dispatcher, sendings);
    if (!left) {
      return left.failure();
    }
    if (*left == 0) {
      return true;
    }
    for (const auto& sending : sendings) {
      if (const auto task = dispatcher.task(sending.task)) {
        line.show(funnel_line(*task, *left));
      }
    }
    trouble.tell(line, screen);
    if (signals.wait(goal_interval)) {
      return false;
    }
  }
}

// Draining takes as long as the peers' answers. It has a thread of its own, so that this one can
// still take the second signal.
void drain(Dispatcher& dispatcher, const std::string& resume, Screen& screen, Signals& signals) {
  screen.complain("stopping: what is in flight is being finished; again to stop at once");
  std::atomic<bool> drained{false};  // released by the drain, acquired below
  std::thread thread = start_thread("cli-drain", [&] {
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

void explain_unfinished(const Task& task, const Common& common, Screen& screen) {
  const std::string resume = "muster resume " + task.id + common.flags();
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

}  // namespace

int watch_sending(Dispatcher& dispatcher, const std::vector<Sending>& sendings, bool several,
                  const Common& common, Screen& screen, Signals& signals) {
  LiveLine line(screen.person(), !screen.json() && screen.person().terminal());
  RegistrationTrouble trouble(dispatcher, command_on("retry", sendings, common));
  auto rested = watch(dispatcher, sendings, trouble, line, screen, signals);
  if (rested && *rested) {
    rested = watch_goal(dispatcher, sendings, trouble, line, screen, signals);
  }
  if (!rested) {
    line.end();
    return fail(screen, rested.failure());
  }
  if (!*rested) {
    line.end();
    if (dispatcher.elsewhere()) {
      screen.complain("the server goes on sending; look with `muster tasks --watch" +
                      common.flags() + "`, stop it with `muster pause TASK" + common.flags() + "`");
      return unfinished_code;
    }
    drain(dispatcher, command_on("resume", sendings, common), screen, signals);
  }
  if (const auto last = progress_of(dispatcher, sendings)) {
    show(*last, line, screen);
  }
  line.end();

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
    if (report->task.active()) {
      explain_unfinished(report->task, common, screen);
    }
    reports.push_back(std::move(*report));
  }
  if (screen.json()) {
    screen.answer().write((several ? reports_json(reports) : report_json(reports.front())) + "\n");
  }
  return exit_code;
}

}  // namespace muster::cli
