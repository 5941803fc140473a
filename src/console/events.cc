#include "console/events.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/thread.h"
#include "console/bounds.h"
#include "json/members.h"

namespace muster::console {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds progress_interval{200};
constexpr Duration tasks_interval = std::chrono::seconds(1);
constexpr Duration roster_interval = std::chrono::seconds(1);
constexpr Duration keep_alive_interval = std::chrono::seconds(15);

// What the page shows of a task while it moves. The counts are those of the progress, the devices'
// and users' of the task.
std::string text_of(const Task& task, const Progress& progress) {
  json::Writer writer;
  writer.begin_object();
  json::Members{writer}
      .member("id", task.id)
      .member("state", name_of(progress.state))
      .member("state_reason", progress.state_reason)
      .member("total", progress.total)
      .member("done", progress.done)
      .member("sent", progress.sent)
      .member("failed", progress.failed)
      .member("deferred", progress.deferred)
      .member("in_flight", progress.in_flight)
      .member("rate", progress.rate)
      .member("seconds_left", progress.seconds_left)
      .member("bound_by", progress.bound_by)
      .member("shown", task.shown)
      .member("users", task.users)
      .member("users_enrolled", task.users_enrolled);
  return writer.end().result();
}

}  // namespace

Events::Events(Dispatcher& dispatcher, const Clock& clock, std::uint32_t listeners_max)
    : dispatcher_(dispatcher),
      clock_(clock),
      listeners_max_(listeners_max),
      number_(static_cast<std::uint64_t>(clock.wall().milliseconds)),
      oldest_(number_),
      thread_(start_thread("console-events", [this] { run(); })) {}

Events::~Events() {
  end();
  thread_.join();
}

void Events::end() {
  std::list<Listener> leaving;
  {
    const std::lock_guard guard(mutex_);
    ending_ = true;
    leaving.swap(listeners_);
  }
  woken_.notify_all();
  for (auto& listener : leaving) {
    listener.flow.send("event: bye\ndata: {}\n\n");
    listener.flow.finish();
  }
}

bool Events::has_room() {
  const std::lock_guard guard(mutex_);
  std::erase_if(listeners_, [](const Listener& each) { return each.flow.gone(); });
  return !ending_ && listeners_.size() < listeners_max_;
}

std::size_t Events::listeners() {
  const std::lock_guard guard(mutex_);
  return listeners_.size();
}

void Events::listen(http::Outflow flow, std::optional<std::uint64_t> seen) {
  {
    const std::lock_guard guard(mutex_);
    if (ending_) {
      return;  // the flow is dropped, and with it the connection
    }
    Listener listener{.flow = std::move(flow)};
    listener.seen = seen.value_or(0);
    listener.roster_seen = roster_changes_;
    listener.told_at = clock_.now();
    listeners_.push_back(std::move(listener));
    look_now_ = true;
  }
  woken_.notify_all();
}

void Events::look_now() {
  {
    const std::lock_guard guard(mutex_);
    look_now_ = true;
  }
  woken_.notify_all();
}

void Events::run() {
  Instant looked_at{};
  bool looked = false;
  for (;;) {
    bool now_asked = false;
    {
      std::unique_lock guard(mutex_);
      woken_.wait(guard, [this] { return ending_ || !listeners_.empty(); });
      if (!look_now_) {
        woken_.wait_for(guard, progress_interval, [this] { return ending_ || look_now_; });
      }
      if (ending_) {
        return;
      }
      now_asked = std::exchange(look_now_, false);
    }
    const Instant now = clock_.now();
    const bool look = !looked || now_asked || now - looked_at >= tasks_interval;
    if (look) {
      look_at_tasks();
      look_at_roster();
      looked_at = now;
      looked = true;
    }
    look_at_progress(look);
    forget_ended();
    const std::lock_guard guard(mutex_);
    std::erase_if(listeners_, [](const Listener& each) { return each.flow.gone(); });
    for (auto& listener : listeners_) {
      tell(listener, now);
    }
  }
}

void Events::look_at_tasks() {
  auto found = dispatcher_.tasks();
  if (!found) {
    return;  // a data directory that holds no tasks yet
  }
  for (auto& task : *found) {
    const auto known = tasks_.find(task.id);
    if (task.active() || known != tasks_.end()) {
      tasks_.insert_or_assign(task.id, std::move(task));
    }
  }
}

// Whoever changed it: an administrator, a device that checked in, an import, the directory.
void Events::look_at_roster() {
  const auto read = dispatcher_.roster_state();
  const std::uint64_t state = read ? *read : 0;  // 0: the directory holds none yet
  const bool changed = roster_state_.has_value() && *roster_state_ != state;
  roster_state_ = state;
  if (changed) {
    const std::lock_guard guard(mutex_);
    ++roster_changes_;
  }
}

// Of what does not run the progress is read from the ledger: no more often than the tasks.
void Events::look_at_progress(bool of_all) {
  for (auto each = tasks_.begin(); each != tasks_.end();) {
    if (!of_all && each->second.state != TaskState::running) {
      ++each;
      continue;
    }
    const auto progress = dispatcher_.progress(each->first);
    const bool active = each->second.active();
    if (progress) {
      say(each->first, text_of(each->second, *progress), active);
    }
    each = active ? std::next(each) : tasks_.erase(each);
  }
}

void Events::say(const std::string& id, std::string text, bool active) {
  auto& said = said_[id];
  said.active = active;
  if (said.text != text) {
    said.text = std::move(text);
    said.number = ++number_;
  }
}

// Of those that have ended the longest unchanged go first.
void Events::forget_ended() {
  std::vector<std::pair<std::uint64_t, std::string>> ended;
  for (const auto& [id, said] : said_) {
    if (!said.active) {
      ended.emplace_back(said.number, id);
    }
  }
  std::ranges::sort(ended);
  for (std::size_t i = 0; i + limits::tasks_told_max < ended.size(); ++i) {
    oldest_ = std::max(oldest_, ended[i].first);
    said_.erase(ended[i].second);
  }
}

// `seen` is nobody's business but ours, or it is unknown: then all active tasks are told.
std::string Events::tasks_event(const Listener& listener) const {
  const bool all = !listener.told_all && (listener.seen < oldest_ || listener.seen > number_);
  std::string tasks;
  for (const auto& [id, said] : said_) {
    if (all ? said.active : said.number > listener.seen) {
      tasks += (tasks.empty() ? "" : ",") + said.text;
    }
  }
  if (tasks.empty() && !all) {
    return {};
  }
  return "id: " + std::to_string(number_) + "\nevent: tasks\ndata: {\"tasks\":[" + tasks + "]}\n\n";
}

void Events::tell(Listener& listener, Instant now) {
  if (listener.flow.waiting() != 0) {
    return;
  }
  auto text = tasks_event(listener);
  listener.told_all = true;
  listener.seen = number_;
  if (listener.roster_seen != roster_changes_ && now - listener.roster_told_at >= roster_interval) {
    text += "event: roster\ndata: {}\n\n";
    listener.roster_seen = roster_changes_;
    listener.roster_told_at = now;
  }
  if (text.empty() && now - listener.told_at >= keep_alive_interval) {
    text = ": keep-alive\n\n";
  }
  if (!text.empty()) {
    listener.flow.send(std::move(text));
    listener.told_at = now;
  }
}

}  // namespace muster::console
