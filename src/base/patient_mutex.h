// A mutex that can be asked for with a patience, as std::timed_mutex: made of a mutex and a
// condition, because that one locks by pthread_mutex_clocklock, of which GCC 12's ThreadSanitizer
// knows nothing. For locks held long (an import) and asked for seldom.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace muster {

class PatientMutex {
 public:
  void lock() {
    std::unique_lock guard(mutex_);
    freed_.wait(guard, [this] { return !held_; });
    held_ = true;
  }

  // False: somebody else held it all the while.
  template <typename Rep, typename Period>
  bool try_lock_for(std::chrono::duration<Rep, Period> patience) {
    std::unique_lock guard(mutex_);
    if (!freed_.wait_for(guard, patience, [this] { return !held_; })) {
      return false;
    }
    held_ = true;
    return true;
  }

  void unlock() {
    const std::lock_guard guard(mutex_);
    held_ = false;
    freed_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable freed_;
  bool held_ = false;
};

}  // namespace muster
