// What the connections of one server share: its loop, its bounds, the handler, and who is there.
//
// Everything here belongs to the server's thread, but the Gate: the one way in from other threads.
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "crypto/tls.h"
#include "http/listener.h"
#include "http/server.h"
#include "http/stream.h"

namespace muster::http {

class Connection;
class Hall;

using Written = std::function<void()>;

// Lets replies in while the server lives. Shared by the server and by every Answer that is out.
class Gate {
 public:
  explicit Gate(Hall& hall) : hall_(&hall) {}
  // Any thread. Nothing happens where the gate is shut.
  void deliver(std::uint64_t connection, Reply reply, Written written);
  // Where the gate is shut the stream has ended.
  void deliver_stream(std::uint64_t connection, Reply head, std::shared_ptr<Flow> flow);
  // The connection looks at its stream.
  void rouse(std::uint64_t connection);
  // The server's thread; what was delivered before is still heard.
  void shut();

 private:
  std::mutex mutex_;  // guards what follows; held only to hand over
  Hall* hall_;        // null: the server has ended
};

class Hall {
 public:
  Hall(const ServerSettings& given, Handler to_be_called, Listener door,
       std::shared_ptr<const crypto::TlsContext> tls_or_null);
  ~Hall();
  Hall(const Hall&) = delete;
  Hall& operator=(const Hall&) = delete;

  // The thread's body: serves until all has ended after close().
  void run();
  // Any thread: for connections from now on.
  void renew(std::shared_ptr<const crypto::TlsContext> tls);
  // Any thread, once: takes no more, and ends when what was handed over has been answered.
  void close();

  // ── the connections' ──
  [[nodiscard]] bool closing() const { return closing_; }
  void call_handler(std::uint64_t connection, ServerRequest request);
  // Calls it, and lets nothing out that it throws.
  static void tell(const Written& written);
  static void tell(const std::function<void(bool)>& written, bool whole);
  void ended(std::uint64_t connection);

  boost::asio::io_context context{1};
  const ServerSettings settings;
  // Null: in clear.
  [[nodiscard]] std::shared_ptr<const crypto::TlsContext> tls() const;
  ReadingRoom room;
  const SystemClock clock;
  // Relaxed: a figure for the operator, which orders nothing.
  std::atomic<std::uint32_t> connections_open{0};
  // Fixed before the thread starts.
  [[nodiscard]] std::uint16_t port() const { return listener_.port(); }

 private:
  friend class Gate;
  void accept();
  void accept_waiting();
  void accept_later();
  void welcome(Accepted accepted);
  void hear(std::uint64_t connection, Reply reply, Written written);
  void hear_stream(std::uint64_t connection, Reply head, const std::shared_ptr<Flow>& flow);
  void rouse(std::uint64_t connection);
  [[nodiscard]] std::shared_ptr<Connection> find(std::uint64_t connection) const;
  void begin_closing();
  void end_everything();
  void end_if_empty();

  mutable std::mutex tls_mutex_;  // guards what follows; held only to copy or change it
  std::shared_ptr<const crypto::TlsContext> tls_;
  const Handler handler_;
  Listener listener_;
  boost::asio::posix::stream_descriptor door_;
  boost::asio::steady_timer timer_;  // to accept again, or to end
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::shared_ptr<Gate> gate_;
  std::unordered_map<std::uint64_t, std::shared_ptr<Connection>> connections_;
  std::uint64_t connection_next_ = 1;
  bool accepting_ = false;
  bool closing_ = false;
};

// What an Answer holds: where its reply belongs.
struct Answer::Place {
  std::shared_ptr<Gate> gate;
  std::uint64_t connection = 0;
};

}  // namespace muster::http
