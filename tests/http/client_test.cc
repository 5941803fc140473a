#include "http/client.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <functional>
#include <thread>

#include "tests/http/serving.h"

namespace muster::http {
namespace {

std::unique_ptr<Client> opened_client(const ClientSettings& settings = {}) {
  auto client = Client::open(settings);
  if (!client) {
    ADD_FAILURE() << client.error().line_of_text();
    return nullptr;
  }
  return std::move(*client);
}

Request request_to(std::uint16_t port, const std::string& path = "/") {
  Request request;
  request.url = "http://127.0.0.1:" + std::to_string(port) + path;
  request.patience = std::chrono::seconds(20);
  return request;
}

Result<Response> only(Client& client, const Request& request) {
  auto all = client.exchange({&request, 1});
  EXPECT_EQ(all.size(), 1U);
  return std::move(all.front());
}

ErrorCode trouble_of(const Result<Response>& result) {
  return result ? ErrorCode::none : result.error().code;
}

// A peer that reads one request on one connection, says these bytes, and ends.
class Curious {
 public:
  explicit Curious(std::string bytes)
      : thread_([this, bytes = std::move(bytes)] {
          const auto socket = listener_.accept();
          static_cast<void>(socket.read_until("\r\n\r\n"));
          socket.write(bytes);
          socket.end();
          static_cast<void>(socket.read_all());
        }) {}
  ~Curious() { thread_.join(); }
  [[nodiscard]] std::uint16_t port() const { return listener_.port(); }

 private:
  RawListener listener_;
  std::thread thread_;
};

class HttpClient : public Serving {
 protected:
  HttpClient() : client(opened_client()) {}
  // What comes of one GET that is answered with these bytes.
  Result<Response> answered_with(const std::string& bytes) {
    const Curious peer(bytes);
    auto result = only(*client, request_to(peer.port()));
    client = opened_client();  // its connection ends, and with it the peer
    return result;
  }
  std::unique_ptr<Client> client;
};

// ── what is asked ──

TEST_F(HttpClient, SendsMethodFieldsAndBodyAndNothingElse) {
  serve_by_hand();
  auto request = request_to(server->port(), "/v2/users?x=1");
  request.method = "PATCH";
  request.fields = {{"X-One", "1"}, {"X-Empty", ""}};
  request.body = std::string("a\0b", 3);
  std::thread asking([&] { EXPECT_TRUE(only(*client, request).has_value()); });
  auto call = calls.take();
  EXPECT_EQ(call.request.method, "PATCH");
  EXPECT_EQ(call.request.path, "/v2/users");
  EXPECT_EQ(call.request.query, "x=1");
  EXPECT_EQ(field(call.request.fields, "X-One"), "1");
  EXPECT_EQ(field(call.request.fields, "X-Empty"), "");
  EXPECT_EQ(call.request.body, std::string("a\0b", 3));
  EXPECT_FALSE(field(call.request.fields, "Content-Type").has_value());
  EXPECT_FALSE(field(call.request.fields, "Expect").has_value());
  EXPECT_FALSE(field(call.request.fields, "User-Agent").has_value());
  call.answer.send(reply_of(""));
  asking.join();
}

TEST_F(HttpClient, KnowsEveryMethod) {
  serve();
  for (const auto* method : {"GET", "PUT", "POST", "DELETE", "PATCH"}) {
    for (const auto* body : {"", "text"}) {
      auto request = request_to(server->port());
      request.method = method;
      request.body = body;
      const auto response = only(*client, request);
      ASSERT_TRUE(response.has_value());
      EXPECT_EQ(response->body, std::string(method) + " /?|" + body);
    }
  }
}

TEST_F(HttpClient, AsksForTheHeadAlone) {
  serve();
  auto request = request_to(server->port());
  request.method = "HEAD";
  const auto response = only(*client, request);
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(field(response->fields, "Content-Length"), "8");
  EXPECT_EQ(response->body, "");
}

TEST_F(HttpClient, SendsLongBodies) {
  settings.body_bytes_max = 8UL * 1024 * 1024;
  serve();
  auto request = request_to(server->port());
  request.method = "POST";
  request.body = std::string(settings.body_bytes_max, 'x');
  const auto response = only(*client, request);
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->body.size(), 8 + request.body.size());
}

TEST_F(HttpClient, RefusesRequestsThatCannotBeWritten) {
  serve();
  const std::vector<std::function<void(Request&)>> spoilings{
      [](Request& request) { request.fields = {{"X", "1\r\nY: 2"}}; },
      [](Request& request) { request.fields = {{"X\n", "1"}}; },
      [](Request& request) { request.fields = {{"X: 1", "1"}}; },
      [](Request& request) { request.fields = {{"", "1"}}; },
      [](Request& request) { request.method = "GET / HTTP/1.1\r\nX: "; },
      [](Request& request) { request.url += "a\r\nX: 1"; },
      [](Request& request) { request.url = "no URL"; },
      [](Request& request) { request.url = ""; },
      [](Request& request) { request.url = "file:///etc/passwd"; },
      [](Request& request) { request.url = "ftp://127.0.0.1/"; },
      [](Request& request) { request.url.append(9UL * 1024 * 1024, 'x'); },
  };
  for (std::size_t n = 0; n < spoilings.size(); ++n) {
    auto request = request_to(server->port());
    spoilings[n](request);
    EXPECT_EQ(trouble_of(only(*client, request)), ErrorCode::protocol) << n;
  }
  EXPECT_TRUE(only(*client, request_to(server->port())).has_value());
}

// ── many at once ──

TEST_F(HttpClient, AnswersEachRequestInItsPlace) {
  serve();
  std::vector<Request> requests;
  for (int n = 0; n < 50; ++n) {
    requests.push_back(
        request_to(n == 7 ? deserted_port() : server->port(), "/" + std::to_string(n)));
  }
  const auto results = client->exchange(requests);
  ASSERT_EQ(results.size(), 50U);
  for (int n = 0; n < 50; ++n) {
    const auto& result = results[static_cast<std::size_t>(n)];
    EXPECT_EQ(result ? result->body : "trouble",
              n == 7 ? "trouble" : "GET /" + std::to_string(n) + "?|");
  }
}

TEST_F(HttpClient, AsksNoMoreAtOnceThanItMay) {
  serve_by_hand();
  ClientSettings wanted;
  wanted.parallel_max = 3;
  client = opened_client(wanted);
  const std::vector<Request> requests(6, request_to(server->port()));
  std::thread asking([&] {
    for (const auto& result : client->exchange(requests)) {
      EXPECT_TRUE(result.has_value());
    }
  });
  std::vector<Calls::Call> taken;
  for (int n = 0; n < 3; ++n) {
    taken.push_back(calls.take());
  }
  EXPECT_TRUE(calls.empty());
  EXPECT_EQ(server->connections(), 3U);
  // Each answer makes room for one more.
  for (int n = 0; n < 3; ++n) {
    taken[static_cast<std::size_t>(n)].answer.send(reply_of("x"));
    taken.push_back(calls.take());
    EXPECT_TRUE(calls.empty());
  }
  for (std::size_t n = 3; n < 6; ++n) {
    taken[n].answer.send(reply_of("x"));
  }
  asking.join();
  EXPECT_EQ(server->connections(), 3U);
}

TEST_F(HttpClient, KeepsItsConnection) {
  serve_by_hand();
  std::string peer;
  for (int n = 0; n < 3; ++n) {
    std::thread asking([&] { EXPECT_TRUE(only(*client, request_to(server->port())).has_value()); });
    auto call = calls.take();
    EXPECT_TRUE(n == 0 || call.request.peer == peer);
    peer = call.request.peer;
    call.answer.send(reply_of("x"));
    asking.join();
  }
}

TEST_F(HttpClient, AsksNothingWhereNothingIsAsked) {
  EXPECT_TRUE(client->exchange({}).empty());
}

// ── what comes back ──

TEST_F(HttpClient, TakesAnyStatusAndFollowsNoRedirect) {
  handler = [](const ServerRequest& request, Answer answer) {
    answer.send({static_cast<std::uint16_t>(std::stoul(request.path.substr(1))),
                 {{"Location", "/200"}, {"X-Name", "As Written"}},
                 "body"});
  };
  serve();
  for (const int status : {200, 301, 302, 307, 400, 401, 404, 429, 500, 503}) {
    const auto response = only(*client, request_to(server->port(), "/" + std::to_string(status)));
    ASSERT_TRUE(response.has_value()) << status;
    EXPECT_EQ(response->status, status);
    EXPECT_EQ(field(response->fields, "x-name"), "As Written");
    EXPECT_EQ(response->body, "body");
  }
}

TEST_F(HttpClient, KeepsTheFieldsOfTheLastHeadAlone) {
  const auto response = answered_with(
      "HTTP/1.1 100 Continue\r\nX-Interim: 1\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"
      "HTTP/1.1 200 OK\r\nX-Last: 1\r\nx-LAST: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2\r\nhi\r\n0\r\nX-Trailer: 1\r\n\r\n");
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->body, "hi");
  ASSERT_EQ(response->fields.size(), 3U);
  EXPECT_EQ(response->fields[0].name, "X-Last");
  EXPECT_EQ(response->fields[0].value, "1");
  EXPECT_EQ(response->fields[1].value, "2");
}

TEST_F(HttpClient, TakesABodyUpToItsLimit) {
  ClientSettings wanted;
  wanted.body_bytes_max = 1000;
  const auto with_length = [](std::size_t size) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
           std::string(size, 'x');
  };
  const auto without_length = [](std::size_t size) {
    return "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + std::string(size, 'x');
  };
  for (const auto& say : {std::function(with_length), std::function(without_length)}) {
    client = opened_client(wanted);
    const auto fitting = answered_with(say(1000));
    ASSERT_TRUE(fitting.has_value());
    EXPECT_EQ(fitting->body.size(), 1000U);
    client = opened_client(wanted);
    EXPECT_EQ(trouble_of(answered_with(say(1001))), ErrorCode::protocol);
  }
}

TEST_F(HttpClient, RefusesAnEndlessHeader) {
  std::string fields = "HTTP/1.1 200 OK\r\n";
  for (int n = 0; n < 100'000; ++n) {
    fields += "X-" + std::to_string(n) + ": " + std::string(40, 'x') + "\r\n";
  }
  EXPECT_EQ(trouble_of(answered_with(fields)), ErrorCode::protocol);
}

TEST_F(HttpClient, SaysWhereThePeerSpeaksNoHttp) {
  EXPECT_EQ(trouble_of(answered_with("220 mail.example ESMTP\r\n")), ErrorCode::protocol);
  EXPECT_EQ(trouble_of(answered_with("HTTP/1.1 banana\r\n\r\n")), ErrorCode::protocol);
}

TEST_F(HttpClient, SaysWhereTheConnectionIsLost) {
  EXPECT_EQ(trouble_of(answered_with("")), ErrorCode::connection_reset);
  EXPECT_EQ(trouble_of(answered_with("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")),
            ErrorCode::connection_reset);
}

// The server says 413 to the head alone, while the body is still on its way.
TEST_F(HttpClient, HearsARefusalThatComesBeforeTheBodyHasGone) {
  settings.body_bytes_max = 1000;
  serve();
  auto request = request_to(server->port());
  request.method = "POST";
  request.body = std::string(16UL * 1024 * 1024, 'x');
  const auto response = only(*client, request);
  ASSERT_TRUE(response.has_value()) << words(response.error());
  EXPECT_EQ(response->status, 413);
}

TEST_F(HttpClient, ConnectsAnewWhereTheServerHasEndedAKeptConnection) {
  settings.idle_patience = std::chrono::milliseconds(50);
  serve();
  ASSERT_TRUE(only(*client, request_to(server->port())).has_value());
  EXPECT_EQ(connect().read_all(), "");  // so long silent was the kept connection, too
  const auto response = only(*client, request_to(server->port()));
  ASSERT_TRUE(response.has_value()) << words(response.error());
}

TEST_F(HttpClient, SaysWhereNobodyListens) {
  EXPECT_EQ(trouble_of(only(*client, request_to(deserted_port()))), ErrorCode::connect_refused);
}

TEST_F(HttpClient, SaysWhereTheNameIsUnknown) {
  auto request = request_to(1);
  request.url = "http://no-such-host.invalid/";
  EXPECT_EQ(trouble_of(only(*client, request)), ErrorCode::name_not_found);
}

TEST_F(HttpClient, WaitsNoLongerThanItsPatience) {
  serve_by_hand();
  auto request = request_to(server->port());
  request.patience = std::chrono::milliseconds(100);
  EXPECT_EQ(trouble_of(only(*client, request)), ErrorCode::connection_silent);
  static_cast<void>(calls.take());
}

TEST_F(HttpClient, IsNotKeptWaitingByWhoeverTrickles) {
  const RawListener listener;
  auto request = request_to(listener.port());
  request.patience = std::chrono::milliseconds(200);
  Event given_up;
  std::thread trickling([&] {
    const auto socket = listener.accept();
    socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
    while (!given_up.happened()) {
      socket.write("x");
    }
  });
  const SystemClock clock;
  const auto begun = clock.now();
  EXPECT_EQ(trouble_of(only(*client, request)), ErrorCode::connection_silent);
  EXPECT_LT(clock.now() - begun, std::chrono::seconds(5));
  given_up.happen();
  trickling.join();
}

TEST_F(HttpClient, SaysWhereNobodyAnswersTheConnectionAttempt) {
  // A listener whose queue is full leaves further attempts without an answer.
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const RawSocket listener(fd);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* bare = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(::bind(fd, bare, size), 0);
  ASSERT_EQ(::listen(fd, 0), 0);
  ASSERT_EQ(::getsockname(fd, bare, &size), 0);
  const auto port = ntohs(address.sin_port);
  const auto waiting = RawSocket::to_port(port);
  auto request = request_to(port);
  request.patience = std::chrono::milliseconds(300);
  EXPECT_EQ(trouble_of(only(*client, request)), ErrorCode::connect_timeout);
}

// ── the end ──

TEST_F(HttpClient, EndsAtOnceWhenItIsInterrupted) {
  serve_by_hand();
  const std::vector<Request> requests(7, request_to(server->port()));
  std::vector<Calls::Call> taken;
  std::thread interrupting([&] {
    for (int n = 0; n < 5; ++n) {
      taken.push_back(calls.take());
    }
    client->interrupt();
  });
  const SystemClock clock;
  const auto begun = clock.now();
  for (const auto& result : client->exchange(requests)) {
    EXPECT_EQ(trouble_of(result), ErrorCode::connection_closed);
  }
  EXPECT_LT(clock.now() - begun, std::chrono::seconds(5));
  interrupting.join();
  EXPECT_EQ(trouble_of(only(*client, requests.front())), ErrorCode::connection_closed);
}

TEST_F(HttpClient, KeepsWhatHadEndedWhenItIsInterrupted) {
  serve_by_hand();
  const std::vector<Request> requests{request_to(server->port(), "/first"),
                                      request_to(server->port(), "/second")};
  ClientSettings wanted;
  wanted.parallel_max = 1;
  client = opened_client(wanted);
  std::vector<Calls::Call> taken;  // the second stays unanswered
  std::thread answering([&] {
    calls.take().answer.send(reply_of("x"));
    taken.push_back(calls.take());
    client->interrupt();
  });
  const auto results = client->exchange(requests);
  EXPECT_EQ(trouble_of(results[0]), ErrorCode::none);
  EXPECT_EQ(trouble_of(results[1]), ErrorCode::connection_closed);
  answering.join();
}

}  // namespace
}  // namespace muster::http
