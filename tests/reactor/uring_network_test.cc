// io_uring in straits: rings so small that submissions, completions and buffers run out all the
// time.
#include "reactor/uring_network.h"

#include <future>

#include "reactor/uring_probe.h"
#include "tests/reactor/harness.h"

namespace muster::reactor {
namespace {

constexpr UringSizes tiny{8, 16, 2, 512};

class TinyRing : public testing::Test {
 protected:
  void SetUp() override {
    network = checked(UringNetwork::open(clock, look_up, tiny));
    ASSERT_NE(network, nullptr);
  }
  SystemClock clock;
  std::unique_ptr<BaseNetwork> network;
};

TEST_F(TinyRing, LosesNoByteOfManyConnections) {
  constexpr std::size_t many = 100;
  const Listener listener;
  std::vector<TestSession> sessions(many);
  for (auto& session : sessions) {
    session.echoes = true;
    (void)network->open(listener.endpoint(), session);
  }
  ASSERT_TRUE(turn_until(*network, [&] {
    return std::all_of(sessions.begin(), sessions.end(), [](auto& one) { return one.connects; });
  }));
  std::vector<Socket> peers;
  std::vector<std::string> said;
  for (std::size_t n = 0; n < many; ++n) {  // all at once, more than all buffers hold
    peers.push_back(listener.accept());
    said.push_back(std::string(5000 + n, static_cast<char>('a' + n % 26)));
    peers.back().write(said.back());
  }
  ASSERT_TRUE(turn_until(*network, [&] {
    return std::all_of(sessions.begin(), sessions.end(), [](auto& one) {
      return one.in.size() >= 5000 && one.said == one.in.size() && one.in.size() % 5000 < 100;
    });
  }));
  network->turn(network->now());
  for (std::size_t n = 0; n < many; ++n) {
    ASSERT_TRUE(turn_until(*network, [&] { return sessions[n].in.size() == said[n].size(); }));
    network->turn(network->now());
    EXPECT_EQ(peers[n].read(said[n].size()), said[n]);
  }
  peers.clear();
  EXPECT_TRUE(turn_until(*network, [&] { return network->connections() == 0; }));
  EXPECT_TRUE(std::all_of(sessions.begin(), sessions.end(), [](auto& one) {
    return one.error.code == ErrorCode::connection_closed;
  }));
}

TEST_F(TinyRing, ReceivesMuchThroughFewBuffers) {
  const Listener listener;
  TestSession session;
  (void)network->open(listener.endpoint(), session);
  ASSERT_TRUE(turn_until(*network, [&] { return session.connects == 1; }));
  const auto peer = listener.accept();
  std::string said;
  for (int n = 0; said.size() < 4'000'000; ++n) {
    said += std::to_string(n) + " ";
  }
  auto writes = std::async(std::launch::async, [&] { peer.write(said); });
  EXPECT_TRUE(turn_until(*network, [&] { return session.in.size() == said.size(); }));
  writes.get();
  EXPECT_EQ(session.in, said);
}

TEST_F(TinyRing, IgnoresWhatComesLateForAClosedConnection) {
  const Listener listener;
  TestSession session;
  session.out = std::string(1'000'000, 'x');
  const auto id = network->open(listener.endpoint(), session);
  ASSERT_TRUE(turn_until(*network, [&] { return session.said > 0; }));
  const auto peer = listener.accept();
  peer.write(std::string(10'000, 'y'));  // completions of both directions are on their way
  network->close(id);
  network->turn(network->now());
  EXPECT_EQ(session.losses, 1);
  EXPECT_TRUE(turn_until(*network, [&] { return network->connections() == 0; }));
  EXPECT_EQ(session.losses, 1);
}

TEST(UringProbe, TellsWhereARingRefusesOtherOperations) {
  io_uring ring{};
  ASSERT_EQ(io_uring_queue_init(4, &ring, uring_flags | IORING_SETUP_R_DISABLED), 0);
  ASSERT_EQ(restrict_uring(ring), 0);
  ASSERT_EQ(enable_uring(ring), 0);
  io_uring_prep_close(io_uring_get_sqe(&ring), 0);
  io_uring_cqe* completion = nullptr;
  ASSERT_GE(io_uring_submit_and_wait_timeout(&ring, &completion, 1, nullptr, nullptr), 0);
  EXPECT_EQ(completion->res, -EACCES);
  EXPECT_EQ(restrict_uring(ring), EACCES);  // nor may it be loosened again
  io_uring_queue_exit(&ring);
}

TEST(UringNetwork, ComplainsOfSizesThatTheKernelRefuses) {
  const SystemClock clock;
  const auto made = UringNetwork::open(clock, look_up, UringSizes{8, 16, 3, 512});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().cause.os_error, EINVAL);
  const auto large = UringNetwork::open(clock, look_up, UringSizes{1U << 30, 16, 2, 512});
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().cause.os_error, EINVAL);
}

}  // namespace
}  // namespace muster::reactor
