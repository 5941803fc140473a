#include "console/workers.h"

#include <limits>
#include <utility>

#include "base/thread.h"

namespace muster::console {

bool Lane::put(Work work) {
  return add(std::move(work), waiting_max_);
}

bool Lane::again(Work work) {
  return add(std::move(work), std::numeric_limits<std::size_t>::max());
}

bool Lane::add(Work work, std::size_t waiting_max) {
  {
    const std::lock_guard guard(mutex_);
    if (closed_ || waiting_.size() >= waiting_max) {
      return false;
    }
    waiting_.push_back(std::move(work));
  }
  woken_.notify_one();
  return true;
}

void Lane::close() {
  std::deque<Work> dropped;  // ends outside of the lock: it may hold answers
  {
    const std::lock_guard guard(mutex_);
    closed_ = true;
    dropped.swap(waiting_);
  }
  woken_.notify_all();
}

void Lane::run() {
  for (;;) {
    Work work;
    {
      std::unique_lock guard(mutex_);
      woken_.wait(guard, [this] { return closed_ || !waiting_.empty(); });
      if (closed_) {
        return;
      }
      work = std::move(waiting_.front());
      waiting_.pop_front();
    }
    work();
  }
}

Workers::Workers(const Plan& plan)
    : quick_(std::make_shared<Lane>(plan.quick_waiting_max)),
      slow_(std::make_shared<Lane>(plan.slow_waiting_max)) {
  start(quick_, plan.quick_threads, "console-quick");
  start(slow_, plan.slow_threads, "console-slow");
}

Workers::~Workers() {
  quick_->close();
  slow_->close();
  for (auto& thread : threads_) {
    thread.join();
  }
}

void Workers::start(const std::shared_ptr<Lane>& lane, std::size_t threads,
                    const std::string& name) {
  for (std::size_t i = 0; i < threads; ++i) {
    threads_.push_back(start_thread(name, [lane] { lane->run(); }));
  }
}

}  // namespace muster::console
