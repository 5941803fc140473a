// A server that keeps one upload as ours does, and has the troubles that a test wants.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <charconv>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "cli/remote_link.h"
#include "http/server.h"

namespace muster::cli {

class UploadServer : public testing::Test {
 protected:
  // What becomes of a request for a piece, or for how the upload stands.
  enum class Fate : std::uint8_t {
    done,
    lost,     // the connection ends before anything was kept
    unheard,  // the piece is kept, and the connection ends before that is said
    busy,     // 503
    gone,     // 404
    odd,      // 200, with something else
  };

  UploadServer() {
    std::string pattern = testing::TempDir() + "muster-upload-XXXXXX";
    dir_ = ::mkdtemp(pattern.data());
  }
  ~UploadServer() override {
    link_.reset();
    server_.reset();
    std::filesystem::remove_all(dir_);
  }

  std::string file(const std::string& name, const std::string& text) const {
    std::ofstream(dir_ + "/" + name, std::ios::binary) << text;
    return dir_ + "/" + name;
  }
  void serve() {
    http::ServerSettings settings;
    settings.listen = "127.0.0.1:0";
    auto opened =
        http::Server::open(settings, [this](http::ServerRequest request, http::Answer answer) {
          const std::lock_guard guard(mutex_);
          ++requests_;
          take(request, answer);
        });
    ASSERT_TRUE(opened.has_value()) << opened.error().line_of_text();
    server_ = std::move(*opened);
    auto link =
        RemoteLink::open({"http://127.0.0.1:" + std::to_string(server_->port()), "", "t", ""});
    ASSERT_TRUE(link);
    link_ = std::move(*link);
  }
  [[nodiscard]] std::string bytes_kept() {
    const std::lock_guard guard(mutex_);
    return kept_;
  }

  std::string dir_;
  std::mutex mutex_;  // guards what follows, between the server's thread and ours
  std::size_t requests_ = 0;
  std::string made_;                // the body that made the upload
  std::string kept_;                // the bytes of all pieces
  std::deque<Fate> fates_;          // of the next pieces and looks; done where none is left
  std::deque<std::size_t> pieces_;  // the sizes of those that came, kept or not
  std::size_t piece_bytes_max_ = 1024UL * 1024;
  std::uint16_t status_of_making_ = 201;
  std::uint16_t status_of_import_ = 200;
  std::string answer_to_import_ = "{}";
  std::string imported_;  // the query
  bool removed_ = false;
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<RemoteLink> link_;

 private:
  void take(const http::ServerRequest& request, http::Answer& answer) {
    if (request.path == "/api/v1/roster") {
      imported_ = request.query;
      answer.send({.status = status_of_import_, .fields = {}, .body = answer_to_import_});
    } else if (request.method == "POST") {
      made_ = request.body;
      answer.send({.status = status_of_making_,
                   .fields = {},
                   .body = R"({"id":"u1","piece_bytes_max":)" + std::to_string(piece_bytes_max_) +
                           R"(,"detail":"no room"})"});
    } else if (request.method == "DELETE") {
      removed_ = true;
      answer.send({.status = 204, .fields = {}, .body = {}});
    } else {
      tell(request, answer);
    }
  }
  void tell(const http::ServerRequest& request, http::Answer& answer) {
    const auto fate = fates_.empty() ? Fate::done : fates_.front();
    if (!fates_.empty()) {
      fates_.pop_front();
    }
    if (request.method == "PUT") {
      pieces_.push_back(request.body.size());
    }
    if (fate == Fate::lost) {
      answer.hang_up();
      return;
    }
    const auto offset = "{\"offset\":" + std::to_string(kept_.size()) + "}";
    if (fate == Fate::busy || fate == Fate::gone) {
      answer.send({.status = static_cast<std::uint16_t>(fate == Fate::busy ? 503 : 404),
                   .fields = {},
                   .body = R"({"detail":"not now"})"});
    } else if (fate == Fate::odd) {
      answer.send({.status = 200, .fields = {}, .body = R"({"offset":-1})"});
    } else if (request.method == "PUT" &&
               request.query != "offset=" + std::to_string(kept_.size())) {
      answer.send({.status = 409, .fields = {}, .body = offset});
    } else {
      kept_ += request.body;
      if (fate == Fate::unheard) {
        answer.hang_up();
        return;
      }
      answer.send({.status = 200,
                   .fields = {},
                   .body = "{\"offset\":" + std::to_string(kept_.size()) + "}"});
    }
  }
};

}  // namespace muster::cli
