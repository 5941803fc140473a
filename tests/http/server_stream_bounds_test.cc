// Streams against clients that are slow, silent, too talkative or gone, and against their writers.
#include <gtest/gtest.h>
#include <malloc.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <vector>

#include "tests/http/chunks.h"
#include "tests/http/serving.h"

namespace muster::http {
namespace {

using std::chrono::milliseconds;

class HttpServerStreamBounds : public Serving {
 protected:
  Outflow begun_on(const RawSocket& socket) {
    socket.write(get);
    auto outflow = calls.take().answer.stream(reply_of(""));
    static_cast<void>(socket.read_until("\r\n\r\n"));
    return outflow;
  }
  // Whether the server sees within ten seconds that nobody is there any more.
  static bool goes(const Outflow& outflow) {
    const SystemClock clock;
    const auto end = clock.now() + std::chrono::seconds(10);
    while (!outflow.gone() && clock.now() < end) {
      ::poll(nullptr, 0, 1);
    }
    return outflow.gone();
  }
};

// ── clients that go ──

TEST_F(HttpServerStreamBounds, SeesTheClientGoThoughNothingIsWritten) {
  serve_by_hand();
  auto closing = connect();
  const auto first = begun_on(closing);
  auto resetting = connect();
  const auto second = begun_on(resetting);
  const auto ending = connect();
  const auto third = begun_on(ending);
  EXPECT_FALSE(first.gone() || second.gone() || third.gone());
  closing.close();
  resetting.reset();
  ending.end();
  EXPECT_TRUE(goes(first));
  EXPECT_TRUE(goes(second));
  EXPECT_TRUE(goes(third));
  EXPECT_EQ(server->connections(), 0U);
}

TEST_F(HttpServerStreamBounds, SeesTheClientGoBehindARequestThatWaits) {
  serve_by_hand();
  auto socket = connect();
  const auto outflow = begun_on(socket);
  socket.write(get);
  socket.close();
  EXPECT_TRUE(goes(outflow));
  EXPECT_TRUE(calls.empty());
}

TEST_F(HttpServerStreamBounds, HasNobodyToSendToWhereTheClientEndedBeforeItBegan) {
  serve_by_hand();
  const auto socket = connect();
  socket.write(get + get);
  socket.end();
  auto first = calls.take();
  first.answer.send(reply_of("x"));
  EXPECT_EQ(body_of(socket.read_response()), "x");
  auto outflow = calls.take().answer.stream(reply_of("y"));
  EXPECT_TRUE(goes(outflow));
  EXPECT_FALSE(outflow.send("z"));
}

// ── patience ──

TEST_F(HttpServerStreamBounds, LastsHoweverLongNothingIsSent) {
  settings.request_patience = milliseconds(50);
  settings.idle_patience = milliseconds(50);
  serve_by_hand();
  const auto socket = connect();
  auto outflow = begun_on(socket);
  EXPECT_EQ(connect().read_all(), "");  // by then both patiences are over
  EXPECT_EQ(status_of(said_to("GET / HT")), 408);
  outflow.send("x");
  EXPECT_EQ(socket.read_until("x\r\n"), "1\r\nx\r\n");
  EXPECT_EQ(connect().read_all(), "");
  outflow.finish();
  EXPECT_EQ(socket.read_until("0\r\n\r\n"), "0\r\n\r\n");
}

TEST_F(HttpServerStreamBounds, CutsWhoeverTakesNothing) {
  settings.request_patience = milliseconds(100);
  for (const bool finished : {false, true}) {
    serve_by_hand();
    const auto socket = connect();
    auto outflow = begun_on(socket);
    Event told;
    EXPECT_TRUE(outflow.send(std::string(outflow_bytes_max, 'x'), [&](bool whole) {
      EXPECT_FALSE(whole);
      told.happen();
    }));
    if (finished) {
      outflow.finish();
    }
    EXPECT_TRUE(told.wait());
    EXPECT_TRUE(outflow.gone());
    EXPECT_EQ(server->connections(), 0U);
    EXPECT_FALSE(chunks_of(socket.read_all()).whole);
  }
}

TEST_F(HttpServerStreamBounds, HasPatienceWithWhoeverTakesSomething) {
  settings.request_patience = milliseconds(1000);
  serve_by_hand();
  // A client of little room: the server's kernel, which has much, is seldom ready to be written to.
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int room = 32 * 1024;
  ASSERT_EQ(::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room), 0);
  const auto socket = RawSocket::to_port_by(fd, server->port());
  auto outflow = begun_on(socket);
  const std::size_t size = outflow_bytes_max;
  EXPECT_TRUE(outflow.send(std::string(size, 'x')));
  outflow.finish();
  std::string all;
  std::vector<char> part(1024UL * 1024);
  const SystemClock clock;
  const auto end = clock.now() + milliseconds(2600);
  while (clock.now() < end) {
    const auto count = ::recv(socket.fd(), part.data(), 16UL * 1024, 0);
    ASSERT_GT(count, 0) << "cut after " << all.size();
    all.append(part.data(), static_cast<std::size_t>(count));
    ::poll(nullptr, 0, 20);  // the client's pace
  }
  while (!all.ends_with("0\r\n\r\n")) {
    const auto count = ::recv(socket.fd(), part.data(), part.size(), 0);
    ASSERT_GT(count, 0) << "cut after " << all.size();
    all.append(part.data(), static_cast<std::size_t>(count));
  }
  const auto chunked = chunks_of(all);
  EXPECT_TRUE(chunked.whole);
  EXPECT_EQ(chunked.text.size(), size);
}

// ── too much ──

TEST_F(HttpServerStreamBounds, CutsAStreamWhoseWriterDoesNotLookAtWhatWaits) {
  serve_by_hand();
  const auto socket = connect();
  auto outflow = begun_on(socket);
  testing::internal::CaptureStderr();
  EXPECT_FALSE(outflow.send(std::string(outflow_bytes_max + 1, 'x')));
  EXPECT_TRUE(outflow.gone());
  EXPECT_FALSE(outflow.send("x"));
  outflow.finish();
  EXPECT_EQ(socket.read_all(), "");
  const auto log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("a stream is cut"), std::string::npos) << log;
}

TEST_F(HttpServerStreamBounds, CountsWhatWaits) {
  serve_by_hand();
  const auto socket = connect();
  auto outflow = begun_on(socket);
  const std::string piece(1024UL * 1024, 'x');
  testing::internal::CaptureStderr();
  std::size_t sent = 0;
  while (outflow.send(piece)) {
    sent += piece.size();
    EXPECT_LE(outflow.waiting(), outflow_bytes_max);
    ASSERT_LE(sent, 256UL * 1024 * 1024);
  }
  static_cast<void>(testing::internal::GetCapturedStderr());
  EXPECT_GE(sent, outflow_bytes_max);
  EXPECT_FALSE(chunks_of(socket.read_all()).whole);
}

TEST_F(HttpServerStreamBounds, CutsAFirstPieceThatIsTooLong) {
  serve_by_hand();
  const auto socket = connect();
  socket.write(get);
  testing::internal::CaptureStderr();
  const auto outflow =
      calls.take().answer.stream(reply_of(std::string(outflow_bytes_max + 1, 'x')));
  EXPECT_TRUE(goes(outflow));
  EXPECT_FALSE(chunks_of(body_of(socket.read_all())).whole);
  static_cast<void>(testing::internal::GetCapturedStderr());
}

TEST_F(HttpServerStreamBounds, LeavesInTheKernelWhatTheClientSaysBeyondABound) {
  settings.header_bytes_max = 1024;
  serve_by_hand();
  const auto socket = connect();
  auto outflow = begun_on(socket);
  const timeval brief{0, 300'000};
  ::setsockopt(socket.fd(), SOL_SOCKET, SO_SNDTIMEO, &brief, sizeof brief);
  const std::string much(64UL * 1024, 'x');
  std::size_t taken = 0;
  while (taken < 256UL * 1024 * 1024) {
    const auto count = ::send(socket.fd(), much.data(), much.size(), MSG_NOSIGNAL);
    if (count <= 0) {
      break;
    }
    taken += static_cast<std::size_t>(count);
  }
  EXPECT_LT(taken, 64UL * 1024 * 1024);
  EXPECT_FALSE(outflow.gone());
  outflow.send("still there");
  EXPECT_EQ(socket.read_until("there\r\n"), "b\r\nstill there\r\n");
}

// ── many ──

// What the heap holds, where that can be known: a sanitizer's own heap does not say.
std::size_t heap_bytes() {
  const auto facts = ::mallinfo2();
  return facts.uordblks + facts.hblkhd;
}

TEST_F(HttpServerStreamBounds, KeepsTwoThousandOpenAtLittleCost) {
  constexpr std::size_t many = 2000;
  rlimit files{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
  if (files.rlim_max < 2 * many + 100) {
    GTEST_SKIP() << "too few descriptors are allowed";
  }
  const auto before = files;
  files.rlim_cur = files.rlim_max;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);
  serve_by_hand();
  std::vector<RawSocket> sockets;
  std::vector<Outflow> outflows;
  sockets.reserve(many);
  outflows.reserve(many);
  const auto empty = heap_bytes();
  for (std::size_t n = 0; n < many; ++n) {
    sockets.push_back(connect());
    ASSERT_TRUE(sockets.back().connected());
    outflows.push_back(begun_on(sockets.back()));
  }
  EXPECT_EQ(server->connections(), many);
  for (auto& each : outflows) {
    ASSERT_TRUE(each.send("data: x\n\n"));
  }
  for (const auto& each : sockets) {
    EXPECT_EQ(each.read_until("\n\n\r\n"), "9\r\ndata: x\n\n\r\n");
  }
  // By this reply the server has put away what it wrote.
  const auto other = connect();
  other.write(get);
  calls.take().answer.send(reply_of("x"));
  EXPECT_EQ(status_of(other.read_response()), 200);
  EXPECT_LT((heap_bytes() - empty) / many, 4096U);
  server.reset();
  ::setrlimit(RLIMIT_NOFILE, &before);
}

}  // namespace
}  // namespace muster::http
