// Server-sent events: how far the tasks are, told to every page that looks.
//
// One thread looks, only while somebody listens: at the progress of running tasks five times a
// second, at the tasks themselves and the roster once. What is kept is the last that was said of
// each task, and the number under which it changed. So a listener needs nothing but the number it
// has seen: it is sent what changed since, in one event, whenever everything before has left us.
// Who is slow sees fewer steps, never a longer queue; who comes back with Last-Event-ID sees what
// changed meanwhile. Numbers begin at the wall clock's milliseconds, so that those of an earlier
// process are too old.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/time.h"
#include "http/server.h"
#include "muster/dispatcher.h"

namespace muster::console {

class Events {
 public:
  // Both outlive it.
  Events(Dispatcher& dispatcher, const Clock& clock, std::uint32_t listeners_max);
  ~Events();
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;

  // ── any thread ──
  // False: there are as many as there may be. `seen`: the Last-Event-ID that a listener brings.
  [[nodiscard]] bool has_room();
  [[nodiscard]] std::size_t listeners();
  void listen(http::Outflow flow, std::optional<std::uint64_t> seen);
  // Says goodbye to everybody; nobody is listened to any more.
  void end();
  // A task is new or was stopped, users, groups or devices are others: told at once, not a second
  // later.
  void look_now();

 private:
  struct Listener {
    http::Outflow flow;
    std::uint64_t seen = 0;         // of tasks
    std::uint64_t roster_seen = 0;  // changes of the roster
    bool told_all = false;          // of the active tasks, once
    Instant told_at{};              // something, or a keep-alive
    Instant roster_told_at{};
  };
  // What was said last of a task.
  struct Said {
    std::string text;  // its object
    std::uint64_t number = 0;
    bool active = true;
  };

  void run();
  void look_at_tasks();
  void look_at_roster();
  void look_at_progress(bool of_all);
  void say(const std::string& id, std::string text, bool active);
  void forget_ended();
  void tell(Listener& listener, Instant now);
  [[nodiscard]] std::string tasks_event(const Listener& listener) const;

  Dispatcher& dispatcher_;
  const Clock& clock_;
  const std::uint32_t listeners_max_;

  // ── the thread's alone ──
  std::map<std::string, Task> tasks_;  // active, or active when we looked before
  std::map<std::string, Said> said_;
  std::uint64_t number_;
  std::uint64_t oldest_;                       // what changed before it may be forgotten
  std::optional<std::uint64_t> roster_state_;  // as of the last look

  std::mutex mutex_;  // guards what follows
  std::condition_variable woken_;
  std::list<Listener> listeners_;
  std::uint64_t roster_changes_ = 0;
  bool look_now_ = false;
  bool ending_ = false;

  std::thread thread_;
};

}  // namespace muster::console
