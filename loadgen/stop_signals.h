// SIGTERM and SIGINT as a descriptor, for as long as it lives: how a serving command is told to
// stop. Takes the signals of the calling thread, and of the threads it starts meanwhile.
#pragma once

#include <csignal>

#include "base/time.h"

namespace muster::loadgen {

class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  [[nodiscard]] int fd() const { return fd_; }
  // Waits for one, no longer than `most`; whether one came.
  [[nodiscard]] bool wait(Duration most) const;
  // Takes the signal, so that it does not end the process once it is let through again.
  void drain() const;

 private:
  sigset_t before_{};
  int fd_ = -1;
};

}  // namespace muster::loadgen
