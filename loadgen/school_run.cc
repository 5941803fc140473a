#include "loadgen/school_run.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <system_error>
#include <utility>

#include "loadgen/child.h"
#include "loadgen/device_roster.h"
#include "loadgen/journal_tail.h"
#include "loadgen/json_shape.h"
#include "loadgen/school_files.h"
#include "loadgen/school_screen.h"
#include "loadgen/stop_signals.h"
#include "loadgen/verify.h"

namespace muster::loadgen {
namespace {

constexpr Duration look_every = std::chrono::milliseconds(100);
constexpr Duration start_patience = std::chrono::seconds(60);
constexpr Duration stop_patience = std::chrono::seconds(60);
// Nobody did anything for so long: longer than any device waits (devices_school.toml), and than it
// takes to be woken again.
constexpr Duration rest_with_faults = std::chrono::seconds(14);
constexpr Duration rest_without_faults = std::chrono::seconds(4);
constexpr Duration ask_every = std::chrono::seconds(2);  // how muster stands, once it is quiet
// And where the hand-over is not complete: it will not be.
constexpr Duration stuck_after = std::chrono::seconds(90);
constexpr std::uint64_t mends_max = 8;
constexpr int exit_unfinished = 5;  // muster's: a task is left to go on with

std::string content_of(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

// The last line, without its end.
std::string last_line(std::string text) {
  while (text.ends_with('\n')) {
    text.pop_back();
  }
  const auto end = text.rfind('\n');
  return end == std::string::npos ? text : text.substr(end + 1);
}

// One run, from its empty folder on. Children end with it, the one started last first.
class Play {
 public:
  Play(const SchoolRunWishes& wishes, SchoolWorld world)
      : wishes_(wishes),
        world_(std::move(world)),
        books_tail_(world_.file("books.journal")),
        devices_tail_(world_.file("devices.journal")),
        watch_(clock_.now(), clock_.wall()) {}

  Result<SchoolRunReport, Complaint> run();

 private:
  using Step = std::function<Result<void, Complaint>()>;
  Result<void, Complaint> stage(const std::string& name, const Step& step);
  Result<void, Complaint> wait_for(const std::string& what, const std::function<bool()>& condition,
                                   Duration patience);
  Result<void, Complaint> look();
  Result<Child, Complaint> start(const std::string& name, const std::vector<std::string>& words);
  Result<int, Complaint> muster(const std::string& name, const std::vector<std::string>& words);
  Result<void, Complaint> muster_ok(const std::string& name, const std::vector<std::string>& words);
  Complaint failed(const std::string& name, int exit) const;
  Complaint stopped() const;

  Result<void, Complaint> make_people();
  Result<void, Complaint> start_simulators();
  Result<void, Complaint> enrol();
  Result<void, Complaint> send();
  // Why there is something to do: the child ended; nothing happens any more; the content token is
  // not good any more.
  struct Pause {
    enum class Why : std::uint8_t { ended, rest, token } why = Why::ended;
    int exit = 0;
  };
  Result<Pause, Complaint> play_on(Child& child);
  void show_progress();
  Result<std::vector<JsonMember>, Complaint> the_task();
  Result<bool, Complaint> complete();
  Result<bool, Complaint> token_good();
  Result<Child, Complaint> mend();
  Result<void, Complaint> read_back();
  Result<void, Complaint> judge();

  const SchoolRunWishes& wishes_;
  SchoolWorld world_;
  SystemClock clock_;
  StopSignals signals_;
  SchoolScreen screen_;
  JournalTail books_tail_;
  JournalTail devices_tail_;
  SchoolWatch watch_;
  std::optional<Child> books_;
  std::optional<Child> devices_;
  std::string text_;  // what the_task() gave is of it
  std::uint64_t invitations_ = 0;
  WallTime sent_at_;
  SchoolRunReport report_;
};

Result<void, Complaint> Play::stage(const std::string& name, const Step& step) {
  screen_.begin(name);
  auto done = step();
  const auto seconds = screen_.end();
  report_.took.push_back({name, seconds});
  return done;
}

Result<void, Complaint> Play::wait_for(const std::string& what,
                                       const std::function<bool()>& condition, Duration patience) {
  const auto until = clock_.now() + patience;
  while (!condition()) {
    if (signals_.wait(look_every)) {
      return tl::unexpected(stopped());
    }
    if (auto looked = look(); !looked) {
      return looked;
    }
    if (clock_.now() > until) {
      Complaint complaint;
      complaint.file = world_.dir();
      complaint.found = what + " did not happen in time";
      return tl::unexpected(std::move(complaint));
    }
  }
  return {};
}

// Takes what the journals have, and sees that both simulators live.
Result<void, Complaint> Play::look() {
  const auto hear = [this](std::string_view line) { watch_.hear(line); };
  if (auto read = books_tail_.read(hear); !read) {
    return read;
  }
  if (auto read = devices_tail_.read(hear); !read) {
    return read;
  }
  if (const auto end = books_ ? books_->ended() : std::nullopt) {
    return tl::unexpected(failed("books", *end));
  }
  if (const auto end = devices_ ? devices_->ended() : std::nullopt) {
    return tl::unexpected(failed("devices", *end));
  }
  return {};
}

Result<Child, Complaint> Play::start(const std::string& name,
                                     const std::vector<std::string>& words) {
  return Child::start(words, world_.file(name + ".out"), world_.file(name + ".log"));
}

// To its end; its exit code.
Result<int, Complaint> Play::muster(const std::string& name,
                                    const std::vector<std::string>& words) {
  auto child = start(name, world_.muster(words));
  if (!child) {
    return tl::unexpected(child.error());
  }
  std::optional<int> end;
  const auto over = [&] {
    end = child->ended();
    return end.has_value();
  };
  if (auto waited = wait_for("the end of muster " + words.front(), over, stuck_after); !waited) {
    return tl::unexpected(waited.error());
  }
  return end.value_or(0);
}

Result<void, Complaint> Play::muster_ok(const std::string& name,
                                        const std::vector<std::string>& words) {
  const auto end = muster(name, words);
  if (!end) {
    return tl::unexpected(end.error());
  }
  return *end == 0 ? Result<void, Complaint>() : tl::unexpected(failed(name, *end));
}

Complaint Play::failed(const std::string& name, int exit) const {
  Complaint complaint;
  complaint.file = world_.file(name + ".log");
  complaint.found = name + " ended with exit code " + std::to_string(exit) + ": " +
                    last_line(content_of(complaint.file));
  return complaint;
}

Complaint Play::stopped() const {
  signals_.drain();
  Complaint complaint;
  complaint.found = "stopped by a signal: nothing is proved";
  complaint.mend = "what there is so far is in " + world_.dir();
  return complaint;
}

// ── the story ──

Result<SchoolRunReport, Complaint> Play::run() {
  report_.users = wishes_.roster.users;
  report_.seed = wishes_.roster.seed;
  report_.faults = wishes_.faults;
  const auto whole = [this]() -> Result<void, Complaint> {
    const std::vector<std::pair<std::string, Step>> steps{
        {"making up a school", [this] { return make_people(); }},
        {"starting Apps and Books and the devices", [this] { return start_simulators(); }},
        {"muster import",
         [this] { return muster_ok("import", {"import", world_.file("school")}); }},
        {"muster serve: devices enrol", [this] { return enrol(); }},
        {"muster token install",
         [this] { return muster_ok("token", {"token", "install", world_.file("content.token")}); }},
        {"muster send", [this] { return send(); }},
        {"muster tasks: reading it back", [this] { return read_back(); }},
        {"judging", [this] { return judge(); }}};
    for (const auto& [name, step] : steps) {
      if (auto done = stage(name, step); !done) {
        return done;
      }
    }
    return {};
  }();
  if (!whole) {
    return tl::unexpected(whole.error());
  }
  report_.dir = world_.dir();
  return report_;
}

Result<void, Complaint> Play::make_people() {
  auto roster = wishes_.roster;
  const auto whole = std::floor(wishes_.devices_per_user);
  roster.devices_per_user = static_cast<std::uint32_t>(whole);
  roster.another_device = wishes_.devices_per_user - whole;
  roster.dir = world_.file("school");
  auto made = make_roster(
      roster, [this](std::uint64_t done, std::uint64_t of) { screen_.show(done, of, "users"); });
  if (!made) {
    return made;
  }
  const auto devices = read_fleet_roster(roster.dir);
  if (!devices) {
    return tl::unexpected(devices.error());
  }
  report_.devices = devices->devices.size();
  return {};
}

Result<void, Complaint> Play::start_simulators() {
  if (auto written = world_.write_faults(); !written) {
    return written;
  }
  auto books = start("books", world_.books());
  if (!books) {
    return tl::unexpected(books.error());
  }
  books_ = std::move(*books);
  auto devices = start("devices", world_.devices());
  if (!devices) {
    return tl::unexpected(devices.error());
  }
  devices_ = std::move(*devices);
  const auto port = [this](const std::string& name) {
    return last_line(content_of(world_.file(name + ".port")));
  };
  const auto listening = [&port] { return !port("books").empty() && !port("devices").empty(); };
  if (auto ready = wait_for("listening", listening, start_patience); !ready) {
    return ready;
  }
  return world_.write_settings(port("books"), port("devices"));
}

Result<void, Complaint> Play::enrol() {
  auto server = start("serve", world_.muster({"serve"}));
  if (!server) {
    return tl::unexpected(server.error());
  }
  const auto all = [&] {
    screen_.show(watch_.reached(SchoolStage::enrolled).count, report_.devices, "devices");
    return server->ended() || std::filesystem::exists(world_.file("enrolled"));
  };
  // A hundred a second is slow, and yet enough.
  const auto patience =
      start_patience + std::chrono::milliseconds(10) * static_cast<std::int64_t>(report_.devices);
  if (auto enrolled = wait_for("everybody's enrolment", all, patience); !enrolled) {
    return enrolled;
  }
  const int end = server->stop(stop_patience);
  if (end != 0) {
    return tl::unexpected(failed("serve", end));
  }
  return {};
}

Result<void, Complaint> Play::send() {
  if (auto previewed = muster_ok("preview", {"preview", "--group", "all", "--json"}); !previewed) {
    return previewed;
  }
  const auto preview = json_members(last_line(content_of(world_.file("preview.out"))));
  invitations_ = static_cast<std::uint64_t>(
      preview ? json_integer(json_value(*preview, "invitations")).value_or(0) : 0);
  sent_at_ = clock_.wall();
  auto child = start(
      "send", world_.muster({"send", "--group", "all", "--yes", "--json", "--until", "enrolled"}));
  for (std::string name = "send"; child;) {
    const auto pause = play_on(*child);
    if (!pause) {
      return tl::unexpected(pause.error());
    }
    const bool by_itself = pause->why == Pause::Why::ended;
    const int code = by_itself ? pause->exit : child->stop(stop_patience);
    const bool unfinished = code == exit_unfinished;
    const bool token = pause->why == Pause::Why::token || (by_itself && unfinished);
    if ((code != 0 && code != 1 && !unfinished) || (token && report_.mends == mends_max)) {
      return tl::unexpected(failed(name, code));
    }
    if (pause->why == Pause::Why::rest) {
      return {};
    }
    if (token) {
      child = mend();
      name = "resume-" + std::to_string(report_.mends);
    } else {
      // Handed over; devices and people are not through with it.
      name = "serve-" + std::to_string(report_.mends);
      child = start(name, world_.muster({"serve"}));
    }
  }
  return tl::unexpected(child.error());
}

Result<Play::Pause, Complaint> Play::play_on(Child& child) {
  const auto rest = wishes_.faults ? rest_with_faults : rest_without_faults;
  auto news = watch_.news();
  auto since = clock_.now();
  auto ask_again = since;
  for (;;) {
    if (signals_.wait(look_every)) {
      return tl::unexpected(stopped());
    }
    if (auto looked = look(); !looked) {
      return tl::unexpected(looked.error());
    }
    if (const auto end = child.ended()) {
      return Pause{Pause::Why::ended, *end};
    }
    show_progress();
    const auto now = clock_.now();
    if (std::exchange(news, watch_.news()) != watch_.news()) {
      since = now;
    }
    if (now - since < ask_every || now < ask_again) {
      continue;
    }
    const auto good = token_good();
    const auto over = good ? complete() : good;
    if (!over) {
      return tl::unexpected(over.error());
    }
    if (!*good) {
      return Pause{Pause::Why::token};
    }
    if ((*over && now - since >= rest) || now - since > stuck_after) {
      return Pause{Pause::Why::rest};
    }
    ask_again = clock_.now() + ask_every;
  }
}

void Play::show_progress() {
  const auto count = [this](SchoolStage stage) { return watch_.reached(stage).count; };
  screen_.show(count(SchoolStage::shown), invitations_,
               "shown; " + std::to_string(count(SchoolStage::registered)) + " registered, " +
                   std::to_string(count(SchoolStage::woken)) + " woken, " +
                   std::to_string(count(SchoolStage::accepted)) + " accepted");
}

// What muster says of the task: the only one that there is.
Result<std::vector<JsonMember>, Complaint> Play::the_task() {
  if (auto asked = muster_ok("tasks", {"tasks", "--json"}); !asked) {
    return tl::unexpected(asked.error());
  }
  text_ = content_of(world_.file("tasks.out"));
  const auto document = json_members(text_).value_or(std::vector<JsonMember>());
  const auto tasks = json_elements(json_value(document, "tasks"));
  const auto task = tasks && !tasks->empty() ? tasks->front() : std::string_view("{}");
  return json_members(task).value_or(std::vector<JsonMember>());
}

// Whether its hand-over is complete.
Result<bool, Complaint> Play::complete() {
  const auto task = the_task();
  return task.map([](const std::vector<JsonMember>& members) {
    return json_plain_string(json_value(members, "state")) == "completed";
  });
}

// Whether Apple takes the content token, and for ours.
Result<bool, Complaint> Play::token_good() {
  if (auto asked = muster_ok("token-show", {"token", "show", "--json"}); !asked) {
    return tl::unexpected(asked.error());
  }
  const auto text = content_of(world_.file("token-show.out"));
  return text.find(R"("condition":"foreign")") == std::string::npos &&
         text.find(R"("condition":"refused")") == std::string::npos;
}

// What an administrator does then. Whose invitations failed for want of a token are sent again.
Result<Child, Complaint> Play::mend() {
  const auto name = "resume-" + std::to_string(++report_.mends);
  auto installed = muster_ok("token-" + std::to_string(report_.mends),
                             {"token", "install", world_.file("content.token"), "--take-over"});
  if (!installed) {
    return tl::unexpected(installed.error());
  }
  const auto task = the_task();
  if (!task) {
    return tl::unexpected(task.error());
  }
  const auto failed = json_integer(json_value(*task, "failed")).value_or(0);
  return start(name, world_.muster({failed == 0 ? "resume" : "retry", "--json"}));
}

Result<void, Complaint> Play::read_back() {
  if (auto listed = muster_ok("tasks", {"tasks", "--json"}); !listed) {
    return listed;
  }
  const auto ids = read_task_ids(content_of(world_.file("tasks.out")));
  if (!ids || ids->size() != 1) {
    return tl::unexpected(ids ? failed("tasks", 0) : ids.error());
  }
  if (auto shown = muster_ok("task", {"tasks", ids->front(), "--json"}); !shown) {
    return shown;
  }
  return muster_ok("rows", {"tasks", ids->front(), "--csv"});
}

Result<void, Complaint> Play::judge() {
  if (const int end = devices_ ? devices_->stop(stop_patience) : 0; end != 0) {
    return tl::unexpected(failed("devices", end));
  }
  if (const int end = books_ ? books_->stop(stop_patience) : 0; end != 0) {
    return tl::unexpected(failed("books", end));
  }
  devices_.reset();
  books_.reset();
  if (auto looked = look(); !looked) {
    return looked;
  }
  SchoolVerdict verdict;
  if (auto read = read_school_people(world_.file("school"), verdict); !read) {
    return read;
  }
  if (auto read = read_school_rows(world_.file("rows.out"), verdict); !read) {
    return read;
  }
  for (const auto* journal : {"books.journal", "devices.journal"}) {
    if (auto read = read_school_journal(world_.file(journal), verdict); !read) {
      return read;
    }
  }
  report_.verdict = verdict.judge();
  for (std::size_t i = 0; i < school_stages_count; ++i) {
    const auto stage = static_cast<SchoolStage>(i);
    const auto& reached = watch_.reached(stage);
    const auto since = [this](WallTime at) {
      return static_cast<double>(at.milliseconds - sent_at_.milliseconds) / 1000;
    };
    report_.funnel.push_back({stage, reached.count, since(reached.first), since(reached.last)});
  }
  report_.task_json = last_line(content_of(world_.file("task.out")));
  report_.books_json = last_line(content_of(world_.file("books.json")));
  report_.devices_json = last_line(content_of(world_.file("devices.json")));
  return {};
}

}  // namespace

Result<SchoolRunReport, Complaint> run_school(const SchoolRunWishes& wishes) {
  auto world = SchoolWorld::make(wishes);
  if (!world) {
    return tl::unexpected(world.error());
  }
  const auto dir = world->dir();
  auto report = Play(wishes, std::move(*world)).run();
  if (report && wishes.dir.empty() && report->verdict.good()) {
    std::error_code no_matter;
    std::filesystem::remove_all(dir, no_matter);
    report->dir.clear();
  }
  return report;
}

}  // namespace muster::loadgen
