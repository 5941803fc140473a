// The server against clients that are slow, silent, endless, broken or too many.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <vector>

#include "tests/http/serving.h"

namespace muster::http {
namespace {

using std::chrono::milliseconds;

class HttpServerBounds : public Serving {
 protected:
  HttpServerBounds() {
    settings.header_bytes_max = 1024;
    settings.body_bytes_max = 1000;
  }
  [[nodiscard]] int status_to(std::string_view bytes) const { return status_of(said_to(bytes)); }
};

const std::string begun = "POST / HTTP/1.1\r\nHost: a\r\n";

TEST_F(HttpServerBounds, AnswersAndEndsWhatIsRefused) {
  serve_by_hand();
  EXPECT_EQ(status_to("hello\r\n\r\n"), 400);
  EXPECT_EQ(status_to("GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(status_to("GET /a/../b HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(status_to("GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(status_to("GET / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(status_to(begun + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
  EXPECT_EQ(status_to(begun + "Transfer-Encoding: gzip\r\n\r\n"), 501);
  EXPECT_EQ(status_to(begun + "Expect: cake\r\n\r\n"), 417);
  EXPECT_EQ(status_to(begun + "X: " + std::string(2000, 'x')), 431);
  EXPECT_EQ(status_to(begun + "Content-Length: 1001\r\n\r\n"), 413);
  EXPECT_EQ(status_to(begun + "Transfer-Encoding: chunked\r\n\r\n3e9\r\n"), 413);
  EXPECT_TRUE(calls.empty());
}

TEST_F(HttpServerBounds, SaysOfARefusalThatItIsTheLastWord) {
  serve();
  const auto response = said_to("GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n" + get);
  EXPECT_EQ(value_of(response, "Connection"), "close");
  EXPECT_EQ(value_of(response, "Content-Type"), "application/problem+json");
  EXPECT_EQ(body_of(response), R"({"type":"about:blank","title":"Bad Request","status":400})");
}

TEST_F(HttpServerBounds, AnswersFirstWhatCameBeforeTheRefused) {
  serve();
  const auto all = said_to(get + "broken\r\n\r\n");
  EXPECT_EQ(status_of(all), 200);
  EXPECT_NE(all.find("HTTP/1.1 400"), std::string::npos);
}

// Bytes that lie unread when a socket is closed make a reset of its end, and a reset may overtake
// the reply.
TEST_F(HttpServerBounds, LetsTheClientReadTheRefusalThoughItGoesOnSending) {
  serve();
  const auto socket = connect();
  socket.write(begun + "Content-Length: 50000000\r\n\r\n");
  socket.write(std::string(4UL * 1024 * 1024, 'x'));
  EXPECT_EQ(status_of(socket.read_response()), 413);
}

TEST_F(HttpServerBounds, WaitsTwoSecondsAtMostForTheClientsEnd) {
  serve();
  const auto socket = connect();
  socket.write("hello\r\n\r\n");
  EXPECT_EQ(status_of(socket.read_all()), 400);
  const SystemClock clock;
  const auto end = clock.now() + std::chrono::seconds(10);
  while (server->connections() != 0 && clock.now() < end) {
    socket.write("x");  // and still not an end
  }
  EXPECT_EQ(server->connections(), 0U);
}

TEST_F(HttpServerBounds, DoesNotWaitForABodyThatIsTooLong) {
  serve();
  const auto socket = connect();
  socket.write(begun + "Expect: 100-continue\r\nContent-Length: 1001\r\n\r\n");
  EXPECT_EQ(status_of(socket.read_response()), 413);
}

// ── patience ──

TEST_F(HttpServerBounds, EndsWhoeverSaysNothing) {
  settings.idle_patience = milliseconds(100);
  serve();
  EXPECT_EQ(connect().read_all(), "");
}

TEST_F(HttpServerBounds, EndsWhoeverSaysNothingMore) {
  settings.idle_patience = milliseconds(100);
  serve();
  const auto socket = connect();
  socket.write(get);
  EXPECT_EQ(status_of(socket.read_response()), 200);
  EXPECT_EQ(socket.read_all(), "");
}

TEST_F(HttpServerBounds, EndsWhoeverSendsNothingButEmptyLines) {
  settings.idle_patience = milliseconds(100);
  serve();
  const auto socket = connect();
  while (!socket.readable()) {
    socket.write("\r\n");
  }
  EXPECT_EQ(status_of(socket.read_all()), 0);
}

TEST_F(HttpServerBounds, Answers408ToAHeaderThatDoesNotEnd) {
  settings.request_patience = milliseconds(100);
  serve();
  EXPECT_EQ(status_to("GET / HTTP/1.1\r\nHos"), 408);
}

TEST_F(HttpServerBounds, Answers408ToABodyThatDoesNotEnd) {
  settings.request_patience = milliseconds(100);
  serve();
  const auto response = said_to(begun + "Content-Length: 10\r\n\r\nhalf");
  EXPECT_EQ(status_of(response), 408);
  EXPECT_EQ(value_of(response, "Connection"), "close");
}

TEST_F(HttpServerBounds, Answers408HoweverSteadilyARequestTrickles) {
  settings.request_patience = milliseconds(200);
  settings.header_bytes_max = 64UL * 1024 * 1024;
  serve();
  const auto socket = connect();
  socket.write("GET / HTTP/1.1\r\nX: ");
  while (!socket.readable()) {
    socket.write("x");
  }
  EXPECT_EQ(status_of(socket.read_response()), 408);
}

TEST_F(HttpServerBounds, HasPatienceAnewForEachRequest) {
  settings.request_patience = milliseconds(400);
  serve_by_hand();
  const auto socket = connect();
  const SystemClock clock;
  const auto end = clock.now() + milliseconds(900);
  while (clock.now() < end) {
    socket.write(begun + "Content-Length: 1\r\n\r\n");
    socket.write("x");
    calls.take().answer.send(reply_of("x"));
    EXPECT_EQ(status_of(socket.read_response()), 200);
  }
}

TEST_F(HttpServerBounds, LetsAHandlerTakeItsTime) {
  settings.request_patience = milliseconds(50);
  settings.idle_patience = milliseconds(50);
  serve_by_hand();
  const auto socket = connect();
  socket.write(get);
  auto call = calls.take();
  EXPECT_EQ(connect().read_all(), "");  // by then both patiences are over
  EXPECT_EQ(status_to("GET / HT"), 408);
  call.answer.send(reply_of("x"));
  EXPECT_EQ(status_of(socket.read_response()), 200);
}

TEST_F(HttpServerBounds, EndsWhoeverDoesNotTakeItsReply) {
  settings.request_patience = milliseconds(100);
  serve_by_hand();
  const auto socket = connect();
  socket.write(get);
  Event written;
  calls.take().answer.send(reply_of(std::string(64UL * 1024 * 1024, 'x')),
                           [&] { written.happen(); });
  EXPECT_TRUE(written.wait());
  EXPECT_EQ(server->connections(), 0U);
}

// ── clients that go away ──

TEST_F(HttpServerBounds, ForgetsWhoeverEndsInTheMiddle) {
  serve_by_hand();
  for (const auto* bytes :
       {"", "GET / HT", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx"}) {
    const auto socket = connect();
    socket.write(bytes);
    socket.end();
    EXPECT_EQ(socket.read_all(), "");
  }
  EXPECT_TRUE(calls.empty());
}

TEST_F(HttpServerBounds, ForgetsWhoeverResets) {
  serve();
  for (const auto* bytes : {"", "GET / HT", "hello\r\n\r\n"}) {
    auto socket = connect();
    socket.write(bytes);
    socket.reset();
  }
  const auto socket = connect();
  socket.write(get);
  EXPECT_EQ(status_of(socket.read_response()), 200);
}

// ── too many ──

TEST_F(HttpServerBounds, LetsNobodyInUntilSomebodyHasGone) {
  settings.connections_max = 2;
  serve_by_hand();
  auto first = connect();
  const auto second = connect();
  const auto third = connect();
  third.write(get);
  second.write(get);
  auto call = calls.take();
  EXPECT_EQ(call.request.peer.substr(0, 9), "127.0.0.1");
  call.answer.send(reply_of("second"));
  EXPECT_EQ(body_of(second.read_response()), "second");
  EXPECT_EQ(server->connections(), 2U);
  EXPECT_TRUE(calls.empty());
  EXPECT_FALSE(third.readable());
  first.close();
  calls.take().answer.send(reply_of("third"));
  EXPECT_EQ(body_of(third.read_response()), "third");
}

// UBSan opens a pipe whenever it looks at an object's type, and ends the process where it cannot.
#ifdef __SANITIZE_ADDRESS__
constexpr bool can_be_without_descriptors = false;
#else
constexpr bool can_be_without_descriptors = true;
#endif

// Takes every descriptor the process may have, and gives them back.
class NoDescriptorLeft {
 public:
  NoDescriptorLeft() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit few{256, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &few);
    for (int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC); fd >= 0;
         fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC)) {
      taken_.push_back(fd);
    }
  }
  ~NoDescriptorLeft() {
    give_back();
    ::setrlimit(RLIMIT_NOFILE, &before_);
  }
  NoDescriptorLeft(const NoDescriptorLeft&) = delete;
  NoDescriptorLeft& operator=(const NoDescriptorLeft&) = delete;
  void give_back() {
    for (const int fd : taken_) {
      ::close(fd);
    }
    taken_.clear();
  }

 private:
  rlimit before_{};
  std::vector<int> taken_;
};

TEST_F(HttpServerBounds, LetsPeopleInAgainWhenThereAreDescriptorsAgain) {
  if (!can_be_without_descriptors) {
    GTEST_SKIP() << "not under UBSan";
  }
  serve();
  const auto inside = connect();
  inside.write(get);
  EXPECT_EQ(status_of(inside.read_response()), 200);
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  testing::internal::CaptureStderr();
  NoDescriptorLeft nothing_left;
  const auto outside = RawSocket::to_port_by(fd, server->port());  // the kernel lets it in
  outside.write(get);
  // By the second reply the server has looked at its door, and goes on serving who is inside.
  for (int n = 0; n < 2; ++n) {
    inside.write(get);
    EXPECT_EQ(status_of(inside.read_response()), 200);
  }
  EXPECT_FALSE(outside.readable());
  nothing_left.give_back();
  EXPECT_EQ(status_of(outside.read_response()), 200);
  const auto log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("cannot accept"), std::string::npos) << log;
}

TEST_F(HttpServerBounds, ComplainsWhereThereIsNoDescriptorForIt) {
  if (!can_be_without_descriptors) {
    GTEST_SKIP() << "not under UBSan";
  }
  NoDescriptorLeft nothing_left;
  const auto complaint = complaint_of(settings);
  EXPECT_NE(complaint.find("cannot listen on '127.0.0.1:0'"), std::string::npos) << complaint;
}

}  // namespace
}  // namespace muster::http
