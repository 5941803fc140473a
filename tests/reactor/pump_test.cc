// Connections through TLS, against an engine on the server's side in a thread of its own.
#include "reactor/pump.h"

#include <sys/stat.h>

#include <filesystem>
#include <future>
#include <thread>

#include "crypto/certificate.h"
#include "tests/reactor/harness.h"

namespace muster::reactor {
namespace {

// A throw-away authority in a folder of this process, made once.
const std::string& authority() {
  static const std::string dir = [] {
    auto made =
        std::filesystem::temp_directory_path() / ("muster-reactor-" + std::to_string(::getpid()));
    std::filesystem::create_directories(made);
    crypto::ThrowAwayAuthority wanted;
    wanted.dir = made.string();
    wanted.topic = "com.apple.mgmt.test";
    const auto done = crypto::make_authority(wanted);
    EXPECT_TRUE(done) << done.error().line_of_text();
    return made.string();
  }();
  return dir;
}

class RemoveAuthority : public testing::Environment {
  void TearDown() override { std::filesystem::remove_all(authority()); }
};
[[maybe_unused]] const auto* const remove_authority =
    testing::AddGlobalTestEnvironment(new RemoveAuthority);

std::unique_ptr<crypto::TlsContext> server_context(const std::string& alpn = "h2",
                                                   bool client_required = false) {
  crypto::TlsServerSettings settings;
  settings.certificate_file = authority() + "/server.pem";
  settings.key_file = authority() + "/server.key";
  settings.alpn = alpn;
  settings.client_required = client_required;
  settings.client_trust_file = client_required ? authority() + "/ca.pem" : "";
  auto made = crypto::TlsContext::server(settings);
  EXPECT_TRUE(made) << made.error().line_of_text();
  return std::move(*made);
}

std::unique_ptr<crypto::TlsContext> client_context(bool trusting = true, bool verifying = true,
                                                   const std::string& alpn = "h2") {
  crypto::TlsClientSettings settings;
  settings.trust_file = trusting ? authority() + "/ca.pem" : "";
  settings.verify = verifying;
  settings.alpn = alpn;
  auto made = crypto::TlsContext::client(settings);
  EXPECT_TRUE(made) << made.error().line_of_text();
  return std::move(*made);
}

// Serves one connection: echoes until the client ends, or after `most` bytes closes in good
// order.
struct TlsPeer {
  const crypto::TlsContext& context;
  std::size_t most = SIZE_MAX;
  bool echoes = true;
  std::size_t heard = 0;
  Error end = {};  // how the client ended it; none: we did, or the socket ended without a word

  void serve(const Socket& socket) {
    crypto::TlsEngine engine(context, "");
    std::array<char, 65536> raw{};
    std::array<Byte, 65536> plain{};
    while (heard < most) {
      const auto count = ::recv(socket.fd(), raw.data(), raw.size(), 0);
      if (count <= 0) {
        return;
      }
      const auto fed = engine.feed(as_bytes({raw.data(), static_cast<std::size_t>(count)}));
      if (!fed) {
        end = fed.error();
        flush(engine, socket);
        return;
      }
      while (*fed) {
        const auto size = engine.decrypt(plain);
        if (!size) {
          end = size.error();
          return;
        }
        if (*size == 0) {
          break;
        }
        heard += *size;
        if (echoes) {
          ASSERT_TRUE(engine.encrypt(Bytes(plain).first(*size)));
        }
      }
      flush(engine, socket);
    }
    engine.close_notify();
    flush(engine, socket);
  }
  static void flush(crypto::TlsEngine& engine, const Socket& socket) {
    socket.write(as_text(engine.output()));
    engine.take(engine.output().size());
  }
};

class Secured : public BothKinds {
 protected:
  // Opens to `peer`, turns until the session is lost or `done`, and waits for the peer's end.
  template <class Done>
  void converse(TlsPeer& peer, const crypto::TlsContext& client, TestSession& session, Done done,
                const std::string& host = "localhost") {
    const Listener listener;
    auto served = std::async(std::launch::async, [&] { peer.serve(listener.accept()); });
    id = network->open({host, listener.port(), &client, 0}, session);
    // "localhost" may have a second address on which nobody listens: the walk finds the one that
    // has.
    EXPECT_TRUE(turn_until([&] { return session.is_lost() || done(); }));
    network->close(id);
    EXPECT_TRUE(turn_until([&] { return network->connections() == 0; }));
    served.get();
  }
};
class SecuredByFakeClock : public BothKindsByFakeClock {};
MUSTER_ON_BOTH_KINDS(Secured);
MUSTER_ON_BOTH_KINDS(SecuredByFakeClock);

TEST_P(Secured, CarriesMuchBothWays) {
  const auto server = server_context();
  const auto client = client_context();
  TlsPeer peer{*server};
  TestSession session;
  session.piece = 1000;  // many pieces share a record
  for (int n = 0; session.out.size() < 1024 * 1024; ++n) {
    session.out += std::to_string(n) + " ";
  }
  converse(peer, *client, session, [&] { return session.in.size() == session.out.size(); });
  EXPECT_EQ(session.in, session.out);
  EXPECT_EQ(session.error, Error{});
}

TEST_P(Secured, VerifiesALiteralAddressToo) {
  const auto server = server_context();
  const auto client = client_context();
  TlsPeer peer{*server};
  TestSession session;
  converse(peer, *client, session, [&] { return session.connects == 1; }, "127.0.0.1");
  EXPECT_EQ(session.connects, 1);
}

TEST_P(Secured, RefusesACertificateThatNobodyTrustedSignedAndSaysSo) {
  const auto server = server_context();
  const auto client = client_context(false);
  TlsPeer peer{*server};
  TestSession session;
  converse(peer, *client, session, [] { return false; });
  EXPECT_EQ(session.error.code, ErrorCode::tls_certificate_untrusted);
  EXPECT_EQ(session.connects, 0);
  EXPECT_NE(peer.end.code, ErrorCode::none);  // our alert has reached it
}

TEST_P(Secured, RefusesACertificateOfAnotherName) {
  network = network_of(GetParam(), clock, [](auto&, auto port) -> Result<std::vector<Address>> {
    return literal_address("127.0.0.1", port);
  });
  const auto server = server_context();
  const auto client = client_context();
  TlsPeer peer{*server};
  TestSession session;
  converse(peer, *client, session, [] { return false; }, "another.invalid");
  EXPECT_EQ(session.error.code, ErrorCode::tls_certificate_wrong_name);
  EXPECT_EQ(session.connects, 0);
}

TEST_P(Secured, RefusesAPeerOfAnotherProtocol) {
  const auto server = server_context("http/1.1");
  const auto client = client_context();
  TlsPeer peer{*server};
  TestSession session;
  converse(peer, *client, session, [] { return false; });
  EXPECT_EQ(session.error.code, ErrorCode::alpn_refused);
}

TEST_P(Secured, TellsThatThePeerWantedOurCertificate) {
  const auto server = server_context("h2", true);
  const auto client = client_context();
  TlsPeer peer{*server};
  TestSession session;
  converse(peer, *client, session, [] { return false; });
  EXPECT_EQ(session.error.code, ErrorCode::tls_client_refused);
}

TEST_P(Secured, TellsANameThatNoCertificateCanHold) {
  network = network_of(GetParam(), clock, [](auto&, auto port) -> Result<std::vector<Address>> {
    return literal_address("127.0.0.1", port);
  });
  const auto client = client_context();
  const Listener listener;
  TestSession session;
  id = network->open({std::string(300, 'a'), listener.port(), client.get(), 0}, session);
  ASSERT_TRUE(turn_until([&] { return session.is_lost(); }));
  EXPECT_EQ(session.error.code, ErrorCode::tls_certificate_wrong_name);
}

TEST_P(Secured, TellsAPeerThatDoesNotSpeakTls) {
  const auto client = client_context();
  const Listener listener;
  TestSession session;
  id = network->open({"127.0.0.1", listener.port(), client.get(), 0}, session);
  auto served = std::async(std::launch::async, [&] {
    const auto peer = listener.accept();
    peer.write("220 mail.example ESMTP\r\n");
    (void)peer.read(SIZE_MAX);
  });
  ASSERT_TRUE(turn_until([&] { return session.is_lost(); }));
  EXPECT_EQ(session.error.code, ErrorCode::tls_protocol);
  EXPECT_TRUE(turn_until([&] { return network->connections() == 0; }));
  served.get();
}

TEST_P(Secured, DeliversWhatCameBeforeThePeersCloseNotify) {
  const auto server = server_context();
  const auto client = client_context();
  TlsPeer peer{*server, 5};
  TestSession session;
  session.out = "hello";
  converse(peer, *client, session, [] { return false; });
  EXPECT_EQ(session.in, "hello");
  EXPECT_EQ(session.error.code, ErrorCode::connection_closed);
}

TEST_P(Secured, SaysCloseNotifyWhenItClosesInGoodOrder) {
  const auto server = server_context();
  const auto client = client_context();
  TlsPeer peer{*server, SIZE_MAX, false};
  TestSession session;
  session.out = "farewell";
  converse(peer, *client, session, [&] {
    session.closes = session.connects == 1;
    network->wake(id);
    return false;
  });
  EXPECT_EQ(session.error, Error{});
  EXPECT_EQ(peer.heard, 8U);
  EXPECT_EQ(peer.end.code, ErrorCode::connection_closed);
}

// Asks for TLS in clear, then says a word through it.
class AskingSession final : public wire::Session {
 public:
  std::string out = "STARTTLS\r\n";
  std::size_t said = 0;
  std::string in;
  bool wants = false;
  int secures = 0;
  Error error;
  bool is_lost = false;

  void connected(Instant /*now*/) override {}
  void receive(Bytes bytes, Instant /*now*/) override {
    in += as_text(bytes);
    wants = wants || in == "220 go\r\n";
  }
  void secured(Instant /*now*/) override {
    ++secures;
    out += "whispered";
  }
  std::size_t transmit(MutableBytes room, Instant /*now*/) override {
    const auto count = std::min(room.size(), out.size() - said);
    std::copy_n(out.data() + said, count, room.data());
    said += count;
    return count;
  }
  Instant deadline() const override { return Instant::never(); }
  void expire(Instant /*now*/) override {}
  bool wants_close() const override { return false; }
  bool wants_tls() const override { return wants; }
  void lost(Error why, Instant /*now*/) override {
    error = why;
    is_lost = true;
  }
};

class StartingTls : public Secured {
 protected:
  void begin(TlsPeer& peer, const crypto::TlsContext& client, const std::string& server_name) {
    const Listener listener;
    auto served = std::async(std::launch::async, [&] {
      const auto socket = listener.accept();
      EXPECT_EQ(socket.read(10), "STARTTLS\r\n");
      socket.write("220 go\r\n");
      peer.serve(socket);
    });
    wire::Endpoint endpoint{"127.0.0.1", listener.port(), &client};
    endpoint.tls_later = true;
    endpoint.server_name = server_name;
    id = network->open(endpoint, session);
    EXPECT_TRUE(turn_until([&] { return session.is_lost || session.in == "220 go\r\nwhispered"; }));
    network->close(id);
    EXPECT_TRUE(turn_until([&] { return network->connections() == 0; }));
    served.get();
  }
  AskingSession session;
};
MUSTER_ON_BOTH_KINDS(StartingTls);

TEST_P(StartingTls, GoesOnThroughTlsOnceThePeerConsents) {
  const auto server = server_context("");
  const auto client = client_context(true, true, "");
  TlsPeer peer{*server};
  begin(peer, *client, "localhost");
  EXPECT_EQ(session.secures, 1);
  EXPECT_EQ(peer.heard, 9U) << "not a byte of it in clear";
}

TEST_P(StartingTls, VerifiesTheNameThatTheEndpointSays) {
  const auto server = server_context("");
  const auto client = client_context(true, true, "");
  TlsPeer peer{*server};
  begin(peer, *client, "mail.school.example");
  EXPECT_EQ(session.secures, 0);
  EXPECT_EQ(session.error.code, ErrorCode::tls_certificate_wrong_name);
}

TEST_P(StartingTls, TakesAnyCertificateWhereItsContextVerifiesNothing) {
  const auto server = server_context("");
  const auto client = client_context(false, false, "");
  TlsPeer peer{*server};
  begin(peer, *client, "mail.school.example");
  EXPECT_EQ(session.secures, 1);
}

TEST_P(SecuredByFakeClock, GivesAHandshakeTenSeconds) {
  const auto client = client_context();
  const Listener listener;
  TestSession session;
  id = network->open({"127.0.0.1", listener.port(), client.get(), 0}, session);
  ASSERT_TRUE(turn_until([&] { return !network->peer(id).empty(); }));
  turn();
  fake_clock.turn(std::chrono::milliseconds(9'999));
  turn();
  EXPECT_FALSE(session.is_lost());
  fake_clock.turn(std::chrono::milliseconds(1));
  turn();
  ASSERT_TRUE(session.is_lost());
  EXPECT_EQ(session.error.code, ErrorCode::connect_timeout);
}

}  // namespace
}  // namespace muster::reactor
