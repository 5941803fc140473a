// The server under TLS: with and without certificates of clients, good ones and others.
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <thread>
#include <vector>

#include "crypto/certificate.h"
#include "tests/http/chunks.h"
#include "tests/http/folder.h"
#include "tests/http/serving.h"
#include "tests/http/tls_socket.h"

namespace muster::http {
namespace {

class HttpServerTls : public Serving {
 protected:
  HttpServerTls() {
    make_authority(own / "");
    settings.certificate_file = own / "server.pem";
    settings.key_file = own / "server.key";
    client.trust_file = own / "ca.pem";
    client.alpn.clear();
  }
  static void make_authority(const std::string& dir) {
    crypto::ThrowAwayAuthority wanted;
    wanted.dir = dir;
    wanted.topic = "device-1";
    const auto made = crypto::make_authority(wanted);
    ASSERT_TRUE(made.has_value()) << made.error().line_of_text();
  }
  void come_with_certificate_of(const Folder& authority) {
    client.certificate_file = authority / "client.pem";
    client.key_file = authority / "client.key";
  }
  // What a client hears that asks once and for the last time.
  std::string heard() {
    TlsSocket socket(server->port(), client);
    if (!socket.established()) {
      return "no handshake";
    }
    socket.write(get_last);
    auto text = socket.read_until({});
    last_error = socket.error();
    return text;
  }

  Folder own;
  Folder other;
  crypto::TlsClientSettings client;
  ErrorCode last_error = ErrorCode::none;
};

TEST_F(HttpServerTls, ServesAndEndsInGoodOrder) {
  handler = [](const ServerRequest& request, Answer answer) {
    answer.send(reply_of(request.encrypted && request.certificate.empty() ? "yes" : "no"));
  };
  serve();
  EXPECT_EQ(body_of(heard()), "yes");
  EXPECT_EQ(last_error, ErrorCode::connection_closed);
}

TEST_F(HttpServerTls, KeepsTheConnectionAndCarriesLongBodies) {
  settings.body_bytes_max = 4UL * 1024 * 1024;
  serve();
  TlsSocket socket(server->port(), client);
  ASSERT_TRUE(socket.established());
  for (const std::size_t size : {0UL, 1UL, 100'000UL, settings.body_bytes_max}) {
    socket.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(size) +
                 "\r\n\r\n");
    socket.write(std::string(size, 'x'));
    const auto all = socket.read_until("POST /?|" + std::string(size, 'x'));
    EXPECT_EQ(value_of(all, "Content-Length"), std::to_string(size + 8));
  }
  EXPECT_EQ(server->connections(), 1U);
}

TEST_F(HttpServerTls, HandsOverTheCertificateThatItsAuthoritySigned) {
  settings.client_trust_file = own / "ca.pem";
  come_with_certificate_of(own);
  serve_by_hand();
  TlsSocket socket(server->port(), client);
  ASSERT_TRUE(socket.established());
  std::vector<std::vector<Byte>> seen;
  for (int n = 0; n < 2; ++n) {
    socket.write(get);
    auto call = calls.take();
    EXPECT_TRUE(call.request.encrypted);
    EXPECT_NE(as_text(call.request.certificate).find("device-1"), std::string_view::npos);
    seen.push_back(call.request.certificate);
    call.answer.send(reply_of("x"));
    static_cast<void>(socket.read_until("\r\n\r\nx"));
  }
  EXPECT_EQ(seen[0], seen[1]);
}

TEST_F(HttpServerTls, LetsInWhoHasNoCertificate) {
  settings.client_trust_file = own / "ca.pem";
  serve();
  EXPECT_EQ(status_of(heard()), 200);
}

TEST_F(HttpServerTls, EndsTheHandshakeOfACertificateOfAnotherAuthority) {
  settings.client_trust_file = own / "ca.pem";
  make_authority(other / "");
  come_with_certificate_of(other);
  serve_by_hand();
  EXPECT_EQ(status_of(heard()), 0);
  EXPECT_EQ(last_error, ErrorCode::tls_client_refused);
  EXPECT_TRUE(calls.empty());
}

TEST_F(HttpServerTls, EndsWhatIsNoTls) {
  serve_by_hand();
  const auto socket = connect();
  socket.write(get);
  EXPECT_EQ(status_of(socket.read_all()), 0);
  EXPECT_TRUE(calls.empty());
}

TEST_F(HttpServerTls, EndsAHandshakeThatTakesTooLong) {
  settings.request_patience = std::chrono::milliseconds(100);
  serve();
  const auto silent = connect();
  const auto slow = connect();
  slow.write("\x16\x03\x01");
  EXPECT_EQ(silent.read_all(), "");
  EXPECT_EQ(slow.read_all(), "");
}

TEST_F(HttpServerTls, EndsWhereTheClientEndsInTheHandshake) {
  serve();
  const auto socket = connect();
  socket.write("\x16\x03\x01");
  socket.end();
  EXPECT_EQ(socket.read_all(), "");
}

TEST_F(HttpServerTls, RefusesWhatIsNoHttpUnderTls) {
  serve();
  TlsSocket socket(server->port(), client);
  ASSERT_TRUE(socket.established());
  socket.write("hello\r\n\r\n");
  EXPECT_EQ(status_of(socket.read_until({})), 400);
  EXPECT_EQ(socket.error(), ErrorCode::connection_closed);
}

TEST_F(HttpServerTls, EndsWhereTheRecordsBreak) {
  serve_by_hand();
  TlsSocket socket(server->port(), client);
  ASSERT_TRUE(socket.established());
  socket.write("GET / HT");
  // A record of 32 bytes that nobody has encrypted.
  socket.socket().write(std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x'));
  EXPECT_EQ(socket.read_until({}), "");
  EXPECT_EQ(socket.error(), ErrorCode::tls_protocol);
  EXPECT_TRUE(calls.empty());
}

// ── streams ──

TEST_F(HttpServerTls, StreamsPieceByPieceToItsEnd) {
  serve_by_hand();
  TlsSocket socket(server->port(), client);
  ASSERT_TRUE(socket.established());
  socket.write(get_last);
  auto outflow = calls.take().answer.stream(reply_of(""));
  std::string all = socket.read_until("\r\n\r\n");
  outflow.send("data: 1\n\n");
  EXPECT_EQ(socket.read_until("\n\n\r\n"), "9\r\ndata: 1\n\n\r\n");
  const std::string piece(1024UL * 1024, 'x');
  for (int n = 0; n < 4; ++n) {
    EXPECT_TRUE(outflow.send(piece));
  }
  outflow.finish();
  const auto chunked = chunks_of(socket.read_until({}));
  EXPECT_TRUE(chunked.whole);
  EXPECT_EQ(chunked.text.size(), 4 * piece.size());
  EXPECT_EQ(socket.error(), ErrorCode::connection_closed);
}

TEST_F(HttpServerTls, EndsAStreamThatIsNotWholeWithoutAGoodWord) {
  serve_by_hand();
  TlsSocket socket(server->port(), client);
  ASSERT_TRUE(socket.established());
  socket.write("GET / HTTP/1.0\r\n\r\n");
  {
    auto outflow = calls.take().answer.stream(reply_of(""));
    static_cast<void>(socket.read_until("\r\n\r\n"));
  }
  EXPECT_EQ(socket.read_until({}), "");
  EXPECT_NE(socket.error(), ErrorCode::connection_closed);
}

TEST_F(HttpServerTls, SeesAStreamsClientGo) {
  serve_by_hand();
  Event gone;
  auto socket = std::make_unique<TlsSocket>(server->port(), client);
  ASSERT_TRUE(socket->established());
  socket->write(get);
  auto outflow = calls.take().answer.stream(reply_of(""));
  static_cast<void>(socket->read_until("\r\n\r\n"));
  outflow.send(std::string(outflow_bytes_max, 'x'), [&](bool whole) {
    EXPECT_FALSE(whole);
    gone.happen();
  });
  // A record that nobody has encrypted: then the socket's end.
  socket->socket().write(std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x'));
  EXPECT_TRUE(gone.wait());
  EXPECT_TRUE(outflow.gone());
}

// ── certificates that change ──

TEST_F(HttpServerTls, ShowsNewConnectionsACertificateThatItHasReadAnew) {
  serve();
  TlsSocket earlier(server->port(), client);
  ASSERT_TRUE(earlier.established());
  make_authority(other / "");
  std::filesystem::copy_file(other / "server.pem", settings.certificate_file,
                             std::filesystem::copy_options::overwrite_existing);
  std::filesystem::copy_file(other / "server.key", settings.key_file,
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_EQ(status_of(heard()), 200);  // not read yet
  const auto reloaded = server->reload();
  ASSERT_TRUE(reloaded.has_value()) << reloaded.error().line_of_text();
  EXPECT_EQ(heard(), "no handshake");
  client.trust_file = other / "ca.pem";
  EXPECT_EQ(status_of(heard()), 200);
  // Who was there goes on.
  earlier.write(get_last);
  EXPECT_EQ(status_of(earlier.read_until({})), 200);
}

TEST_F(HttpServerTls, GoesOnWithWhatItHasWhereTheNewFilesAreNoGood) {
  serve();
  make_authority(other / "");
  std::filesystem::copy_file(other / "server.key", settings.key_file,
                             std::filesystem::copy_options::overwrite_existing);
  const auto of_another = server->reload();
  ASSERT_FALSE(of_another.has_value());
  EXPECT_NE(of_another.error().line_of_text().find("server.key"), std::string::npos);
  EXPECT_NE(of_another.error().line_of_text().find("does not belong"), std::string::npos);
  std::filesystem::remove(settings.certificate_file);
  const auto missing = server->reload();
  ASSERT_FALSE(missing.has_value());
  EXPECT_NE(missing.error().line_of_text().find("server.pem"), std::string::npos);
  EXPECT_EQ(status_of(heard()), 200);
}

TEST_F(HttpServerTls, ReloadsFromAnyThreadWhileItServes) {
  serve();
  std::thread reloading([&] {
    for (int n = 0; n < 20; ++n) {
      EXPECT_TRUE(server->reload().has_value());
    }
  });
  for (int n = 0; n < 20; ++n) {
    EXPECT_EQ(status_of(heard()), 200);
  }
  reloading.join();
}

TEST_F(HttpServerTls, HasNothingToReloadInClear) {
  settings.certificate_file.clear();
  settings.key_file.clear();
  serve();
  EXPECT_TRUE(server->reload().has_value());
  EXPECT_EQ(status_of(said_to(get_last)), 200);
}

TEST_F(HttpServerTls, ComplainsOfItsFiles) {
  settings.key_file = own / "nothing.key";
  EXPECT_NE(complaint_of(settings).find("nothing.key"), std::string::npos);
  settings.key_file = own / "client.key";
  EXPECT_NE(complaint_of(settings).find("does not belong"), std::string::npos);
  settings.key_file = own / "server.key";
  settings.client_trust_file = own / "nobody.pem";
  EXPECT_NE(complaint_of(settings).find("nobody.pem"), std::string::npos);
}

TEST_F(HttpServerTls, ComplainsOfFilesThatAServerInClearCannotUse) {
  settings.certificate_file.clear();
  EXPECT_NE(complaint_of(settings).find("server.key"), std::string::npos);
  settings.key_file.clear();
  settings.client_trust_file = own / "ca.pem";
  EXPECT_NE(complaint_of(settings).find("ca.pem"), std::string::npos);
}

}  // namespace
}  // namespace muster::http
