// muster tasks: Active and Completed Tasks on the command line, one task, its invitations. Only
// looks; works while another process sends, and goes on when that one ends.
#include <chrono>
#include <utility>

#include "cli/commands.h"
#include "cli/context.h"
#include "cli/render.h"
#include "cli/render_json.h"
#include "cli/render_timeline.h"
#include "cli/signals.h"
#include "cli/text.h"
#include "console/csv.h"

namespace muster::cli {
namespace {

constexpr std::uint32_t page_rows = 4096;  // the most that invitations() gives
constexpr std::uint32_t rows_shown = 10;   // of one state, to a person
constexpr std::chrono::milliseconds watch_interval{1000};
constexpr const char* clear_terminal = "\x1b[H\x1b[2J";

// Calls take(rows) page by page until the end or until it returns false.
template <class Take>
Checked<Done> for_each_page(Source& source, const std::string& task, const std::string& state,
                            Take take) {
  std::uint32_t after = 0;
  for (;;) {
    const auto page = source.ask([&](Dispatcher& dispatcher) {
      return dispatcher.invitations(task, after, page_rows, state);
    });
    if (!page) {
      return page.failure();
    }
    if ((!page->rows.empty() && !take(page->rows)) || !page->more) {
      return Done{};
    }
    after = page->next;
  }
}

int print_csv(Source& source, const Task& task, const std::string& state, Screen& screen) {
  screen.answer().write(console::csv_header);
  const auto done = for_each_page(source, task.id, state, [&](const auto& rows) {
    std::string out;
    for (const auto& row : rows) {
      console::append_csv_row(out, row);
    }
    return screen.answer().write(out);
  });
  return done ? 0 : fail(screen, done.failure());
}

// The task as an object; with a state, also "rows": its invitations in that state.
int print_json(Source& source, const Task& task, const std::string& state, Screen& screen) {
  if (state.empty()) {
    screen.answer().write(task_json(task) + "\n");
    return 0;
  }
  screen.answer().write(task_json_open(task));
  bool first = true;
  const auto done = for_each_page(source, task.id, state, [&](const auto& rows) {
    std::string out;
    for (const auto& row : rows) {
      out += (std::exchange(first, false) ? "" : ",") + invitation_json(row);
    }
    return screen.answer().write(out);
  });
  if (!done) {
    return fail(screen, done.failure());
  }
  screen.answer().write(std::string(task_json_close) + "\n");
  return 0;
}

// The first invitations in that state, and how to see the rest.
Checked<std::string> first_rows(Source& source, const Task& task, const std::string& state,
                                const std::string& flags) {
  std::vector<Invitation> first;
  const auto done = for_each_page(source, task.id, state, [&first](const auto& rows) {
    const auto room = std::min<std::size_t>(rows.size(), rows_shown - first.size());
    first.insert(first.end(), rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(room));
    return first.size() < rows_shown;
  });
  if (!done) {
    return done.failure();
  }
  if (first.empty()) {
    return std::string();
  }
  std::string text = "\n" + invitations_text(first);
  if (first.size() == rows_shown) {
    text += "The first " + std::to_string(rows_shown) + " in state " + state +
            "; all of them: muster tasks " + shown(task.id) + " --state " + state + " --csv" +
            shown(flags) + "\n";
  }
  return text;
}

Checked<std::string> text_of_task(Source& source, const Task& task, const Arguments& arguments) {
  std::vector<std::string> states{arguments.state};
  if (arguments.state.empty()) {
    states = {"failed", "unreachable"};
  }
  std::string text = task_text(task);
  for (const auto& state : states) {
    const auto rows = first_rows(source, task, state, arguments.common.flags());
    if (!rows) {
      return rows.failure();
    }
    text += *rows;
  }
  return text;
}

int show_timeline(Source& source, const Task& task, std::uint32_t number, Screen& screen) {
  const auto timeline =
      source.ask([&](Dispatcher& dispatcher) { return dispatcher.timeline(task.id, number); });
  if (!timeline) {
    return fail(screen, timeline.failure());
  }
  screen.answer().write(screen.json() ? timeline_json(*timeline) + "\n" : timeline_text(*timeline));
  return 0;
}

// Says what there is once. `ended`: nothing that is shown can change any more.
int show_task(Source& source, const Arguments& arguments, Screen& screen, const char* before,
              bool& ended) {
  const auto task =
      source.ask([&](Dispatcher& dispatcher) { return dispatcher.task(arguments.task); });
  if (!task) {
    return fail(screen, task.failure());
  }
  ended = !task->active();
  if (arguments.invitation) {
    return show_timeline(source, *task, *arguments.invitation, screen);
  }
  if (arguments.csv) {
    return print_csv(source, *task, arguments.state, screen);
  }
  if (screen.json()) {
    return print_json(source, *task, arguments.state, screen);
  }
  const auto text = text_of_task(source, *task, arguments);
  if (!text) {
    return fail(screen, text.failure());
  }
  screen.answer().write(before + *text);
  return 0;
}

int show_tasks(Source& source, const Arguments& arguments, Screen& screen, const char* before) {
  auto tasks = source.ask([](Dispatcher& dispatcher) { return dispatcher.tasks(); });
  if (!tasks) {
    return fail(screen, tasks.failure());
  }
  std::erase_if(*tasks, [&arguments](const Task& task) {
    return (arguments.active && !task.active()) || (arguments.completed && task.active()) ||
           (!arguments.state.empty() && arguments.state != name_of(task.state));
  });
  screen.answer().write(screen.json() ? tasks_json(*tasks) + "\n" : before + tasks_text(*tasks));
  return 0;
}

}  // namespace

int command_tasks(const Arguments& arguments, Screen& screen) {
  Source source(arguments.common);
  const bool redraw = arguments.watch && screen.answer().terminal();
  bool ended = !arguments.watch;
  const auto show = [&] {
    const char* before = redraw ? clear_terminal : "";
    return arguments.task.empty() ? show_tasks(source, arguments, screen, before)
                                  : show_task(source, arguments, screen, before, ended);
  };
  if (!arguments.watch) {
    return show();
  }
  Signals signals;
  for (;;) {
    const int exit_code = show();
    if (exit_code != 0 || ended || screen.answer().os_error() != 0 ||
        signals.wait(watch_interval)) {
      return exit_code;
    }
  }
}

}  // namespace muster::cli
