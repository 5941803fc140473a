// The client under TLS: whom it believes, and what it says of whom it does not.
#include <gtest/gtest.h>

#include <thread>

#include "crypto/certificate.h"
#include "http/client.h"
#include "tests/http/folder.h"
#include "tests/http/serving.h"

namespace muster::http {
namespace {

class HttpClientTls : public Serving {
 protected:
  HttpClientTls() {
    authority.dir = own / "";
    make();
    settings.certificate_file = own / "server.pem";
    settings.key_file = own / "server.key";
    wanted.trust_file = own / "ca.pem";
  }
  void make() const {
    const auto made = crypto::make_authority(authority);
    ASSERT_TRUE(made.has_value()) << made.error().line_of_text();
  }
  // What comes of one GET: the body, or the words of the trouble.
  [[nodiscard]] std::string asked(const std::string& host) {
    return asked_at("https://" + host + ":" + std::to_string(server->port()) + "/");
  }
  [[nodiscard]] std::string asked_at(const std::string& url) {
    const auto client = Client::open(wanted);
    if (!client) {
      return client.error().line_of_text();
    }
    Request request;
    request.url = url;
    request.patience = std::chrono::seconds(10);
    const auto results = (*client)->exchange({&request, 1});
    return results[0] ? results[0]->body : words(Error{results[0].error().code, 0});
  }
  [[nodiscard]] static std::string said_of(ErrorCode code) { return words(Error{code, 0}); }

  Folder own;
  crypto::ThrowAwayAuthority authority;
  ClientSettings wanted;
};

TEST_F(HttpClientTls, BelievesTheAuthorityOfItsFile) {
  serve();
  EXPECT_EQ(asked("localhost"), "GET /?|");
  EXPECT_EQ(asked("127.0.0.1"), "GET /?|");
}

TEST_F(HttpClientTls, BelievesNobodyElse) {
  serve();
  wanted.trust_file.clear();
  EXPECT_EQ(asked("localhost"), said_of(ErrorCode::tls_certificate_untrusted));
}

TEST_F(HttpClientTls, DoesNotBelieveAnExpiredCertificate) {
  authority.server_valid_s = -1;
  make();
  serve();
  EXPECT_EQ(asked("localhost"), said_of(ErrorCode::tls_certificate_expired));
}

TEST_F(HttpClientTls, DoesNotBelieveACertificateOfAnotherName) {
  authority.server_name = "books.example";
  make();
  serve();
  EXPECT_EQ(asked("localhost"), said_of(ErrorCode::tls_certificate_wrong_name));
  EXPECT_EQ(asked("127.0.0.2"), "nobody listens there");
}

TEST_F(HttpClientTls, DoesNotBelieveACertificateOfAnotherAddress) {
  settings.listen = "127.0.0.2:0";
  serve();
  EXPECT_EQ(asked("127.0.0.2"), said_of(ErrorCode::tls_certificate_wrong_name));
}

TEST_F(HttpClientTls, SaysWhereThePeerSpeaksNoTls) {
  settings.certificate_file.clear();
  settings.key_file.clear();
  serve();
  EXPECT_EQ(asked("localhost"), said_of(ErrorCode::tls_protocol));
}

TEST_F(HttpClientTls, SaysWhereThePeerEndsInTheHandshake) {
  const RawListener listener;
  std::thread ending([&] { static_cast<void>(listener.accept()); });
  const auto said = asked_at("https://127.0.0.1:" + std::to_string(listener.port()) + "/");
  EXPECT_TRUE(said == said_of(ErrorCode::connection_reset) ||
              said == said_of(ErrorCode::tls_protocol))
      << said;
  ending.join();
}

TEST_F(HttpClientTls, AsksManyAtOnceThoughNobodySpeaksHttp2) {
  serve_by_hand();
  const auto client = Client::open(wanted);
  ASSERT_TRUE(client.has_value());
  Request request;
  request.url = "https://localhost:" + std::to_string(server->port()) + "/";
  const std::vector<Request> requests(5, request);
  std::thread asking([&] {
    for (const auto& result : (*client)->exchange(requests)) {
      EXPECT_TRUE(result.has_value());
    }
  });
  std::vector<Calls::Call> taken;
  for (int n = 0; n < 5; ++n) {
    taken.push_back(calls.take());
  }
  for (auto& call : taken) {
    call.answer.send(reply_of("x"));
  }
  asking.join();
}

// Its farewell goes to a socket that is closed, and must not raise SIGPIPE.
TEST_F(HttpClientTls, OutlivesAServerThatHasEnded) {
  serve();
  const auto client = Client::open(wanted);
  ASSERT_TRUE(client.has_value());
  Request request;
  request.url = "https://localhost:" + std::to_string(server->port()) + "/";
  EXPECT_TRUE((*client)->exchange({&request, 1})[0].has_value());
  server.reset();
  const auto results = (*client)->exchange({&request, 1});
  ASSERT_FALSE(results[0].has_value());
  EXPECT_EQ(results[0].error().code, ErrorCode::connect_refused);
}

TEST_F(HttpClientTls, ComplainsOfItsTrustFile) {
  wanted.trust_file = own / "nothing.pem";
  const auto missing = Client::open(wanted);
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().file, wanted.trust_file);
  own.write("empty.pem", "no certificate");
  wanted.trust_file = own / "empty.pem";
  const auto empty = Client::open(wanted);
  ASSERT_FALSE(empty.has_value());
  EXPECT_EQ(empty.error().file, wanted.trust_file);
}

}  // namespace
}  // namespace muster::http
