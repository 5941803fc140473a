// The threads that answer requests: two lanes, so that what takes long never keeps what is quick.
//
// The HTTP server's thread only puts work into a lane; a lane that is full takes no more, and the
// request is answered 503. Work that has begun and goes on by steps (an export, a page at a time)
// puts each further step with again(), which always fits: as many steps wait as works go on, and
// whoever begins them bounds those.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace muster::console {

// A queue with threads behind it. May outlive them: then it takes nothing. Any thread.
class Lane {
 public:
  using Work = std::function<void()>;
  explicit Lane(std::size_t waiting_max) : waiting_max_(waiting_max) {}

  [[nodiscard]] bool put(Work work);    // false: full, or closed
  [[nodiscard]] bool again(Work work);  // false: closed
  // What waits is dropped, and nothing more is taken.
  void close();
  // Works until it is closed: for the lane's threads.
  void run();

 private:
  [[nodiscard]] bool add(Work work, std::size_t waiting_max);

  const std::size_t waiting_max_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable woken_;
  std::deque<Work> waiting_;
  bool closed_ = false;
};

class Workers {
 public:
  struct Plan {
    std::size_t quick_threads = 2;
    std::size_t quick_waiting_max = 256;
    std::size_t slow_threads = 1;  // imports, passwords, exports
    std::size_t slow_waiting_max = 32;
  };
  explicit Workers(const Plan& plan);
  // Finishes what is under way; drops what waits.
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  [[nodiscard]] const std::shared_ptr<Lane>& quick() const { return quick_; }
  [[nodiscard]] const std::shared_ptr<Lane>& slow() const { return slow_; }

 private:
  void start(const std::shared_ptr<Lane>& lane, std::size_t threads, const std::string& name);

  const std::shared_ptr<Lane> quick_;
  const std::shared_ptr<Lane> slow_;
  std::vector<std::thread> threads_;
};

}  // namespace muster::console
