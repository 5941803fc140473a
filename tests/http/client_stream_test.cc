// The client where a body comes piece by piece, and by a file in place of the network.
#include <gtest/gtest.h>

#include <mutex>
#include <thread>

#include "http/client.h"
#include "tests/http/folder.h"
#include "tests/http/serving.h"

namespace muster::http {
namespace {

using std::chrono::milliseconds;

class HttpClientStream : public Serving {
 protected:
  HttpClientStream() : client(opened_client({})) {}
  static std::unique_ptr<Client> opened_client(const ClientSettings& settings) {
    auto made = Client::open(settings);
    if (!made) {
      ADD_FAILURE() << made.error().line_of_text();
      return nullptr;
    }
    return std::move(*made);
  }
  [[nodiscard]] Request request() const {
    Request made;
    made.url = "http://127.0.0.1:" + std::to_string(server->port()) + "/";
    made.patience = std::chrono::seconds(20);
    return made;
  }
  // Takes everything.
  TakePiece all_to(std::string& text) {
    return [&text](std::string_view piece) {
      text += piece;
      return true;
    };
  }
  static ErrorCode trouble_of(const Result<Response>& result) {
    return result ? ErrorCode::none : result.error().code;
  }
  [[nodiscard]] std::string heard_so_far() {
    const std::lock_guard lock(heard_mutex);
    return heard;
  }
  std::unique_ptr<Client> client;
  std::mutex heard_mutex;  // where two threads look at what was heard
  std::string heard;
};

TEST_F(HttpClientStream, HandsOnEachPieceAsItComes) {
  serve_by_hand();
  std::thread answering([&] {
    auto call = calls.take();
    auto outflow = call.answer.stream({202, {{"X-Name", "1"}}, "one"});
    while (heard_so_far() != "one") {
      std::this_thread::yield();
    }
    outflow.send("two");
    while (heard_so_far() != "onetwo") {
      std::this_thread::yield();
    }
    outflow.finish();
  });
  const auto response = client->stream(request(), [&](std::string_view piece) {
    const std::lock_guard lock(heard_mutex);
    heard += piece;
    return true;
  });
  answering.join();
  ASSERT_TRUE(response.has_value()) << words(response.error());
  EXPECT_EQ(response->status, 202);
  EXPECT_EQ(field(response->fields, "X-Name"), "1");
  EXPECT_EQ(response->body, "");
}

TEST_F(HttpClientStream, IsNotBoundedInLength) {
  handler = [](const ServerRequest&, Answer answer) {
    answer.send(reply_of(std::string(4UL * 1024 * 1024, 'x')));
  };
  serve();
  ClientSettings wanted;
  wanted.body_bytes_max = 1000;
  client = opened_client(wanted);
  EXPECT_TRUE(client->stream(request(), all_to(heard)).has_value());
  EXPECT_EQ(heard.size(), 4UL * 1024 * 1024);
  // What is not streamed is bounded as before.
  const auto asked = request();
  EXPECT_EQ(trouble_of(client->exchange({&asked, 1}).front()), ErrorCode::protocol);
}

TEST_F(HttpClientStream, EndsWhereNoMoreIsWanted) {
  serve_by_hand();
  std::thread answering([&] {
    auto outflow = calls.take().answer.stream(reply_of("one"));
    while (!outflow.gone()) {
      std::this_thread::yield();
    }
  });
  int pieces = 0;
  const auto response = client->stream(request(), [&](std::string_view) {
    ++pieces;
    return false;
  });
  answering.join();
  ASSERT_TRUE(response.has_value()) << words(response.error());
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(pieces, 1);
}

TEST_F(HttpClientStream, SaysWhereABodyIsNotWhole) {
  serve_by_hand();
  std::thread answering([&] {
    auto outflow = calls.take().answer.stream(reply_of(""));
    Event written;
    outflow.send("half", [&](bool) { written.happen(); });
    EXPECT_TRUE(written.wait());
  });
  EXPECT_EQ(trouble_of(client->stream(request(), all_to(heard))), ErrorCode::connection_reset);
  answering.join();
  EXPECT_EQ(heard, "half");
}

TEST_F(HttpClientStream, WaitsNoLongerThanItsPatience) {
  serve_by_hand();
  auto asked = request();
  asked.patience = milliseconds(100);
  EXPECT_EQ(trouble_of(client->stream(asked, all_to(heard))), ErrorCode::connection_silent);
  static_cast<void>(calls.take());
}

TEST_F(HttpClientStream, WaitsForEverWithoutPatienceAndUntilItIsInterrupted) {
  serve_by_hand();
  auto asked = request();
  asked.patience = Duration::zero();
  std::thread interrupting([&] {
    auto outflow = calls.take().answer.stream(reply_of("x"));
    client->interrupt();
    while (!outflow.gone()) {
      std::this_thread::yield();
    }
  });
  EXPECT_EQ(trouble_of(client->stream(asked, all_to(heard))), ErrorCode::connection_closed);
  client = opened_client({});  // its connection ends
  interrupting.join();
}

TEST_F(HttpClientStream, LetsNothingThrownThrough) {
  serve();
  testing::internal::CaptureStderr();
  const auto result = client->stream(
      request(), [](std::string_view) -> bool { throw std::runtime_error("secret"); });
  const auto log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(trouble_of(result), ErrorCode::protocol);
  EXPECT_NE(log.find("a callback threw"), std::string::npos) << log;
  EXPECT_EQ(log.find("secret"), std::string::npos) << log;
}

TEST_F(HttpClientStream, KeepsBodiesAgainAfterwards) {
  serve();
  EXPECT_TRUE(client->stream(request(), all_to(heard)).has_value());
  const auto asked = request();
  const auto kept = client->exchange({&asked, 1});
  ASSERT_TRUE(kept.front().has_value());
  EXPECT_EQ(kept.front()->body, "GET /?|");
  EXPECT_EQ(heard, "GET /?|");
}

// ── by a file ──

class HttpClientByFile : public HttpClientStream {
 protected:
  HttpClientByFile() { settings.listen = "unix:" + (folder / "muster.sock"); }
  [[nodiscard]] Request by(const std::string& file) const {
    Request made;
    made.url = "http://muster/a?b";
    made.unix_socket = file;
    return made;
  }
  Folder folder;
};

TEST_F(HttpClientByFile, AsksWhoeverListensThere) {
  serve();
  const auto asked = by(folder / "muster.sock");
  const auto results = client->exchange({&asked, 1});
  ASSERT_TRUE(results.front().has_value()) << words(results.front().error());
  EXPECT_EQ(results.front()->body, "GET /a?b|");
  EXPECT_TRUE(client->stream(asked, all_to(heard)).has_value());
  EXPECT_EQ(heard, "GET /a?b|");
}

TEST_F(HttpClientByFile, GoesBackToTheNetworkWithTheNextRequest) {
  serve();
  settings.listen = "127.0.0.1:0";
  const auto by_network = opened(settings, echo);
  auto asked = by(folder / "muster.sock");
  EXPECT_TRUE(client->exchange({&asked, 1}).front().has_value());
  asked.unix_socket.clear();
  asked.url = "http://127.0.0.1:" + std::to_string(by_network->port()) + "/network";
  const auto results = client->exchange({&asked, 1});
  ASSERT_TRUE(results.front().has_value());
  EXPECT_EQ(results.front()->body, "GET /network?|");
}

TEST_F(HttpClientByFile, SaysWhereNobodyListens) {
  serve();
  const std::string nul("a\0b", 3);
  for (const auto& file : {folder / "nobody.sock", folder / std::string(200, 'x'), nul}) {
    const auto asked = by(file);
    EXPECT_FALSE(client->exchange({&asked, 1}).front().has_value()) << file;
  }
}

}  // namespace
}  // namespace muster::http
