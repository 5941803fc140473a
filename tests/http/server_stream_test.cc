// Replies whose length nobody knows beforehand: what goes out, and who is told of it.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <thread>
#include <vector>

#include "tests/http/chunks.h"
#include "tests/http/serving.h"

namespace muster::http {
namespace {

class HttpServerStream : public Serving {
 protected:
  // A stream to whoever asks on `socket`, with its head read.
  Outflow begun_on(const RawSocket& socket, const std::string& request = get) {
    socket.write(request);
    auto outflow = calls.take().answer.stream(reply_of(""));
    head = socket.read_until("\r\n\r\n");
    return outflow;
  }
  std::string head;
};

const std::string get_old = "GET / HTTP/1.0\r\n\r\n";

// Told of a piece: with what.
class Told {
 public:
  std::function<void(bool)> callback() {
    return [this](bool whole) {
      whole_ = whole;
      event_.happen();
    };
  }
  // 1: the kernel has it; 0: the connection is gone; -1: nobody told in time.
  [[nodiscard]] int wait() { return event_.wait() ? static_cast<int>(whole_) : -1; }
  [[nodiscard]] bool happened() { return event_.happened(); }

 private:
  bool whole_ = false;
  Event event_;
};

bool ends_by_reset(const RawSocket& socket) {
  static_cast<void>(socket.read_all());
  return errno == ECONNRESET;
}

TEST_F(HttpServerStream, SendsTheHeadAtOnceAndEachPieceAsItComes) {
  serve_by_hand();
  const auto socket = connect();
  auto outflow = begun_on(socket);
  EXPECT_EQ(status_of(head), 200);
  EXPECT_EQ(value_of(head, "Transfer-Encoding"), "chunked");
  EXPECT_EQ(value_of(head, "Content-Length"), "");
  EXPECT_EQ(value_of(head, "Content-Type"), "text/plain");
  EXPECT_EQ(value_of(head, "Connection"), "");
  EXPECT_TRUE(outflow.send("data: 1\n\n"));
  EXPECT_EQ(socket.read_until("\n\n\r\n"), "9\r\ndata: 1\n\n\r\n");
  EXPECT_TRUE(outflow.send("data: zwölf\n\n"));
  EXPECT_EQ(socket.read_until("\n\n\r\n"), "e\r\ndata: zwölf\n\n\r\n");
  EXPECT_FALSE(outflow.gone());
  outflow.finish();
  EXPECT_EQ(socket.read_until("0\r\n\r\n"), "0\r\n\r\n");
}

TEST_F(HttpServerStream, BeginsWithTheBodyOfItsHead) {
  serve_by_hand();
  const auto socket = connect();
  socket.write(get_last);
  auto outflow = calls.take().answer.stream(reply_of("first,"));
  outflow.send("second");
  outflow.finish();
  const auto response = socket.read_all();
  EXPECT_EQ(value_of(response, "Connection"), "close");
  const auto chunked = chunks_of(body_of(response));
  EXPECT_TRUE(chunked.whole);
  EXPECT_EQ(chunked.text, "first,second");
}

TEST_F(HttpServerStream, CarriesFurtherRequestsAlsoThoseThatCameMeanwhile) {
  serve_by_hand();
  const auto socket = connect();
  for (int n = 0; n < 3; ++n) {
    auto outflow = begun_on(socket);
    socket.write(get);  // waits for its turn
    outflow.send("x");
    EXPECT_EQ(socket.read_until("x\r\n"), "1\r\nx\r\n");
    EXPECT_TRUE(calls.empty());
    outflow.finish();
    EXPECT_EQ(socket.read_until("0\r\n\r\n"), "0\r\n\r\n");
    calls.take().answer.send(reply_of("next"));
    EXPECT_EQ(body_of(socket.read_response()), "next");
    EXPECT_TRUE(outflow.gone());
  }
}

TEST_F(HttpServerStream, LastsUntilTheConnectionEndsForOldClients) {
  serve_by_hand();
  const auto socket = connect();
  socket.write("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  auto outflow = calls.take().answer.stream(reply_of("one,"));
  outflow.send("two");
  outflow.finish();
  const auto response = socket.read_all();
  EXPECT_EQ(value_of(response, "Transfer-Encoding"), "");
  EXPECT_EQ(value_of(response, "Content-Length"), "");
  EXPECT_EQ(value_of(response, "Connection"), "close");
  EXPECT_EQ(body_of(response), "one,two");
}

TEST_F(HttpServerStream, IsAHeadAloneWhereNoBodyIsWanted) {
  serve_by_hand();
  const auto socket = connect();
  auto outflow = begun_on(socket, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(value_of(head, "Transfer-Encoding"), "chunked");
  EXPECT_TRUE(outflow.gone());
  EXPECT_FALSE(outflow.send("unheard"));
  outflow.finish();
  socket.write(get);
  calls.take().answer.send({204, {}, ""});
  EXPECT_TRUE(socket.read_response().starts_with("HTTP/1.1 204"));
}

TEST_F(HttpServerStream, IsAHeadAloneWhereTheStatusHasNoBody) {
  serve_by_hand();
  const auto socket = connect();
  socket.write(get_last);
  auto outflow = calls.take().answer.stream({204, {}, "left out"});
  const auto response = socket.read_all();
  EXPECT_EQ(value_of(response, "Transfer-Encoding"), "");
  EXPECT_EQ(body_of(response), "");
  EXPECT_TRUE(outflow.gone());
}

TEST_F(HttpServerStream, Answers500WhereTheHeadWouldForgeFields) {
  serve_by_hand();
  const auto socket = connect();
  socket.write(get_last);
  testing::internal::CaptureStderr();
  auto outflow = calls.take().answer.stream({200, {{"X", "a\r\nSet-Cookie: b"}}, "x"});
  const auto response = socket.read_all();
  static_cast<void>(testing::internal::GetCapturedStderr());
  EXPECT_EQ(status_of(response), 500);
  EXPECT_TRUE(outflow.gone());
  EXPECT_FALSE(outflow.send("x"));
}

// ── whole, or seen not to be ──

TEST_F(HttpServerStream, EndsWithoutItsLastChunkWhereItIsDropped) {
  serve_by_hand();
  const auto socket = connect();
  {
    const auto outflow = begun_on(socket);
  }
  EXPECT_EQ(socket.read_all(), "");
}

TEST_F(HttpServerStream, IsCutWhereAnotherIsPutInItsPlace) {
  serve_by_hand();
  const auto first = connect();
  auto outflow = begun_on(first);
  const auto second = connect();
  outflow = begun_on(second);
  EXPECT_EQ(first.read_all(), "");
  outflow.finish();
  EXPECT_EQ(second.read_until("0\r\n\r\n"), "0\r\n\r\n");
}

TEST_F(HttpServerStream, EndsByAResetWhereAnOldClientCouldTakeItForWhole) {
  serve_by_hand();
  const auto socket = connect();
  {
    auto outflow = begun_on(socket, get_old);
    outflow.send("half");
    EXPECT_EQ(socket.read_until("half"), "half");
  }
  EXPECT_TRUE(ends_by_reset(socket));
}

// ── who is told ──

TEST_F(HttpServerStream, TellsOfEachPieceThatIsWrittenInOrder) {
  serve_by_hand();
  const auto socket = connect();
  auto outflow = begun_on(socket);
  std::vector<int> order;  // the server's thread's, until the last has been told
  Told last;
  for (int n = 0; n < 100; ++n) {
    EXPECT_TRUE(
        outflow.send("piece", [&order, n](bool whole) { order.push_back(whole ? n : -1); }));
  }
  EXPECT_TRUE(outflow.send("", last.callback()));  // no piece, no chunk: that would be the end
  EXPECT_EQ(last.wait(), 1);
  ASSERT_EQ(order.size(), 100U);
  for (int n = 0; n < 100; ++n) {
    EXPECT_EQ(order[static_cast<std::size_t>(n)], n);
  }
  EXPECT_EQ(outflow.waiting(), 0U);
  outflow.finish();
  const auto chunked = chunks_of(socket.read_until("\r\n0\r\n\r\n"));
  EXPECT_TRUE(chunked.whole);
  EXPECT_EQ(chunked.text.size(), 500U);
}

TEST_F(HttpServerStream, TellsOfAPieceWithoutBytesThoughNothingElseIsSent) {
  serve_by_hand();
  const auto socket = connect();
  auto outflow = begun_on(socket);
  for (int n = 0; n < 3; ++n) {
    Told told;
    EXPECT_TRUE(outflow.send("", told.callback()));
    EXPECT_EQ(told.wait(), 1);
  }
  EXPECT_FALSE(socket.readable());
}

TEST_F(HttpServerStream, TellsOfThePieceBeforeTheEnd) {
  serve_by_hand();
  const auto socket = connect();
  auto outflow = begun_on(socket);
  Told told;
  outflow.send("x", told.callback());
  outflow.finish();
  EXPECT_EQ(told.wait(), 1);
}

TEST_F(HttpServerStream, TellsOfEverythingThatWaitsWhenTheClientIsGone) {
  serve_by_hand();
  auto socket = connect();
  auto outflow = begun_on(socket);
  std::array<Told, 3> told;
  const std::string piece(2UL * 1024 * 1024, 'x');
  Told stuffed;
  outflow.send(piece);
  outflow.send(piece);
  for (auto& each : told) {
    EXPECT_TRUE(outflow.send("y", each.callback()));
  }
  EXPECT_TRUE(outflow.send(piece + piece.substr(100), stuffed.callback()));
  socket.reset();
  EXPECT_EQ(stuffed.wait(), 0);
  EXPECT_TRUE(outflow.gone());
  EXPECT_EQ(outflow.waiting(), 0U);
  EXPECT_FALSE(outflow.send("z"));
  for (auto& each : told) {
    EXPECT_TRUE(each.happened());
  }
}

TEST_F(HttpServerStream, OutlivesACallbackThatThrows) {
  serve_by_hand();
  const auto socket = connect();
  auto outflow = begun_on(socket);
  testing::internal::CaptureStderr();
  outflow.send("x", [](bool) { throw std::runtime_error("secret"); });
  EXPECT_EQ(socket.read_until("x\r\n"), "1\r\nx\r\n");
  outflow.finish();
  EXPECT_EQ(socket.read_until("0\r\n\r\n"), "0\r\n\r\n");
  const auto log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("a callback threw"), std::string::npos) << log;
  EXPECT_EQ(log.find("secret"), std::string::npos) << log;
}

// ── threads and turns ──

TEST_F(HttpServerStream, TakesPiecesFromAnyThread) {
  serve_by_hand();
  const auto socket = connect();
  auto outflow = begun_on(socket, get_last);
  std::vector<std::thread> writers;
  for (const char letter : {'a', 'b', 'c'}) {
    writers.emplace_back([&outflow, letter] {
      for (int n = 0; n < 1000; ++n) {
        EXPECT_TRUE(outflow.send(std::string(1, letter)));
      }
    });
  }
  for (auto& each : writers) {
    each.join();
  }
  outflow.finish();
  const auto chunked = chunks_of(socket.read_all());
  EXPECT_TRUE(chunked.whole);
  for (const char letter : {'a', 'b', 'c'}) {
    EXPECT_EQ(std::count(chunked.text.begin(), chunked.text.end(), letter), 1000);
  }
}

// As an export writes: the next piece when the one before it has gone.
class Export {
 public:
  Export(Answer answer, int pieces, std::size_t piece_bytes = 64UL * 1024)
      : outflow_(answer.stream(reply_of(""))), left_(pieces), piece_(piece_bytes, 'x') {
    go_on();
  }
  [[nodiscard]] bool wait() { return ended_.wait(); }
  [[nodiscard]] int sent() const { return sent_; }

 private:
  void go_on() {
    if (left_-- == 0) {
      outflow_.finish();
      ended_.happen();
      return;
    }
    EXPECT_LE(outflow_.waiting(), piece_.size());
    ++sent_;
    outflow_.send(piece_, [this](bool whole) {
      if (whole) {
        go_on();
      } else {
        ended_.happen();
      }
    });
  }
  Outflow outflow_;
  int left_;
  std::atomic<int> sent_{0};
  const std::string piece_;
  Event ended_;
};

TEST_F(HttpServerStream, CarriesALongExportPieceByPieceAndServesOthersMeanwhile) {
  serve_by_hand();
  const auto socket = connect();
  socket.write(get_last);
  Export writing(calls.take().answer, 1000);
  std::string all;
  std::thread reading([&] { all = socket.read_all(); });
  const auto other = connect();
  for (int n = 0; n < 10; ++n) {
    other.write(get);
    calls.take().answer.send(reply_of("other"));
    EXPECT_EQ(body_of(other.read_response()), "other");
  }
  EXPECT_TRUE(writing.wait());
  reading.join();
  const auto chunked = chunks_of(body_of(all));
  EXPECT_TRUE(chunked.whole);
  EXPECT_EQ(chunked.text.size(), 1000U * 64 * 1024);
}

TEST_F(HttpServerStream, GivesOthersTheirTurnHoweverLongAnExportHasRun) {
  std::unique_ptr<Export> writing;
  Event begun;
  std::atomic<int> pieces_before_the_reply{-1};
  handler = [&](const ServerRequest& request, Answer answer) {
    if (request.path == "/endless") {
      writing = std::make_unique<Export>(std::move(answer), -1, 64);
      begun.happen();
      return;
    }
    // From here to the callback, both on the server's thread, the reply waits for its turn.
    answer.send(reply_of("other"), [&, before = writing->sent()] {
      pieces_before_the_reply = writing->sent() - before;
    });
  };
  serve();
  auto socket = connect();
  socket.write("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(begun.wait());
  Event enough;
  std::thread reading([&] {
    std::vector<char> part(1024UL * 1024);
    while (!enough.happened() && ::recv(socket.fd(), part.data(), part.size(), 0) > 0) {
    }
    socket.close();
  });
  while (writing->sent() < 5'000) {
    std::this_thread::yield();
  }
  EXPECT_EQ(body_of(said_to(get_last)), "other");
  enough.happen();
  reading.join();
  EXPECT_TRUE(writing->wait());
  server.reset();
  EXPECT_GE(pieces_before_the_reply, 0);
  EXPECT_LT(pieces_before_the_reply, 100);
}

// ── the end of the server ──

TEST_F(HttpServerStream, IsCutAtOnceWhenTheServerEnds) {
  serve_by_hand();
  const auto silent = connect();
  auto quiet = begun_on(silent);
  const auto stuffed = connect();
  auto full = begun_on(stuffed);
  Told told;
  full.send(std::string(outflow_bytes_max, 'x'), told.callback());
  const SystemClock clock;
  const auto begun = clock.now();
  server.reset();
  EXPECT_LT(clock.now() - begun, std::chrono::milliseconds(1500));
  EXPECT_EQ(told.wait(), 0);
  for (auto* each : {&quiet, &full}) {
    EXPECT_TRUE(each->gone());
    EXPECT_FALSE(each->send("x"));
  }
  EXPECT_EQ(silent.read_all(), "");
  EXPECT_FALSE(chunks_of(stuffed.read_all()).whole);
}

TEST_F(HttpServerStream, IsStillWrittenToItsEndWhereItWasFinishedBeforeTheServerEnds) {
  serve_by_hand();
  const auto socket = connect();
  auto outflow = begun_on(socket);
  const std::string piece(2UL * 1024 * 1024, 'x');
  for (int n = 0; n < 4; ++n) {
    ASSERT_TRUE(outflow.send(piece));
  }
  outflow.finish();
  std::thread ending([&] { server.reset(); });
  const auto chunked = chunks_of(socket.read_all());
  ending.join();
  EXPECT_TRUE(chunked.whole);
  EXPECT_EQ(chunked.text.size(), 4 * piece.size());
}

TEST_F(HttpServerStream, Is503WhereItBeginsWhileTheServerEnds) {
  serve_by_hand();
  const auto socket = connect();
  socket.write(get);
  auto call = calls.take();
  const auto port = server->port();
  std::thread ending([&] { server.reset(); });
  const auto idle = RawSocket::to_port(port);
  static_cast<void>(idle.read_all());  // nobody is let in any more
  auto outflow = call.answer.stream(reply_of("late"));
  const auto response = socket.read_all();
  EXPECT_EQ(status_of(response), 503);
  EXPECT_EQ(value_of(response, "Connection"), "close");
  ending.join();
  EXPECT_TRUE(outflow.gone());
}

TEST_F(HttpServerStream, GoesNowhereWhenTheServerHasEnded) {
  serve_by_hand();
  const auto socket = connect();
  socket.write(get);
  auto call = calls.take();
  server.reset();
  auto outflow = call.answer.stream(reply_of("x"));
  EXPECT_TRUE(outflow.gone());
  EXPECT_FALSE(outflow.send("x", [](bool) { ADD_FAILURE() << "nobody is there to tell"; }));
  outflow.finish();
}

}  // namespace
}  // namespace muster::http
