#include "base/thread.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <utility>

#include "base/assert.h"

namespace muster {

Doorbell::Doorbell() : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  MUSTER_ASSERT(fd_ >= 0);
}

Doorbell::~Doorbell() {
  ::close(fd_);
}

void Doorbell::ring() {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (dozing_.exchange(false, std::memory_order_seq_cst)) {
    const std::uint64_t one = 1;
    const auto written = ::write(fd_, &one, sizeof one);
    MUSTER_ASSERT(written == sizeof one);
  }
}

void Doorbell::doze() {
  dozing_.store(true, std::memory_order_seq_cst);
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

void Doorbell::awake() {
  dozing_.store(false, std::memory_order_seq_cst);
  std::uint64_t count = 0;
  const auto read = ::read(fd_, &count, sizeof count);  // EAGAIN where nobody rang
  (void)read;
}

void Doorbell::wait(Duration most) {
  pollfd waiting{fd_, POLLIN, 0};
  const timespec limit{most.count() / 1'000'000'000, most.count() % 1'000'000'000};
  ::ppoll(&waiting, 1, &limit, nullptr);
}

std::thread start_thread(const std::string& name, std::function<void()> body) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread([name = name.substr(0, 15), body = std::move(body)] {
    ::pthread_setname_np(::pthread_self(), name.c_str());
    body();
  });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace muster
