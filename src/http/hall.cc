#include "http/hall.h"

#include <boost/asio/post.hpp>
#include <cerrno>
#include <exception>
#include <typeinfo>
#include <utility>
#include <vector>

#include "base/log.h"
#include "http/connection.h"
#include "http/flow.h"
#include "http/reply_text.h"

namespace muster::http {
namespace {

using boost::asio::posix::stream_descriptor;

// How many are let in before others have a turn.
constexpr int welcomed_at_once = 64;
// After the kernel had no descriptor or memory for another connection.
constexpr Duration accept_again_after = std::chrono::milliseconds(100);
// What was handed over when the server ends has so long to be answered.
constexpr Duration closing_patience = std::chrono::seconds(2);

bool is_about_one_client(int os_error) {
  return os_error == ECONNABORTED || os_error == EPROTO || os_error == EINTR || os_error == EPERM;
}

}  // namespace

Hall::Hall(const ServerSettings& given, Handler to_be_called, Listener door,
           std::shared_ptr<const crypto::TlsContext> tls_or_null)
    : settings(given),
      tls_(std::move(tls_or_null)),
      handler_(std::move(to_be_called)),
      listener_(std::move(door)),
      door_(context, listener_.release()),
      timer_(context),
      work_(context.get_executor()),
      gate_(std::make_shared<Gate>(*this)) {
  accept();
}

Hall::~Hall() = default;

void Hall::run() {
  context.run();
}

void Hall::renew(std::shared_ptr<const crypto::TlsContext> tls) {
  const std::lock_guard lock(tls_mutex_);
  tls_.swap(tls);
}

std::shared_ptr<const crypto::TlsContext> Hall::tls() const {
  const std::lock_guard lock(tls_mutex_);
  return tls_;
}

void Hall::close() {
  boost::asio::post(context, [this] { begin_closing(); });
}

// ── letting in ──

void Hall::accept() {
  if (accepting_ || closing_ || connections_.size() >= settings.connections_max) {
    return;
  }
  accepting_ = true;
  door_.async_wait(stream_descriptor::wait_read, [this](boost::system::error_code stopped) {
    accepting_ = false;
    if (!stopped && !closing_) {
      accept_waiting();
    }
  });
}

void Hall::accept_waiting() {
  for (int n = 0; n < welcomed_at_once && connections_.size() < settings.connections_max; ++n) {
    auto accepted = accept_from(door_.native_handle());
    if (accepted.fd >= 0) {
      welcome(std::move(accepted));
      continue;
    }
    if (is_about_one_client(accepted.os_error)) {
      continue;
    }
    if (accepted.os_error != EAGAIN && accepted.os_error != EWOULDBLOCK) {
      log::warning("http", "cannot accept",
                   {{"why", words(error_of_errno(accepted.os_error))},
                    {"connections", static_cast<std::int64_t>(connections_.size())}});
      accept_later();
      return;
    }
    break;
  }
  accept();
}

// The door stays readable: to wait for it again at once would be a busy loop.
void Hall::accept_later() {
  accepting_ = true;
  timer_.expires_after(accept_again_after);
  timer_.async_wait([this](boost::system::error_code stopped) {
    if (!stopped && !closing_) {
      accepting_ = false;
      accept();
    }
  });
}

void Hall::welcome(Accepted accepted) {
  const auto id = connection_next_++;
  const auto connection = std::make_shared<Connection>(*this, id, std::move(accepted));
  connections_.emplace(id, connection);
  connections_open.store(static_cast<std::uint32_t>(connections_.size()),
                         std::memory_order_relaxed);
  connection->start();
}

void Hall::ended(std::uint64_t connection) {
  connections_.erase(connection);
  connections_open.store(static_cast<std::uint32_t>(connections_.size()),
                         std::memory_order_relaxed);
  accept();
  end_if_empty();
}

// ── the handler and its replies ──

void Hall::call_handler(std::uint64_t connection, ServerRequest request) {
  // What an exception says may hold what the request held: its type must do.
  const char* thrown = nullptr;
  try {
    Answer answer(std::make_shared<Answer::Place>(Answer::Place{gate_, connection}));
    handler_(std::move(request), std::move(answer));
  } catch (const std::exception& exception) {
    thrown = typeid(exception).name();
  } catch (...) {
    thrown = "unknown";
  }
  if (thrown != nullptr) {
    log::error("http", "a handler threw", {{"type", thrown}});
  }
}

void Hall::tell(const Written& written) {
  if (written == nullptr) {
    return;
  }
  const char* thrown = nullptr;
  try {
    written();
  } catch (const std::exception& exception) {
    thrown = typeid(exception).name();
  } catch (...) {
    thrown = "unknown";
  }
  if (thrown != nullptr) {
    log::error("http", "a callback threw", {{"type", thrown}});
  }
}

void Hall::tell(const std::function<void(bool)>& written, bool whole) {
  if (written != nullptr) {
    tell([&] { written(whole); });
  }
}

// Held by whoever asks: it may end in the middle of what is done with it.
std::shared_ptr<Connection> Hall::find(std::uint64_t connection) const {
  const auto found = connections_.find(connection);
  return found == connections_.end() ? nullptr : found->second;
}

void Hall::hear(std::uint64_t connection, Reply reply, Written written) {
  if (const auto found = find(connection)) {
    found->answer(std::move(reply), std::move(written));
  } else {
    tell(written);
  }
}

void Hall::hear_stream(std::uint64_t connection, Reply head, const std::shared_ptr<Flow>& flow) {
  if (const auto found = find(connection)) {
    found->stream(std::move(head), flow);
  } else {
    flow->end();
  }
}

void Hall::rouse(std::uint64_t connection) {
  if (const auto found = find(connection)) {
    found->look_at_flow();
  }
}

// ── ending ──

void Hall::begin_closing() {
  closing_ = true;
  boost::system::error_code ignored;
  door_.close(ignored);
  std::vector<std::shared_ptr<Connection>> all;
  all.reserve(connections_.size());
  for (const auto& [id, connection] : connections_) {
    all.push_back(connection);
  }
  for (const auto& connection : all) {
    connection->retire();
  }
  timer_.expires_after(closing_patience);
  timer_.async_wait([this](boost::system::error_code stopped) {
    if (!stopped) {
      end_everything();
    }
  });
  end_if_empty();
}

void Hall::end_everything() {
  while (!connections_.empty()) {
    const auto kept = connections_.begin()->second;
    kept->close();
  }
}

// The loop ends by itself when nothing is left to wait for; what came through the gate before it
// was shut has its turn until then.
void Hall::end_if_empty() {
  if (closing_ && connections_.empty()) {
    gate_->shut();
    timer_.cancel();
    work_.reset();
  }
}

}  // namespace muster::http
