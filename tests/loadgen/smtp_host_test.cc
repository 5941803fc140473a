#include "loadgen/smtp_host.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <thread>

namespace muster::loadgen {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class SmtpHostTest : public ::testing::Test {
 protected:
  SmtpHostTest() { peer_.clock = &clock_; }

  // What a new connection hears first; it stays open until gone().
  std::string greeting(std::uint32_t number) {
    conversation_ = host_.welcome(number, clock_.now()).begin("");
    std::vector<Byte> bytes;
    conversation_->transmit(bytes);
    return std::string(as_text(bytes));
  }

  SystemClock clock_;
  SmtpPeer peer_;
  SmtpHost::Ways ways_;
  SmtpHost host_{peer_, ways_};
  std::unique_ptr<Conversation> conversation_;
};

TEST_F(SmtpHostTest, GreetsWhoIsOneTooManyWith421AndTheNextOnceSomebodyLeft) {
  peer_.rules.connections = 2;
  EXPECT_THAT(greeting(1), StartsWith("220 "));
  EXPECT_THAT(greeting(2), StartsWith("220 "));
  EXPECT_FALSE(conversation_->wants_close());
  EXPECT_THAT(greeting(3), StartsWith("421 4.7.0 "));
  EXPECT_TRUE(conversation_->wants_close());
  host_.gone(3);
  EXPECT_THAT(greeting(4), StartsWith("421 "));
  host_.gone(1);
  EXPECT_THAT(greeting(5), StartsWith("220 "));
  EXPECT_THAT(peer_.stats.json(), HasSubstr("\"connections\":5,\"connections_most\":2,"));
  EXPECT_EQ(peer_.stats.refused["greeting 421"], 2U);
}

TEST_F(SmtpHostTest, LimitsAFastServerToo) {
  peer_.rules.connections = 1;
  ways_.fast = true;
  SmtpHost fast(peer_, ways_);
  (void)fast.welcome(1, clock_.now()).begin("");
  conversation_ = fast.welcome(2, clock_.now()).begin("");
  EXPECT_TRUE(conversation_->wish().linger);
}

TEST_F(SmtpHostTest, LetsAnyNumberInWhereNoneIsSet) {
  for (std::uint32_t number = 1; number <= 100; ++number) {
    EXPECT_THAT(greeting(number), StartsWith("220 "));
  }
  EXPECT_EQ(peer_.stats.connections_most, 100U);
}

// The first three characters that a connection of its own hears.
std::string heard_at(const sockaddr_in& address, int& fd) {
  fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  std::array<char, 3> code{};
  EXPECT_EQ(::recv(fd, code.data(), code.size(), MSG_WAITALL), 3);
  return {code.begin(), code.end()};
}

TEST_F(SmtpHostTest, ListensOnAnyLoopbackAddressAndLearnsThatAConnectionIsOver) {
  peer_.rules.connections = 1;
  const int stop = ::eventfd(0, EFD_CLOEXEC);
  auto server = Server::open({"127.0.1.7:0", &clock_, Duration{0}, stop}, host_);
  ASSERT_TRUE(server) << server.error().line_of_text();
  std::thread thread([&server] { EXPECT_TRUE((*server)->run()); });
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons((*server)->port());
  address.sin_addr.s_addr = htonl(0x7f000107);

  int first = -1;
  int other = -1;
  EXPECT_EQ(heard_at(address, first), "220");
  EXPECT_EQ(heard_at(address, other), "421");
  ::close(other);
  ::close(first);
  // The server learns of the close in a turn of its own.
  std::string heard;
  const auto until = clock_.now() + std::chrono::seconds(20);
  while (heard != "220" && clock_.now() < until) {
    heard = heard_at(address, other);
    ::close(other);
  }
  EXPECT_EQ(heard, "220");

  const std::uint64_t one = 1;
  EXPECT_EQ(::write(stop, &one, sizeof one), 8);
  thread.join();
  ::close(stop);
}

}  // namespace
}  // namespace muster::loadgen
