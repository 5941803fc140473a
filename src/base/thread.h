// Named threads and the doorbell that wakes a sleeping one.
//
// A Doorbell is an eventfd behind a flag: ringing costs a system call only when the owner has said
// that it is about to sleep. Protocol for the owner: doze(), look once more for work, then wait on
// fd() or in wait(); awake() afterwards. Protocol for others: publish the work, then ring(). The
// two sequentially-consistent fences make sure that one of both sees the other.
//
// Who finds the flag up takes it down and writes 1, so the owner, who put it up, knows from the
// flag how many writes there were or will be, and reads the eventfd only for those.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>

#include "base/time.h"

namespace muster {

class Doorbell {
 public:
  Doorbell();  // ends the process where no descriptor can be had
  ~Doorbell();
  Doorbell(const Doorbell&) = delete;
  Doorbell& operator=(const Doorbell&) = delete;

  void ring();  // any thread
  // The rest is the owner's.
  void doze();               // from now on ring() writes to fd()
  void awake();              // no longer; empties fd() where somebody rang
  void wait(Duration most);  // doze() has been called; returns when rung, or after `most`
  [[nodiscard]] int fd() const { return fd_; }

 private:
  void say(bool dozing);

  int fd_ = -1;
  // seq_cst; pairs doze() with ring(). The owner puts it up, whoever rings first takes it down.
  std::atomic<bool> dozing_{false};
  // The owner's.
  bool said_dozing_ = false;
  std::uint64_t rings_owed_ = 0;  // written to fd_, or about to be, and not read
};

// Starts a thread of that name (≤ 15 characters, shown by top -H) with every signal blocked, so
// that signals are taken by the program's first thread.
[[nodiscard]] std::thread start_thread(const std::string& name, std::function<void()> body);

}  // namespace muster
