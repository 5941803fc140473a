// Lets so many in at once; the others wait. Any thread.
//
// Not std::counting_semaphore: that of g++ 12 can lose a wake-up (GCC bug 104928).
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace muster::console {

class Gate {
 public:
  explicit Gate(std::uint32_t places) : free_(places) {}

  // Inside for as long as it lives.
  class Pass {
   public:
    explicit Pass(Gate& gate) : gate_(gate) {
      std::unique_lock lock(gate_.mutex_);
      gate_.left_.wait(lock, [this] { return gate_.free_ > 0; });
      --gate_.free_;
    }
    ~Pass() {
      const std::lock_guard lock(gate_.mutex_);
      ++gate_.free_;
      gate_.left_.notify_one();
    }
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;

   private:
    Gate& gate_;
  };

 private:
  std::mutex mutex_;  // guards free_
  std::condition_variable left_;
  std::uint32_t free_;
};

}  // namespace muster::console
