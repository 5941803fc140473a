// Names to addresses, off the reactor's thread, because getaddrinfo blocks.
//
// One thread, started with the first question, answers in order; DNS is asked anew for each. The
// answers wait behind a mutex that is taken a few times a connection, never a job. The destructor
// joins the thread, and so may wait for the one question that getaddrinfo has in hand.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/thread.h"
#include "reactor/address.h"
#include "wire/network.h"

namespace muster::reactor {

using LookUp = std::function<Result<std::vector<Address>>(const std::string&, std::uint16_t)>;

struct Resolved {
  wire::ConnectionId connection = 0;
  Result<std::vector<Address>> addresses;
};

// Owned by a Network and used by its thread.
class Resolver {
 public:
  explicit Resolver(LookUp look_up) : look_up_(std::move(look_up)) {}
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  void ask(wire::ConnectionId connection, const std::string& host, std::uint16_t port);
  // Questions asked whose answers have not been taken.
  [[nodiscard]] std::size_t open() const { return open_; }
  // Appends the answers that are there.
  void take(std::vector<Resolved>& answers);
  // Rings for each answer, where its owner dozes (base/thread.h).
  [[nodiscard]] Doorbell& bell() { return bell_; }

 private:
  struct Question {
    wire::ConnectionId connection = 0;
    std::string host;
    std::uint16_t port = 0;
  };
  void answer_all();  // the thread

  const LookUp look_up_;
  std::size_t open_ = 0;
  Doorbell bell_;
  std::mutex mutex_;
  std::condition_variable asked_;
  std::deque<Question> questions_;  // under mutex_
  std::vector<Resolved> answers_;   // under mutex_
  bool ending_ = false;             // under mutex_
  std::thread thread_;
};

}  // namespace muster::reactor
