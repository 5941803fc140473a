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
  say(true);
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

void Doorbell::awake() {
  say(false);
  if (rings_owed_ == 0) {
    return;  // the descriptor is empty and stays so: a turn that nobody rang costs no system call
  }
  std::uint64_t count = 0;
  if (::read(fd_, &count, sizeof count) == sizeof count) {
    MUSTER_ASSERT(count <= rings_owed_);
    rings_owed_ -= count;
  }
  // Otherwise EAGAIN: a ringer is between taking the flag and its write. A later awake() reads it.
}

// Who takes a true flag away writes once, so a flag that has gone is one ring to read. An atomic
// that ring() sets after its write would not do: the write wakes the owner, who would find nothing
// said, sleep on a readable descriptor and turn idly until the ringer gets a core again.
void Doorbell::say(bool dozing) {
  const bool untouched = dozing_.exchange(dozing, std::memory_order_seq_cst);
  rings_owed_ += said_dozing_ && !untouched ? 1 : 0;
  said_dozing_ = dozing;
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
