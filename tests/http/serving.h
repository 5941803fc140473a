// A server in a test's hand: what its handler was given, in order, and who answers it.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "http/server.h"
#include "tests/http/raw_socket.h"

namespace muster::http {

inline Reply reply_of(std::string body, std::uint16_t status = 200) {
  return Reply{status, {{"Content-Type", "text/plain"}}, std::move(body)};
}

// Calls that wait for the test to take and answer them.
class Calls {
 public:
  struct Call {
    ServerRequest request;
    Answer answer;
  };
  void put(ServerRequest request, Answer answer) {
    const std::lock_guard lock(mutex_);
    calls_.push_back({std::move(request), std::move(answer)});
    came_.notify_all();
  }
  // The next; waits for it. Ends the test program where none comes: there is nothing to go on with.
  Call take() {
    std::unique_lock lock(mutex_);
    const bool came =
        came_.wait_for(lock, std::chrono::seconds(20), [&] { return !calls_.empty(); });
    if (!came) {
      ADD_FAILURE() << "no call came";
      std::abort();
    }
    Call call = std::move(calls_.front());
    calls_.pop_front();
    return call;
  }
  [[nodiscard]] bool empty() {
    const std::lock_guard lock(mutex_);
    return calls_.empty();
  }

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::deque<Call> calls_;
};

// Something that happens once, on whichever thread.
class Event {
 public:
  void happen() {
    const std::lock_guard lock(mutex_);
    happened_ = true;
    changed_.notify_all();
  }
  // False: not within 20 seconds.
  [[nodiscard]] bool wait() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return happened_; });
  }
  [[nodiscard]] bool happened() {
    const std::lock_guard lock(mutex_);
    return happened_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool happened_ = false;
};

// Opens, or fails the test with the complaint's words.
inline std::unique_ptr<Server> opened(const ServerSettings& settings, Handler handler) {
  auto server = Server::open(settings, std::move(handler));
  if (!server) {
    ADD_FAILURE() << server.error().line_of_text();
    return nullptr;
  }
  return std::move(*server);
}

// The line of a complaint that must come.
inline std::string complaint_of(const ServerSettings& settings) {
  const auto server = Server::open(settings, [](ServerRequest, Answer) {});
  return server ? "none" : server.error().line_of_text();
}

// A server whose handler says back what it was given: "METHOD path?query|body".
inline void echo(ServerRequest request,
                 Answer answer) {  // NOLINT(performance-unnecessary-value-param): a Handler
  answer.send(
      reply_of(request.method + " " + request.path + "?" + request.query + "|" + request.body));
}

class Serving : public testing::Test {
 protected:
  Serving() {
    settings.listen = "127.0.0.1:0";
    handler = echo;
  }
  void serve() { server = opened(settings, handler); }
  // Handlers only put down what they were given; the test answers.
  void serve_by_hand() {
    handler = [this](ServerRequest request, Answer answer) {
      calls.put(std::move(request), std::move(answer));
    };
    serve();
  }
  [[nodiscard]] RawSocket connect() const { return RawSocket::to_port(server->port()); }
  // What comes back to these bytes until the server ends the connection.
  [[nodiscard]] std::string said_to(std::string_view bytes) const {
    const auto socket = connect();
    socket.write(bytes);
    return socket.read_all();
  }

  ServerSettings settings;
  Handler handler;
  Calls calls;
  std::unique_ptr<Server> server;
};

inline const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
inline const std::string get_last = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

}  // namespace muster::http
