// The Apps and Books simulator on the network: joins Books (books.h) to an HTTP server, to the
// clock, and to whoever wants notifications.
//
// Threads: the server's, which asks Books for each request; one for time, which lets events go on
// and sends answers that were to be late; one for the posts, which may be kept waiting by a slow
// listener. One lock lies around Books; nothing is sent or posted while it is held.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "http/client.h"
#include "http/server.h"
#include "loadgen/books.h"

namespace muster::loadgen {

class BooksHost {
 public:
  struct Settings {
    http::ServerSettings server;
    http::ClientSettings client;  // of the notifications
    std::string token_file;       // written now and when the token changes; empty: nowhere
  };

  // `books` and `clock` outlive it; nobody else may use `books` meanwhile.
  [[nodiscard]] static Result<std::unique_ptr<BooksHost>, Complaint> open(const Settings& settings,
                                                                          Books& books,
                                                                          const Clock& clock);
  ~BooksHost();
  BooksHost(const BooksHost&) = delete;
  BooksHost& operator=(const BooksHost&) = delete;

  [[nodiscard]] std::uint16_t port() const { return server_->port(); }
  [[nodiscard]] std::uint32_t connections() const { return server_->connections(); }
  // Something after which nothing may be answered any more.
  [[nodiscard]] std::optional<Complaint> trouble();
  [[nodiscard]] std::string stats();

 private:
  // An answer that is to go out later, or waits for a post.
  struct Waiting {
    http::Answer to;
    BooksAnswer answer;
  };

  BooksHost(Settings settings, Books& books, const Clock& clock)
      : settings_(std::move(settings)), books_(books), clock_(clock) {}

  void answer(const http::ServerRequest& request, http::Answer to);
  void send(http::Answer to, BooksAnswer answer);
  void keep_time();
  void keep_posting();
  void told(const std::vector<BooksPost>& posts,
            const std::vector<Result<http::Response>>& responses);
  [[nodiscard]] Result<void, Complaint> write_token();
  void look_after_token();

  Settings settings_;
  Books& books_;
  const Clock& clock_;
  std::mutex mutex_;  // guards Books and what follows
  std::condition_variable time_bell_;
  std::condition_variable post_bell_;
  bool stopping_ = false;
  std::uint32_t token_generation_ = 0;
  std::optional<Complaint> trouble_;
  std::multimap<Instant, Waiting> late_;
  std::unordered_map<std::uint64_t, Waiting> tests_;  // by their post
  std::unique_ptr<http::Client> client_;
  std::thread time_thread_;
  std::thread post_thread_;
  std::unique_ptr<http::Server> server_;  // ends first: its handler uses all of the above
};

}  // namespace muster::loadgen
