#include "reactor/resolver.h"

#include <iterator>
#include <utility>

#include "base/assert.h"

namespace muster::reactor {

Resolver::~Resolver() {
  if (!thread_.joinable()) {
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  asked_.notify_one();
  thread_.join();
}

void Resolver::ask(wire::ConnectionId connection, const std::string& host, std::uint16_t port) {
  {
    const std::lock_guard lock(mutex_);
    questions_.push_back(Question{connection, host, port});
  }
  ++open_;
  asked_.notify_one();
  if (!thread_.joinable()) {
    thread_ = start_thread("muster-resolver", [this] { answer_all(); });
  }
}

void Resolver::take(std::vector<Resolved>& answers) {
  const std::lock_guard lock(mutex_);
  MUSTER_ASSERT(answers_.size() <= open_);
  open_ -= answers_.size();
  answers.insert(answers.end(), std::make_move_iterator(answers_.begin()),
                 std::make_move_iterator(answers_.end()));
  answers_.clear();
}

void Resolver::answer_all() {
  std::unique_lock lock(mutex_);
  while (true) {
    asked_.wait(lock, [this] { return ending_ || !questions_.empty(); });
    if (ending_) {
      return;
    }
    const Question question = std::move(questions_.front());
    questions_.pop_front();
    lock.unlock();
    auto found = look_up_(question.host, question.port);
    lock.lock();
    answers_.push_back(Resolved{question.connection, std::move(found)});
    lock.unlock();
    bell_.ring();
    lock.lock();
  }
}

}  // namespace muster::reactor
