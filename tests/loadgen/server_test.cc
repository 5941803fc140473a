#include "loadgen/server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <optional>
#include <thread>

#include "crypto/certificate.h"
#include "crypto/tls.h"
#include "loadgen/apns_host.h"
#include "loadgen/fault_file.h"
#include "tests/loadgen/client.h"
#include "tests/loadgen/scratch.h"

namespace muster::loadgen {
namespace {

// A blocking connection of the client to a port; TLS where a context is given.
class Line {
 public:
  Line(std::uint16_t port, const crypto::TlsContext* tls) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    up_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    if (tls != nullptr) {
      tls_.emplace(*tls, "localhost");
      handshake();
    }
  }
  ~Line() { ::close(fd_); }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  [[nodiscard]] bool up() const { return up_; }
  [[nodiscard]] Error why() const { return why_; }

  // One round: what the client has to say, then whatever one read brings. False: the end.
  bool turn(Client& client) {
    const auto asked = client.send();
    if (tls_) {
      up_ = up_ && tls_->encrypt(asked).has_value();
    }
    put_out(asked);
    return up_ && take_in(client);
  }
  // A round with a peer that may say nothing: the read gives up after a while.
  void turn_with_patience(Client& client, timeval patience) {
    (void)::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    (void)turn(client);
  }
  // Until the stream is closed, or the line is.
  void await(Client& client, std::int32_t stream) {
    while (!client.replies[stream].closed && turn(client)) {
    }
  }
  void await_end(Client& client) {
    while (turn(client)) {
    }
  }

 private:
  void put_out(Bytes plain) {
    const Bytes bytes = tls_ ? tls_->output() : plain;
    if (!bytes.empty()) {
      up_ = up_ && ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) >= 0;
      if (tls_) {
        tls_->take(bytes.size());
      }
    }
  }
  void handshake() {
    auto done = tls_->feed({});
    while (up_ && done && !*done) {
      put_out({});
      const auto got = ::recv(fd_, room_.data(), room_.size(), 0);
      up_ = got > 0;
      done = tls_->feed(Bytes(room_).first(up_ ? static_cast<std::size_t>(got) : 0));
    }
    if (!done) {
      up_ = false;
      why_ = done.error();
    }
  }
  bool take_in(Client& client) {
    const auto got = ::recv(fd_, room_.data(), room_.size(), 0);
    if (got <= 0) {
      up_ = false;
      return false;
    }
    const auto bytes = Bytes(room_).first(static_cast<std::size_t>(got));
    if (!tls_) {
      client.receive(bytes);
      return true;
    }
    const auto fed = tls_->feed(bytes);
    std::array<Byte, 65'536> plain{};
    for (auto size = tls_->decrypt(plain); fed && size && *size > 0; size = tls_->decrypt(plain)) {
      client.receive(Bytes(plain).first(*size));
    }
    up_ = fed.has_value();
    why_ = fed ? Error{} : fed.error();
    return up_;
  }

  int fd_;
  bool up_ = false;
  Error why_;
  std::optional<crypto::TlsEngine> tls_;
  std::array<Byte, 65'536> room_{};
};

class ApnsServer : public ::testing::Test {
 protected:
  ApnsServer() : stop_(::eventfd(0, EFD_CLOEXEC)) {
    peer_.clock = &clock_;
    settings_.clock = &clock_;
    settings_.stop_fd = stop_;
  }
  ~ApnsServer() override {
    stop();
    ::close(stop_);
  }
  void faults(const std::string& text) {
    auto plan = read_faults(text, "faults.toml");
    ASSERT_TRUE(plan) << plan.error().line_of_text();
    peer_.faults = std::move(*plan);
  }
  void use_tls(bool client_required = false) {
    ASSERT_TRUE(crypto::make_authority({scratch_.dir(), "com.apple.mgmt.External.x"}));
    crypto::TlsServerSettings server;
    server.certificate_file = scratch_ / "server.pem";
    server.key_file = scratch_ / "server.key";
    server.client_trust_file = client_required ? scratch_ / "ca.pem" : "";
    server.client_required = client_required;
    server_tls_ = std::move(*crypto::TlsContext::server(server));
    ways_.tls = server_tls_.get();
    crypto::TlsClientSettings client;
    client.trust_file = scratch_ / "ca.pem";
    client.certificate_file = client_required ? scratch_ / "client.pem" : "";
    client.key_file = client_required ? scratch_ / "client.key" : "";
    client_tls_ = std::move(*crypto::TlsContext::client(client));
  }
  Result<std::unique_ptr<Server>, Complaint> open() {
    host_.emplace(peer_, ways_);
    return Server::open(settings_, *host_);
  }
  void start() {
    auto opened = open();
    ASSERT_TRUE(opened) << opened.error().line_of_text();
    server_ = std::move(*opened);
    port_ = server_->port();
    thread_ = std::thread([this] { ran_ = server_->run(); });
  }
  void stop() {
    if (thread_.joinable()) {
      const std::uint64_t one = 1;
      EXPECT_EQ(::write(stop_, &one, sizeof one), 8);
      thread_.join();
      EXPECT_TRUE(ran_);
    }
  }
  std::string wake(std::uint32_t device) {
    Line line(port_, client_tls_.get());
    Client client;
    const auto stream = client.wake_device(device);
    line.await(client, stream);
    return client.status(stream);
  }

  Scratch scratch_;
  SystemClock clock_;
  ApnsPeer peer_;
  ApnsHost::Ways ways_;
  std::optional<ApnsHost> host_;
  ServerSettings settings_;
  int stop_;
  std::unique_ptr<crypto::TlsContext> server_tls_;
  std::unique_ptr<crypto::TlsContext> client_tls_;
  std::unique_ptr<Server> server_;
  std::uint16_t port_ = 0;
  std::thread thread_;
  Result<void, Complaint> ran_;
};

TEST_F(ApnsServer, AnswersOverPlainTcp) {
  start();
  EXPECT_EQ(wake(1), "200");
  stop();
  EXPECT_EQ(peer_.stats.connections, 1U);
  EXPECT_EQ(peer_.stats.requests, 1U);
}

TEST_F(ApnsServer, AnswersOverTlsAndTakesTheTopicOfTheClientsCertificate) {
  peer_.certificate_mode = true;
  use_tls(true);
  start();
  EXPECT_EQ(wake(1), "200");
  stop();
  EXPECT_EQ(peer_.stats.tls_failures, 0U);
}

TEST_F(ApnsServer, JournalsBeforeItAnswers) {
  auto journal = Journal::open(scratch_ / "j");
  peer_.journal = &*journal;
  start();
  EXPECT_EQ(wake(1), "200");
  // The server still runs: the record must be in the file already.
  auto reader = JournalReader::open(scratch_ / "j");
  JournalRecord record;
  ASSERT_EQ(reader->next(record), true);
  EXPECT_TRUE(record.answered);
  stop();
}

TEST_F(ApnsServer, ServesManyRequestsAndConnectionsFast) {
  ways_.fast = true;
  use_tls();
  start();
  Line first(port_, client_tls_.get());
  Line second(port_, client_tls_.get());
  for (auto* line : {&first, &second}) {
    Client client;
    std::int32_t last = 0;
    for (std::uint32_t n = 0; n < 500; ++n) {
      last = client.wake_device(n);
    }
    line->await(client, last);
    EXPECT_EQ(client.status(last), "200");
  }
  stop();
  EXPECT_EQ(peer_.stats.requests, 1000U);
}

TEST_F(ApnsServer, DelaysAnswersWithoutBlockingOthers) {
  peer_.delay = std::chrono::milliseconds(20);
  start();
  const auto before = clock_.now();
  EXPECT_EQ(wake(1), "200");
  EXPECT_GE(clock_.now() - before, peer_.delay);
}

TEST_F(ApnsServer, TricklesOneByteAtATime) {
  faults("[[fault]]\nkind=\"trickle\"\non=\"connection\"\nevery=1\npause_ms=0\n");
  start();
  EXPECT_EQ(wake(1), "200");
}

TEST_F(ApnsServer, EndsAConnectionAfterItsGoaway) {
  use_tls();
  faults("[[fault]]\nkind=\"goaway\"\nevery=1\nreason=\"Shutdown\"\n");
  start();
  Line line(port_, client_tls_.get());
  Client client;
  const auto stream = client.wake_device(1);
  line.await_end(client);
  EXPECT_EQ(client.status(stream), "200");
  EXPECT_EQ(client.goaways, 1);
}

TEST_F(ApnsServer, ResetsAConnectionTheHardWay) {
  faults("[[fault]]\nkind=\"close\"\nevery=1\ncount=1\n");
  start();
  EXPECT_EQ(wake(1), "");
  EXPECT_EQ(wake(1), "200");
}

TEST_F(ApnsServer, AnswersAHandshakeWithAnAlert) {
  use_tls();
  faults("[[fault]]\nkind=\"tls_alert\"\nevery=1\ncount=1\n");
  start();
  {
    const Line line(port_, client_tls_.get());
    EXPECT_FALSE(line.up());
    EXPECT_NE(line.why().code, ErrorCode::none);
  }
  EXPECT_EQ(wake(1), "200");
  stop();
  EXPECT_EQ(peer_.stats.tls_failures, 1U);
}

TEST_F(ApnsServer, PlaysDeadAndJournalsWhatItOwedWhenTheClientLeaves) {
  auto journal = Journal::open(scratch_ / "j");
  peer_.journal = &*journal;
  faults("[[fault]]\nkind=\"half_open\"\nevery=2\ncount=1\n");
  start();
  {
    Line line(port_, nullptr);
    Client client;
    line.await(client, client.wake_device(1));
    (void)client.wake_device(2);
    EXPECT_EQ(client.status(1), "200");
    line.turn_with_patience(client, timeval{0, 50'000});
    EXPECT_EQ(client.status(3), "");
  }
  stop();
  auto reader = JournalReader::open(scratch_ / "j");
  JournalRecord record;
  ASSERT_EQ(reader->next(record), true);
  ASSERT_EQ(reader->next(record), true);
  EXPECT_FALSE(record.answered);
}

TEST_F(ApnsServer, EndsByItselfWhenNobodyCalls) {
  settings_.stop_fd = -1;
  settings_.idle_max = std::chrono::milliseconds(1);
  auto server = open();
  ASSERT_TRUE(server);
  EXPECT_TRUE((*server)->run());
}

TEST_F(ApnsServer, SaysWhereItCannotListen) {
  using ::testing::HasSubstr;
  ApnsHost other(peer_, ways_);
  const auto complaint = [this, &other](const std::string& address) {
    settings_.listen = address;
    const auto opened = Server::open(settings_, other);
    return opened ? "fine" : opened.error().line_of_text();
  };
  EXPECT_THAT(complaint("nowhere"), HasSubstr("not an address"));
  EXPECT_THAT(complaint("example.org:80"), HasSubstr("cannot listen on 'example.org:80'"));
  settings_.listen = "127.0.0.1:0";
  start();

  EXPECT_THAT(complaint("127.0.0.1:" + std::to_string(port_)), HasSubstr("in use"));
}

}  // namespace
}  // namespace muster::loadgen
