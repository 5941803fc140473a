#include "loadgen/stop_signals.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <chrono>

namespace muster::loadgen {

StopSignals::StopSignals() {
  sigset_t wanted;
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGTERM);
  sigaddset(&wanted, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &wanted, &before_);
  fd_ = ::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
}

StopSignals::~StopSignals() {
  ::close(fd_);
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

bool StopSignals::wait(Duration most) const {
  pollfd waits{fd_, POLLIN, 0};
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(most).count();
  return ::poll(&waits, 1, static_cast<int>(milliseconds)) > 0;
}

void StopSignals::drain() const {
  signalfd_siginfo taken{};
  while (::read(fd_, &taken, sizeof taken) > 0) {
  }
}

}  // namespace muster::loadgen
