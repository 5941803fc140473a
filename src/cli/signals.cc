#include "cli/signals.h"

#include <poll.h>
#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/assert.h"

namespace muster::cli {

Signals::Signals() {
  sigset_t taken;
  sigemptyset(&taken);
  sigaddset(&taken, SIGINT);
  sigaddset(&taken, SIGTERM);
  struct sigaction hangup{};
  if (sigaction(SIGHUP, nullptr, &hangup) == 0 && hangup.sa_handler != SIG_IGN) {
    sigaddset(&taken, SIGHUP);
  }
  MUSTER_ASSERT(pthread_sigmask(SIG_BLOCK, &taken, &before_) == 0);
  fd_ = signalfd(-1, &taken, SFD_NONBLOCK | SFD_CLOEXEC);
  MUSTER_ASSERT(fd_ >= 0);
}

Signals::~Signals() {
  close(fd_);
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

bool Signals::take() {
  bool any = false;
  signalfd_siginfo info{};
  while (read(fd_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    any = true;
  }
  return any;
}

bool Signals::wait(std::chrono::milliseconds most) {
  pollfd watched{.fd = fd_, .events = POLLIN, .revents = 0};
  poll(&watched, 1, static_cast<int>(most.count()));
  return take();
}

Signals::Wish Signals::wait_for_wish(std::chrono::milliseconds most) {
  pollfd watched{.fd = fd_, .events = POLLIN, .revents = 0};
  poll(&watched, 1, static_cast<int>(most.count()));
  Wish wish = Wish::none;
  signalfd_siginfo info{};
  while (read(fd_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    const bool reload = info.ssi_signo == static_cast<std::uint32_t>(SIGHUP);
    wish = reload && wish != Wish::stop ? Wish::reload : Wish::stop;
  }
  return wish;
}

void ignore_broken_pipes() {
  struct sigaction ignore{};
  ignore.sa_handler = SIG_IGN;
  MUSTER_ASSERT(sigaction(SIGPIPE, &ignore, nullptr) == 0);
}

}  // namespace muster::cli
