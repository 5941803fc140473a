#include <boost/asio/post.hpp>
#include <utility>

#include "base/assert.h"
#include "http/flow.h"
#include "http/hall.h"
#include "http/reply_text.h"

namespace muster::http {

Answer::Answer(std::shared_ptr<Place> place) : place_(std::move(place)) {}
Answer::Answer(Answer&& other) noexcept = default;

Answer& Answer::operator=(Answer&& other) noexcept {
  if (this != &other) {
    const Answer dropped(std::exchange(place_, std::exchange(other.place_, nullptr)));
  }
  return *this;
}

Answer::~Answer() {
  if (place_ != nullptr) {
    send(problem(500));
  }
}

void Answer::send(Reply reply, std::function<void()> written) {
  MUSTER_ASSERT(place_ != nullptr);  // at most once
  const auto place = std::exchange(place_, nullptr);
  place->gate->deliver(place->connection, std::move(reply), std::move(written));
}

Outflow Answer::stream(Reply head) {
  MUSTER_ASSERT(place_ != nullptr);  // at most once
  const auto place = std::exchange(place_, nullptr);
  const auto flow = std::make_shared<Flow>(place->gate, place->connection);
  auto first = std::exchange(head.body, {});
  place->gate->deliver_stream(place->connection, std::move(head), flow);
  Outflow outflow(flow);
  if (!first.empty()) {
    outflow.send(std::move(first));
  }
  return outflow;
}

void Answer::hang_up(std::function<void()> ended) {
  Reply none;
  none.status = no_reply;
  send(std::move(none), std::move(ended));
}

void Gate::deliver(std::uint64_t connection, Reply reply, Written written) {
  const std::lock_guard lock(mutex_);
  if (hall_ == nullptr) {
    return;
  }
  boost::asio::post(hall_->context, [hall = hall_, connection, reply = std::move(reply),
                                     written = std::move(written)]() mutable {
    hall->hear(connection, std::move(reply), std::move(written));
  });
}

void Gate::deliver_stream(std::uint64_t connection, Reply head, std::shared_ptr<Flow> flow) {
  const std::lock_guard lock(mutex_);
  if (hall_ == nullptr) {
    flow->end();  // nothing waits in it yet: nobody is called
    return;
  }
  boost::asio::post(hall_->context, [hall = hall_, connection, head = std::move(head),
                                     flow = std::move(flow)]() mutable {
    hall->hear_stream(connection, std::move(head), flow);
  });
}

void Gate::rouse(std::uint64_t connection) {
  const std::lock_guard lock(mutex_);
  if (hall_ != nullptr) {
    boost::asio::post(hall_->context, [hall = hall_, connection] { hall->rouse(connection); });
  }
}

void Gate::shut() {
  const std::lock_guard lock(mutex_);
  hall_ = nullptr;
}

}  // namespace muster::http
