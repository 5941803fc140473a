#include "loadgen/books_host.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include "base/thread.h"

namespace muster::loadgen {
namespace {

constexpr Duration nap_max = std::chrono::seconds(1);

// A file for its owner alone, whole or not at all.
Result<void, Complaint> write_secret(const std::string& file, const std::string& text) {
  const auto draft = file + ".new";
  ::unlink(draft.c_str());
  const int fd = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const auto line = text + '\n';
  const bool whole =
      fd >= 0 && ::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  if (fd >= 0) {
    ::close(fd);
  }
  if (!whole || std::rename(draft.c_str(), file.c_str()) != 0) {
    Complaint complaint;
    complaint.file = file;
    complaint.found = "cannot write the token: " + std::generic_category().message(errno);
    complaint.cause = error_of_errno(errno);
    return tl::unexpected(std::move(complaint));
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<BooksHost>, Complaint> BooksHost::open(const Settings& settings,
                                                              Books& books, const Clock& clock) {
  std::unique_ptr<BooksHost> host(new BooksHost(settings, books, clock));
  if (auto written = host->write_token(); !written) {
    return tl::unexpected(written.error());
  }
  auto client = http::Client::open(settings.client);
  if (!client) {
    return tl::unexpected(client.error());
  }
  host->client_ = std::move(*client);
  auto* self = host.get();
  host->time_thread_ = start_thread("books-time", [self] { self->keep_time(); });
  host->post_thread_ = start_thread("books-post", [self] { self->keep_posting(); });
  auto server = http::Server::open(settings.server,
                                   [self](const http::ServerRequest& request, http::Answer to) {
                                     self->answer(request, std::move(to));
                                   });
  if (!server) {
    return tl::unexpected(server.error());
  }
  host->server_ = std::move(*server);
  return host;
}

BooksHost::~BooksHost() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    // Whoever waits still is not answered by a server that goes.
    late_.clear();
    tests_.clear();
  }
  server_.reset();
  time_bell_.notify_all();
  post_bell_.notify_all();
  if (client_ != nullptr) {
    client_->interrupt();
  }
  for (auto* thread : {&time_thread_, &post_thread_}) {
    if (thread->joinable()) {
      thread->join();
    }
  }
}

// ── requests ──

void BooksHost::answer(const http::ServerRequest& request, http::Answer to) {
  std::unique_lock lock(mutex_);
  const auto now = clock_.now();
  auto answer = books_.answer(request, now);
  look_after_token();
  if (books_.trouble()) {
    trouble_ = books_.trouble();
  }
  time_bell_.notify_one();
  post_bell_.notify_one();
  if (trouble_) {
    return;  // 500: what is not journaled is not said
  }
  if (answer.test != 0 && !answer.hang_up) {
    const auto test = answer.test;
    tests_.emplace(test, Waiting{std::move(to), std::move(answer)});
  } else if (answer.delay > Duration::zero()) {
    const auto due = now + answer.delay;
    late_.emplace(due, Waiting{std::move(to), std::move(answer)});
  } else {
    lock.unlock();
    send(std::move(to), std::move(answer));
  }
}

void BooksHost::send(http::Answer to, BooksAnswer answer) {
  std::function<void()> written;
  if (answer.list) {
    written = [this] {
      const std::lock_guard lock(mutex_);
      books_.list_done();
    };
  }
  if (answer.hang_up) {
    to.hang_up(std::move(written));
  } else {
    to.send(std::move(answer.reply), std::move(written));
  }
}

// ── time ──

void BooksHost::keep_time() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const auto now = clock_.now();
    books_.advance(now);
    if (books_.trouble()) {
      trouble_ = books_.trouble();
    }
    std::vector<Waiting> due;
    while (!late_.empty() && late_.begin()->first <= now) {
      due.push_back(std::move(late_.begin()->second));
      late_.erase(late_.begin());
    }
    if (!due.empty()) {
      lock.unlock();
      for (auto& each : due) {
        send(std::move(each.to), std::move(each.answer));
      }
      lock.lock();
      continue;
    }
    post_bell_.notify_one();
    auto next = books_.next_event();
    if (!late_.empty()) {
      next = std::min(next, late_.begin()->first);
    }
    time_bell_.wait_for(lock, std::clamp(next - now, Duration(1'000'000), nap_max));
  }
}

// ── notifications ──

void BooksHost::keep_posting() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const auto now = clock_.now();
    const auto posts = books_.take_posts(now);
    if (posts.empty()) {
      const auto wait = books_.next_post() - now;
      post_bell_.wait_for(lock, std::clamp(wait, Duration(1'000'000), nap_max));
      continue;
    }
    lock.unlock();
    std::vector<http::Request> requests;
    requests.reserve(posts.size());
    for (const auto& post : posts) {
      requests.push_back(post.request);
    }
    const auto responses = client_->exchange(requests);
    told(posts, responses);
    lock.lock();
  }
}

void BooksHost::told(const std::vector<BooksPost>& posts,
                     const std::vector<Result<http::Response>>& responses) {
  std::vector<Waiting> ready;
  {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < posts.size(); ++i) {
      const bool delivered = responses[i] && responses[i]->status / 100 == 2;
      auto answer = books_.posted(posts[i].number, delivered, clock_.now());
      const auto waits = tests_.find(posts[i].number);
      if (answer && waits != tests_.end()) {
        waits->second.answer.reply = std::move(answer->reply);
        ready.push_back(std::move(waits->second));
        tests_.erase(waits);
      }
    }
  }
  for (auto& each : ready) {
    send(std::move(each.to), std::move(each.answer));
  }
}

// ── the token's file, and the last word ──

Result<void, Complaint> BooksHost::write_token() {
  token_generation_ = books_.token().generation();
  return settings_.token_file.empty() ? Result<void, Complaint>()
                                      : write_secret(settings_.token_file, books_.token().text());
}

// A fault has made the token void: an administrator downloads the next one.
void BooksHost::look_after_token() {
  if (books_.token().generation() != token_generation_) {
    if (auto written = write_token(); !written) {
      trouble_ = written.error();
    }
  }
}

std::optional<Complaint> BooksHost::trouble() {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

std::string BooksHost::stats() {
  const std::lock_guard lock(mutex_);
  return books_.stats();
}

}  // namespace muster::loadgen
