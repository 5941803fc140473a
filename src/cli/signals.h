// Being asked to stop.
//
// While one of these lives, SIGINT, SIGTERM and (unless it is ignored, as under nohup) SIGHUP do
// nothing by themselves but wait to be taken here. To be made and used by the program's first
// thread; the library's threads block all signals, so that they come to us only.
#pragma once

#include <signal.h>

#include <chrono>
#include <cstdint>

namespace muster::cli {

class Signals {
 public:
  Signals();  // ends the process where no descriptor can be had
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // True when one has come since the last call; takes it.
  [[nodiscard]] bool take();
  // The same, waiting at most so long for one.
  [[nodiscard]] bool wait(std::chrono::milliseconds most);
  // Waits as wait() does, and says what has come: a SIGHUP alone asks to reload, not to stop.
  enum class Wish : std::uint8_t { none, reload, stop };
  [[nodiscard]] Wish wait_for_wish(std::chrono::milliseconds most);
  // Readable when one has come.
  [[nodiscard]] int fd() const { return fd_; }

 private:
  sigset_t before_{};
  int fd_ = -1;
};

// A reader that went away is an error of write(2), not the end of the process.
void ignore_broken_pipes();

}  // namespace muster::cli
