// Plain connections: bytes, ends, deadlines, the doorbell. On both kernel interfaces.
#include <future>
#include <thread>

#include "tests/reactor/harness.h"

namespace muster::reactor {
namespace {

class Plain : public BothKinds {};
class PlainByFakeClock : public BothKindsByFakeClock {};
MUSTER_ON_BOTH_KINDS(Plain);
MUSTER_ON_BOTH_KINDS(PlainByFakeClock);

// The descriptor, in this process, of the socket that is connected to `port`.
int socket_towards(std::uint16_t port) {
  for (int fd = 3; fd < 1024; ++fd) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0 &&
        address.sin_family == AF_INET && ntohs(address.sin_port) == port) {
      return fd;
    }
  }
  return -1;
}

TEST_P(Plain, CarriesBytesBothWays) {
  const Listener listener;
  TestSession session;
  session.out = "hello";
  const auto peer = connect(listener, session);
  EXPECT_EQ(network->peer(id), "127.0.0.1:" + std::to_string(listener.port()));

  ASSERT_TRUE(turn_until([&] { return session.said == 5; }));
  network->turn(network->now());
  EXPECT_EQ(peer.read(5), "hello");
  peer.write("world");
  ASSERT_TRUE(turn_until([&] { return session.in == "world"; }));
  EXPECT_FALSE(session.is_lost());
}

TEST_P(Plain, IsOfTheKindAskedFor) {
  EXPECT_EQ(kind_of(*network), GetParam());
}

TEST_P(Plain, NeverLosesFromWithinOpen) {
  TestSession session;
  id = network->open({"127.0.0.1", deserted_port(), nullptr, 0}, session);
  EXPECT_FALSE(session.is_lost());
  EXPECT_EQ(network->peer(id), "");
  ASSERT_TRUE(turn_until([&] { return session.is_lost(); }));
  EXPECT_EQ(session.error.code, ErrorCode::connect_refused);
  EXPECT_EQ(session.connects, 0);
}

TEST_P(Plain, TellsAnAddressThatCannotBeReachedAtAll) {
  TestSession session;
  id = network->open({"255.255.255.255", 1, nullptr, 0}, session);
  ASSERT_TRUE(turn_until([&] { return session.is_lost(); }));
  EXPECT_EQ(session.error, error_of_errno(ENETUNREACH));
}

TEST_P(Plain, SpeaksInPiecesAndIsSpokenToInPieces) {
  const Listener listener;
  TestSession session;
  session.piece = 7;
  session.out = std::string(1000, 'x') + "end";
  const auto peer = connect(listener, session);
  const int on = 1;
  ::setsockopt(peer.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);

  std::string said;
  for (char letter = 'a'; letter <= 'z'; ++letter) {
    peer.write({&letter, 1});
    said += letter;
    ASSERT_TRUE(turn_until([&] { return session.in.size() == said.size(); }));
  }
  EXPECT_EQ(session.in, said);
  EXPECT_EQ(peer.read(1003), session.out);
}

TEST_P(Plain, CarriesMuchBothWaysAndHoldsTheSessionBackWhileThePeerDoesNotRead) {
  constexpr std::size_t much = 24 * 1024 * 1024;
  const Listener listener(1, 64 * 1024);
  TestSession session;
  for (std::size_t n = 0; session.out.size() < much; ++n) {
    session.out += std::to_string(n) + " ";
  }
  const auto peer = connect(listener, session);
  std::size_t before = 1;
  while (before != session.said) {  // until the path is full
    before = session.said;
    for (int n = 0; n < 20; ++n) {
      network->turn(network->now() + std::chrono::milliseconds(1));
    }
  }
  EXPECT_LT(session.said, much / 2);

  std::thread writes([&] { peer.write(session.out); });
  auto heard =
      std::async(std::launch::async, [&] { return peer.read(session.out.size()) == session.out; });
  EXPECT_TRUE(turn_until([&] { return session.in.size() == session.out.size(); }));
  EXPECT_TRUE(turn_until(
      [&] { return heard.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }));
  writes.join();
  EXPECT_TRUE(heard.get());
  EXPECT_EQ(session.in, session.out);
}

TEST_P(Plain, SaysWhatThePeerSaidBeforeItClosed) {
  const Listener listener;
  TestSession session;
  auto peer = connect(listener, session);
  peer.write(std::string(300'000, 'z'));
  peer.close();
  ASSERT_TRUE(turn_until([&] { return session.is_lost(); }));
  EXPECT_EQ(session.in.size(), 300'000U);
  EXPECT_EQ(session.error.code, ErrorCode::connection_closed);
  network->turn(network->now());
  EXPECT_EQ(network->connections(), 0U);
}

TEST_P(Plain, TellsAReset) {
  const Listener listener;
  TestSession session;
  auto peer = connect(listener, session);
  peer.reset();
  ASSERT_TRUE(turn_until([&] { return session.is_lost(); }));
  EXPECT_EQ(session.error.code, ErrorCode::connection_reset);
}

TEST_P(Plain, HearsThePeersLastWordsThoughSendingFailed) {
  const Listener listener(1, 64 * 1024);
  TestSession session;
  session.out = std::string(24 * 1024 * 1024, 'x');
  auto peer = connect(listener, session);
  ASSERT_TRUE(turn_until([&] { return session.said > 1024 * 1024; }));
  peer.write("goaway");
  peer.reset();
  network->wake(id);
  ASSERT_TRUE(turn_until([&] { return session.is_lost(); }));
  EXPECT_EQ(session.in, "goaway");
  EXPECT_EQ(session.error.code, ErrorCode::connection_reset);
}

TEST_P(PlainByFakeClock, WaitsForLastWordsNoLongerThanASecond) {
  const Listener listener;
  TestSession session;
  const auto peer = connect(listener, session);
  ASSERT_EQ(::shutdown(socket_towards(listener.port()), SHUT_WR), 0);
  session.out = "cannot be sent";
  network->wake(id);
  turn();
  EXPECT_FALSE(session.is_lost());
  network->wake(id);  // has nothing to say any more
  turn();
  fake_clock.turn(std::chrono::seconds(1));
  turn();
  ASSERT_TRUE(session.is_lost());
  EXPECT_EQ(session.error.code, ErrorCode::connection_reset);
}

TEST_P(Plain, ReturnsForASessionsDeadline) {
  const Listener listener;
  TestSession session;
  const auto peer = connect(listener, session);
  session.wake_at = network->now() + std::chrono::milliseconds(20);
  const auto wanted = session.wake_at;
  network->wake(id);
  while (session.expiries == 0) {
    network->turn(Instant::never());
  }
  EXPECT_GE(session.last_now, wanted);
  EXPECT_EQ(session.expiries, 1);
}

TEST_P(PlainByFakeClock, CallsNoDeadlineBeforeItsTime) {
  const Listener listener;
  TestSession session;
  session.wake_at = Instant{1};  // counts from connected() on
  id = network->open(listener.endpoint(), session);
  EXPECT_EQ(session.expiries, 0);
  ASSERT_TRUE(turn_until([&] { return session.connects == 1; }));
  session.wake_at = network->now() + std::chrono::seconds(5);
  network->wake(id);
  turn();
  fake_clock.turn(std::chrono::seconds(4));
  turn();
  EXPECT_EQ(session.expiries, 0);
  fake_clock.turn(std::chrono::seconds(1));
  turn();
  EXPECT_EQ(session.expiries, 1);
}

TEST_P(Plain, SendsWhatExpireMadeTheSessionSay) {
  class Pinger final : public wire::Session {
   public:
    bool speaks = false;
    Instant at = Instant::never();
    void connected(Instant now) override { at = now; }
    void receive(Bytes, Instant) override {}
    std::size_t transmit(MutableBytes room, Instant) override {
      room[0] = 'p';
      return std::exchange(speaks, false) ? 1 : 0;
    }
    Instant deadline() const override { return at; }
    void expire(Instant) override {
      speaks = true;
      at = Instant::never();
    }
    bool wants_close() const override { return false; }
    void lost(Error, Instant) override {}
  };
  const Listener listener;
  Pinger session;
  id = network->open(listener.endpoint(), session);
  ASSERT_TRUE(turn_until([&] { return network->peer(id) != ""; }));
  const auto peer = listener.accept();
  EXPECT_TRUE(turn_until([&] { return peer.readable(); }));
  EXPECT_EQ(peer.read(1), "p");
}

TEST_P(Plain, IsWokenByTheDoorbellFromAnotherThread) {
  for (int n = 0; n < 100; ++n) {
    network->doorbell().doze();
    std::thread other([&] { network->doorbell().ring(); });
    network->turn(Instant::never());
    other.join();
  }
}

TEST_P(Plain, ClosesInGoodOrderOnceAllIsSaid) {
  const Listener listener(1, 64 * 1024);
  TestSession session;
  session.out = std::string(8 * 1024 * 1024, 'q');
  auto peer = connect(listener, session);
  session.closes = true;
  network->wake(id);
  auto heard = std::async(std::launch::async, [&] { return peer.read(64 * 1024 * 1024).size(); });
  ASSERT_TRUE(turn_until([&] { return session.is_lost(); }));
  EXPECT_EQ(session.error, Error{});
  EXPECT_EQ(heard.get(), session.out.size());
  // The peer speaks on: nobody hears it, and nothing resets what it has not read.
  peer.write("too late");
  network->turn(network->now());
  EXPECT_EQ(network->connections(), 1U);
  peer.close();
  EXPECT_TRUE(turn_until([&] { return network->connections() == 0; }));
  EXPECT_EQ(session.in, "");
}

TEST_P(PlainByFakeClock, LingersNoLongerThanASecond) {
  const Listener listener;
  TestSession session;
  const auto peer = connect(listener, session);
  session.closes = true;
  network->wake(id);
  ASSERT_TRUE(turn_until([&] { return session.is_lost(); }));
  turn();
  EXPECT_EQ(network->connections(), 1U);
  fake_clock.turn(std::chrono::seconds(1));
  EXPECT_TRUE(turn_until([&] { return network->connections() == 0; }));
}

TEST_P(PlainByFakeClock, GivesUpClosingWhereThePeerTakesNothing) {
  const Listener listener(1, 16 * 1024);
  TestSession session;
  const auto peer = connect(listener, session);
  const int little = 16 * 1024;
  ::setsockopt(socket_towards(listener.port()), SOL_SOCKET, SO_SNDBUF, &little, sizeof little);
  session.out = std::string(400 * 1024, 'x');  // more than the path holds, less than we hold
  session.closes = true;
  network->wake(id);
  ASSERT_TRUE(turn_until([&] { return session.asked_to_close > 0; }));
  turn();
  fake_clock.turn(std::chrono::seconds(9));
  turn();
  EXPECT_FALSE(session.is_lost());
  fake_clock.turn(std::chrono::seconds(1));
  turn();
  ASSERT_TRUE(session.is_lost());
  EXPECT_EQ(session.error.code, ErrorCode::connection_silent);
}

TEST_P(Plain, ClosesWithoutCeremony) {
  const Listener listener;
  TestSession session;
  const auto peer = connect(listener, session);
  network->close(id);
  EXPECT_FALSE(session.is_lost());
  network->turn(network->now());
  ASSERT_TRUE(session.is_lost());
  EXPECT_EQ(session.error, Error{});
  EXPECT_TRUE(turn_until([&] { return network->connections() == 0; }));
  EXPECT_EQ(peer.read(1), "");
}

TEST_P(Plain, ClosesWhileConnecting) {
  const Listener listener;
  TestSession session;
  id = network->open(listener.endpoint(), session);
  network->close(id);
  network->turn(network->now());
  ASSERT_TRUE(session.is_lost());
  EXPECT_EQ(session.error, Error{});
  EXPECT_TRUE(turn_until([&] { return network->connections() == 0; }));
}

TEST_P(Plain, ClosesAtOnceWhatWantsToCloseBeforeItIsConnected) {
  const Listener listener;
  TestSession session;
  session.closes = true;
  id = network->open(listener.endpoint(), session);
  ASSERT_TRUE(turn_until([&] { return session.is_lost(); }));
  EXPECT_EQ(session.error, Error{});
  EXPECT_EQ(session.connects, 0);
}

TEST_P(Plain, TakesNoOffenceAtConnectionsThatAreGone) {
  TestSession session;
  id = network->open({"127.0.0.1", deserted_port(), nullptr, 0}, session);
  ASSERT_TRUE(turn_until([&] { return network->connections() == 0; }));
  network->wake(id);
  network->close(id);
  network->wake(id + 1);
  network->turn(network->now());
  EXPECT_EQ(session.losses, 1);
  EXPECT_EQ(network->peer(id), "");
}

TEST_P(Plain, ServesManyConnections) {
  constexpr std::size_t many = 100;
  const Listener listener;
  std::vector<TestSession> sessions(many);
  std::vector<Socket> peers;
  for (auto& session : sessions) {
    session.echoes = true;
    (void)network->open(listener.endpoint(), session);
  }
  ASSERT_TRUE(turn_until([&] {
    return std::all_of(sessions.begin(), sessions.end(), [](auto& one) { return one.connects; });
  }));
  for (std::size_t n = 0; n < many; ++n) {
    peers.push_back(listener.accept());
    peers.back().write("number " + std::to_string(n));
  }
  ASSERT_TRUE(turn_until([&] {
    return std::all_of(peers.begin(), peers.end(), [](auto& one) { return one.readable(); });
  }));
  for (std::size_t n = 0; n < many; ++n) {
    const auto wanted = "number " + std::to_string(n);
    EXPECT_EQ(peers[n].read(wanted.size()), wanted);
  }
  peers.clear();
  EXPECT_TRUE(turn_until([&] { return network->connections() == 0; }));
}

TEST_P(Plain, MayBeOpenedByOneThreadForAnotherAndEndedByAThird) {
  const Listener listener;
  TestSession session;
  std::thread shard([&] {
    const auto peer = connect(listener, session);
    peer.write("heard");
    EXPECT_TRUE(turn_until([&] { return session.in == "heard"; }));
  });
  shard.join();
  network.reset();
  EXPECT_EQ(session.losses, 0);  // told nothing
}

}  // namespace
}  // namespace muster::reactor
