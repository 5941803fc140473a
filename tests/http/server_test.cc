#include "http/server.h"

#include <gtest/gtest.h>

#include <future>
#include <vector>

#include "tests/http/serving.h"

namespace muster::http {
namespace {

class HttpServer : public Serving {};

std::string post(const std::string& body) {
  return "POST /in HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

TEST_F(HttpServer, HandsOverWhatCameAndSendsWhatIsReplied) {
  serve_by_hand();
  const auto socket = connect();
  socket.write("PUT /a%20b?c=d HTTP/1.1\r\nHost: h\r\nX-One: 1\r\nContent-Length: 3\r\n\r\nxyz");
  auto call = calls.take();
  EXPECT_EQ(call.request.method, "PUT");
  EXPECT_EQ(call.request.path, "/a b");
  EXPECT_EQ(call.request.query, "c=d");
  EXPECT_EQ(field(call.request.fields, "x-one"), "1");
  EXPECT_EQ(call.request.body, "xyz");
  EXPECT_TRUE(call.request.peer.starts_with("127.0.0.1:")) << call.request.peer;
  EXPECT_FALSE(call.request.encrypted);
  EXPECT_TRUE(call.request.certificate.empty());
  call.answer.send(reply_of("done", 201));
  const auto response = socket.read_response();
  EXPECT_TRUE(response.starts_with("HTTP/1.1 201 Created\r\n")) << response;
  EXPECT_EQ(value_of(response, "Content-Type"), "text/plain");
  EXPECT_EQ(body_of(response), "done");
}

TEST_F(HttpServer, SaysOfEveryReplyHowLongWhenAndNotToBeKept) {
  serve();
  const auto socket = connect();
  socket.write(get);
  const auto response = socket.read_response();
  EXPECT_EQ(value_of(response, "Content-Length"), "7");
  EXPECT_TRUE(value_of(response, "Date").ends_with(" GMT"));
  EXPECT_EQ(value_of(response, "Cache-Control"), "no-store");
  EXPECT_EQ(value_of(response, "Server"), "");
  EXPECT_EQ(value_of(response, "Connection"), "");
}

TEST_F(HttpServer, LetsTheReplySayWhatMayBeKept) {
  handler = [](const ServerRequest&, Answer answer) {
    answer.send({200, {{"cache-control", "max-age=60"}, {"Content-Length", "99"}}, "x"});
  };
  serve();
  const auto response = said_to(get_last);
  EXPECT_EQ(value_of(response, "cache-control"), "max-age=60");
  EXPECT_EQ(value_of(response, "Cache-Control"), "");
  EXPECT_EQ(value_of(response, "Content-Length"), "1");
}

TEST_F(HttpServer, KeepsTheConnectionForTheNextRequest) {
  serve();
  const auto socket = connect();
  for (const auto* body : {"one", "two", "three"}) {
    socket.write(post(body));
    EXPECT_EQ(body_of(socket.read_response()), std::string("POST /in?|") + body);
  }
  EXPECT_EQ(server->connections(), 1U);
}

TEST_F(HttpServer, EndsTheConnectionWhereTheClientWantsIt) {
  serve();
  const auto response = said_to(get_last);
  EXPECT_EQ(status_of(response), 200);
  EXPECT_EQ(value_of(response, "Connection"), "close");
}

TEST_F(HttpServer, SpeaksWithOldClients) {
  serve();
  EXPECT_EQ(value_of(said_to("GET / HTTP/1.0\r\n\r\n"), "Connection"), "close");
  const auto socket = connect();
  socket.write("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(value_of(socket.read_response(), "Connection"), "keep-alive");
}

TEST_F(HttpServer, AnswersPipelinedRequestsInOrder) {
  serve();
  std::string all;
  for (int n = 0; n < 200; ++n) {
    all += post("n" + std::to_string(n));
  }
  const auto socket = connect();
  socket.write(all);
  for (int n = 0; n < 200; ++n) {
    EXPECT_EQ(body_of(socket.read_response()), "POST /in?|n" + std::to_string(n));
  }
}

TEST_F(HttpServer, HandsOverAPipelinedRequestOnlyWhenTheOneBeforeItIsAnswered) {
  serve_by_hand();
  const auto socket = connect();
  socket.write(post("1") + post("2"));
  auto first = calls.take();
  // Another connection has its turn meanwhile, and the second request still has not.
  const auto other = connect();
  other.write(post("other"));
  calls.take().answer.send(reply_of("x"));
  static_cast<void>(other.read_response());
  EXPECT_TRUE(calls.empty());
  first.answer.send(reply_of("one"));
  EXPECT_EQ(body_of(socket.read_response()), "one");
  calls.take().answer.send(reply_of("two"));
  EXPECT_EQ(body_of(socket.read_response()), "two");
}

TEST_F(HttpServer, AnswersWhoeverHasSaidAllAndEndsHisSide) {
  serve();
  const auto socket = connect();
  socket.write(get + get);
  socket.end();
  const auto all = socket.read_all();
  EXPECT_EQ(status_of(all), 200);
  EXPECT_NE(all.find("HTTP/1.1 200", 12), std::string::npos);
}

TEST_F(HttpServer, SendsNoBodyToHead) {
  serve();
  const auto response = said_to("HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(status_of(response), 200);
  EXPECT_EQ(value_of(response, "Content-Length"), "8");
  EXPECT_EQ(body_of(response), "");
}

TEST_F(HttpServer, SendsNoBodyWhereTheStatusHasNone) {
  handler = [](const ServerRequest&, Answer answer) { answer.send({204, {}, "left out"}); };
  serve();
  const auto response = said_to(get_last);
  EXPECT_EQ(status_of(response), 204);
  EXPECT_EQ(value_of(response, "Content-Length"), "");
  EXPECT_EQ(body_of(response), "");
}

TEST_F(HttpServer, TellsWhoeverWaitsToGoOn) {
  serve();
  const auto socket = connect();
  socket.write("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(socket.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  socket.write("hi");
  EXPECT_EQ(body_of(socket.read_response()), "POST /?|hi");
}

TEST_F(HttpServer, ReadsChunks) {
  serve();
  const auto socket = connect();
  socket.write("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  socket.write("2\r\nhi\r\n");
  socket.write("6;x=y\r\n there\r\n0\r\n\r\n");
  EXPECT_EQ(body_of(socket.read_response()), "POST /?|hi there");
}

TEST_F(HttpServer, CarriesLongBodiesBothWays) {
  settings.body_bytes_max = 8UL * 1024 * 1024;
  serve();
  std::string body(settings.body_bytes_max, 'x');
  body.front() = 'a';
  body.back() = 'z';
  const auto socket = connect();
  socket.write(post(body));
  EXPECT_EQ(body_of(socket.read_response()), "POST /in?|" + body);
}

TEST_F(HttpServer, Answers500WhereTheAnswerIsDropped) {
  handler = [](const ServerRequest&, const Answer&) {};
  serve();
  const auto socket = connect();
  socket.write(get + get);
  const auto response = socket.read_response();
  EXPECT_EQ(status_of(response), 500);
  EXPECT_EQ(value_of(response, "Content-Type"), "application/problem+json");
  EXPECT_EQ(body_of(response),
            R"({"type":"about:blank","title":"Internal Server Error","status":500})");
  EXPECT_EQ(status_of(socket.read_response()), 500);  // and the connection is kept
}

TEST_F(HttpServer, EndsTheConnectionWithoutAWordWhereTheHandlerHangsUp) {
  serve_by_hand();
  const auto socket = connect();
  socket.write(get);
  auto call = calls.take();
  std::promise<void> ended;
  call.answer.hang_up([&ended] { ended.set_value(); });
  EXPECT_EQ(socket.read_all(), "");
  ended.get_future().wait();
  const auto next = connect();
  next.write(get);
  calls.take().answer.send(reply_of("x"));
  EXPECT_EQ(status_of(next.read_response()), 200);
}

TEST_F(HttpServer, Answers500WhereAnotherIsPutInItsPlace) {
  handler = [this](ServerRequest request, Answer answer) {
    calls.put(std::move(request), std::move(answer));
  };
  serve();
  const auto first = connect();
  first.write(get);
  auto kept = calls.take();
  const auto second = connect();
  second.write(get);
  kept.answer = calls.take().answer;
  EXPECT_EQ(status_of(first.read_response()), 500);
  kept.answer.send(reply_of("x"));
  EXPECT_EQ(status_of(second.read_response()), 200);
}

TEST_F(HttpServer, Answers500WhereTheHandlerThrows) {
  handler = [](const ServerRequest& request, const Answer&) {
    if (request.path == "/odd") {
      throw 1;
    }
    throw std::runtime_error("secret");
  };
  serve();
  const auto socket = connect();
  testing::internal::CaptureStderr();
  socket.write(get + "GET /odd HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(status_of(socket.read_response()), 500);
  EXPECT_EQ(status_of(socket.read_response()), 500);
  const auto log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("room=http msg=\"a handler threw\""), std::string::npos) << log;
  EXPECT_EQ(log.find("secret"), std::string::npos) << log;
}

TEST_F(HttpServer, Answers500WhereTheReplyWouldForgeFields) {
  handler = [](const ServerRequest&, Answer answer) {
    answer.send({200, {{"Location", "/a\r\nSet-Cookie: b"}}, ""});
  };
  serve();
  testing::internal::CaptureStderr();
  const auto response = said_to(get_last);
  static_cast<void>(testing::internal::GetCapturedStderr());
  EXPECT_EQ(status_of(response), 500);
  EXPECT_EQ(response.find("Set-Cookie"), std::string::npos);
}

TEST_F(HttpServer, TakesAnswersFromAnyThread) {
  serve_by_hand();
  const auto socket = connect();
  for (int n = 0; n < 20; ++n) {
    socket.write(get);
    std::thread([call = calls.take(), n]() mutable {
      call.answer.send(reply_of(std::to_string(n)));
    }).join();
    EXPECT_EQ(body_of(socket.read_response()), std::to_string(n));
  }
}

TEST_F(HttpServer, TellsWhenAReplyIsWritten) {
  serve_by_hand();
  const auto socket = connect();
  socket.write(get);
  Event written;
  calls.take().answer.send(reply_of("x"), [&] { written.happen(); });
  EXPECT_TRUE(written.wait());
  EXPECT_EQ(body_of(socket.read_response()), "x");
}

TEST_F(HttpServer, TellsOfALongReplyOnlyWhenTheClientHasTakenIt) {
  serve_by_hand();
  const auto socket = connect();
  socket.write(get);
  Event written;
  const std::string body(32UL * 1024 * 1024, 'x');  // more than any buffer of the kernel
  calls.take().answer.send(reply_of(body), [&] { written.happen(); });
  const auto other = connect();
  other.write(get);
  calls.take().answer.send(reply_of("y"));
  EXPECT_EQ(body_of(other.read_response()), "y");
  EXPECT_FALSE(written.happened());
  EXPECT_EQ(body_of(socket.read_response()).size(), body.size());
  EXPECT_TRUE(written.wait());
}

TEST_F(HttpServer, TellsAsWellWhenTheConnectionIsGone) {
  serve_by_hand();
  auto socket = connect();
  socket.write(get);
  auto call = calls.take();
  socket.reset();
  Event written;
  call.answer.send(reply_of(std::string(32UL * 1024 * 1024, 'x')), [&] { written.happen(); });
  EXPECT_TRUE(written.wait());
}

TEST_F(HttpServer, OutlivesACallbackThatThrows) {
  serve_by_hand();
  const auto socket = connect();
  testing::internal::CaptureStderr();
  socket.write(get + get + get);
  calls.take().answer.send(reply_of("1"), [] { throw std::runtime_error("secret"); });
  calls.take().answer.send(reply_of("2"), [] { throw 2; });
  calls.take().answer.send(reply_of("3"));
  EXPECT_EQ(body_of(socket.read_response()), "1");
  EXPECT_EQ(body_of(socket.read_response()), "2");
  EXPECT_EQ(body_of(socket.read_response()), "3");
  const auto log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("a callback threw"), std::string::npos) << log;
  EXPECT_EQ(log.find("secret"), std::string::npos) << log;
}

TEST_F(HttpServer, KeepsNobodyWaitingBehindAThousandIdleConnections) {
  serve();
  std::vector<RawSocket> idle;
  for (int n = 0; n < 1000; ++n) {
    idle.push_back(connect());
    ASSERT_TRUE(idle.back().connected());
    idle.back().write(n % 2 == 0 ? "" : "POST / HTTP/1.1\r\nHost: a\r\nContent-Le");
  }
  const auto socket = connect();
  socket.write(get);
  EXPECT_EQ(status_of(socket.read_response()), 200);
  EXPECT_EQ(server->connections(), 1001U);
}

// ── the end ──

TEST_F(HttpServer, LetsWhatWasHandedOverBeAnsweredBeforeItEnds) {
  serve_by_hand();
  const auto socket = connect();
  socket.write(get);
  auto call = calls.take();
  const auto port = server->port();
  std::thread ending([&] { server.reset(); });
  // Nobody is let in any more, or sees his end: then the door is shut.
  const auto idle = RawSocket::to_port(port);
  static_cast<void>(idle.read_all());
  Event written;
  call.answer.send(reply_of("late"), [&] { written.happen(); });
  const auto response = socket.read_all();
  EXPECT_EQ(body_of(response), "late");
  EXPECT_EQ(value_of(response, "Connection"), "close");
  ending.join();
  EXPECT_TRUE(written.happened());
}

TEST_F(HttpServer, EndsThoughAnAnswerIsOutstandingWhichThenGoesNowhere) {
  serve_by_hand();
  const auto socket = connect();
  socket.write(get);
  auto call = calls.take();
  const SystemClock clock;
  const auto begun = clock.now();
  server.reset();
  EXPECT_GE(clock.now() - begun, std::chrono::milliseconds(1900));
  EXPECT_EQ(socket.read_all(), "");
  bool written = false;
  call.answer.send(reply_of("nowhere"), [&] { written = true; });
  EXPECT_FALSE(written);
}

TEST_F(HttpServer, EndsAtOnceWhereNothingIsOutstanding) {
  serve();
  const auto idle = connect();
  const auto half = connect();
  half.write("GET / HT");
  idle.write(get);
  static_cast<void>(idle.read_response());
  const SystemClock clock;
  const auto begun = clock.now();
  server.reset();
  EXPECT_LT(clock.now() - begun, std::chrono::milliseconds(1500));
  EXPECT_EQ(idle.read_all(), "");
}

}  // namespace
}  // namespace muster::http
