// Names, addresses, and the walk from one address to the next.
#include "reactor/resolver.h"

#include <sys/resource.h>

#include <atomic>
#include <future>

#include "tests/reactor/harness.h"

namespace muster::reactor {
namespace {

class Names : public BothKinds {};
class NamesByFakeClock : public BothKindsByFakeClock {};
MUSTER_ON_BOTH_KINDS(Names);
MUSTER_ON_BOTH_KINDS(NamesByFakeClock);

std::vector<Address> both(const std::vector<Address>& first, const std::vector<Address>& second) {
  auto all = first;
  all.insert(all.end(), second.begin(), second.end());
  return all;
}

TEST(Address, ReadsLiteralsOfBothFamiliesAndNoNames) {
  ASSERT_EQ(literal_address("127.0.0.1", 8443).size(), 1U);
  EXPECT_EQ(to_text(literal_address("127.0.0.1", 8443)[0]), "127.0.0.1:8443");
  ASSERT_EQ(literal_address("::1", 443).size(), 1U);
  EXPECT_EQ(to_text(literal_address("::1", 443)[0]), "[::1]:443");
  EXPECT_TRUE(literal_address("localhost", 443).empty());
  EXPECT_TRUE(literal_address("", 443).empty());
}

TEST(Address, FindsTheNamesOfThisMachineAndNoOthers) {
  const auto found = look_up("localhost", 25);
  ASSERT_TRUE(found);
  EXPECT_TRUE(to_text((*found)[0]) == "127.0.0.1:25" || to_text((*found)[0]) == "[::1]:25");
  EXPECT_EQ(look_up("nonexistent.invalid", 25).error().code, ErrorCode::name_not_found);
}

TEST(Resolver, AnswersInOrderAndRingsWhereItsOwnerDozes) {
  Resolver resolver([](const std::string&, std::uint16_t port) -> Result<std::vector<Address>> {
    return literal_address("127.0.0.1", port);
  });
  resolver.ask(7, "first", 1);
  resolver.ask(8, "second", 2);
  std::vector<Resolved> answers;
  while (resolver.open() > 0) {
    resolver.bell().doze();
    const auto before = answers.size();
    resolver.take(answers);
    if (answers.size() == before) {
      resolver.bell().wait(std::chrono::seconds(30));
    }
    resolver.bell().awake();
  }
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[0].connection, 7U);
  EXPECT_EQ(to_text((*answers[0].addresses)[0]), "127.0.0.1:1");
  EXPECT_EQ(answers[1].connection, 8U);
}

TEST_P(Names, TellsANameThatDoesNotResolve) {
  TestSession session;
  id = network->open({"nonexistent.invalid", 443, nullptr, 0}, session);
  ASSERT_TRUE(turn_until([&] { return session.is_lost(); }));
  EXPECT_EQ(session.error.code, ErrorCode::name_not_found);
}

TEST_P(Names, WakesATurnThatWaitsForEverWhenTheAnswerComes) {
  const Listener listener;
  TestSession session;
  id = network->open({"localhost", listener.port(), nullptr, 0}, session);
  while (session.connects == 0 && !session.is_lost()) {
    network->turn(Instant::never());
  }
  EXPECT_EQ(session.connects, 1);
}

TEST_P(Names, AsksAnewForEachConnectionAndSpreadsThemOverTheAddresses) {
  const Listener left;
  const Listener right;
  int asked = 0;
  network = network_of(GetParam(), clock, [&](auto&, auto) -> Result<std::vector<Address>> {
    ++asked;
    return both(literal_address("127.0.0.1", left.port()),
                literal_address("127.0.0.1", right.port()));
  });
  std::array<TestSession, 4> sessions;
  std::array<wire::ConnectionId, 4> ids{};
  for (std::uint32_t n = 0; n < 4; ++n) {
    ids[n] = network->open({"both.invalid", 1, nullptr, n}, sessions[n]);
  }
  ASSERT_TRUE(turn_until([&] {
    return std::all_of(sessions.begin(), sessions.end(), [](auto& one) { return one.connects; });
  }));
  for (std::uint32_t n = 0; n < 4; ++n) {
    const auto port = n % 2 == 0 ? left.port() : right.port();
    EXPECT_EQ(network->peer(ids[n]), "127.0.0.1:" + std::to_string(port));
  }
  network.reset();  // joins the resolver
  EXPECT_EQ(asked, 4);
}

TEST_P(Names, GoesToTheNextAddressWhereOneRefuses) {
  const Listener listener;
  const auto deserted = deserted_port();
  network = network_of(GetParam(), clock, [&](auto&, auto) -> Result<std::vector<Address>> {
    return both(literal_address("127.0.0.1", deserted),
                literal_address("127.0.0.1", listener.port()));
  });
  TestSession session;
  id = network->open({"half.invalid", 1, nullptr, 0}, session);
  ASSERT_TRUE(turn_until([&] { return session.connects == 1 || session.is_lost(); }));
  EXPECT_EQ(network->peer(id), "127.0.0.1:" + std::to_string(listener.port()));
}

TEST_P(Names, TellsTheLastRefusalWhereAllRefuse) {
  const auto deserted = literal_address("127.0.0.1", deserted_port());
  network = network_of(GetParam(), clock, [&](auto&, auto) -> Result<std::vector<Address>> {
    return both(deserted, deserted);
  });
  TestSession session;
  id = network->open({"none.invalid", 1, nullptr, 1}, session);
  ASSERT_TRUE(turn_until([&] { return session.is_lost(); }));
  EXPECT_EQ(session.error.code, ErrorCode::connect_refused);
}

// Connections to it are neither taken nor refused: its backlog is full.
struct FullListener {
  Listener listener{0};
  std::vector<Socket> fillers;
  FullListener() {
    const auto address = literal_address("127.0.0.1", listener.port());
    for (int n = 0; n < 3; ++n) {
      fillers.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      ::connect(fillers.back().fd(), &address[0].any, address[0].size);
    }
  }
};

TEST_P(NamesByFakeClock, GoesToTheNextAddressWhereOneIsSilentForTwoSeconds) {
  const FullListener full;
  const Listener listener;
  network = network_of(GetParam(), fake_clock, [&](auto&, auto) -> Result<std::vector<Address>> {
    return both(literal_address("127.0.0.1", full.listener.port()),
                literal_address("127.0.0.1", listener.port()));
  });
  TestSession session;
  id = network->open({"half.invalid", 1, nullptr, 0}, session);
  // The resolver's answer comes in its own time; the attempt's two seconds are the fake clock's.
  ASSERT_TRUE(turn_until([&] {
    fake_clock.turn(std::chrono::milliseconds(5));
    return session.connects == 1 || session.is_lost();
  }));
  EXPECT_EQ(session.connects, 1);
  EXPECT_GE(network->now(), Instant{} + std::chrono::seconds(2));
  EXPECT_EQ(network->peer(id), "127.0.0.1:" + std::to_string(listener.port()));
}

TEST_P(NamesByFakeClock, GivesUpConnectingAfterTenSeconds) {
  const FullListener full;
  TestSession session;
  id = network->open(full.listener.endpoint(), session);
  turn();
  fake_clock.turn(std::chrono::milliseconds(9'999));
  turn();
  EXPECT_FALSE(session.is_lost());
  fake_clock.turn(std::chrono::milliseconds(1));
  turn();
  ASSERT_TRUE(session.is_lost());
  EXPECT_EQ(session.error.code, ErrorCode::connect_timeout);
  EXPECT_TRUE(turn_until([&] { return network->connections() == 0; }));
}

TEST_P(NamesByFakeClock, MayBeClosedBetweenTwoAddresses) {
  const FullListener full;
  std::atomic<bool> asked = false;
  network = network_of(GetParam(), fake_clock, [&](auto&, auto) -> Result<std::vector<Address>> {
    asked = true;
    const auto address = literal_address("127.0.0.1", full.listener.port());
    return both(address, address);
  });
  TestSession session;
  id = network->open({"full.invalid", 1, nullptr, 0}, session);
  ASSERT_TRUE(turn_until([&] { return asked.load(); }));
  for (int n = 0; n < 20; ++n) {
    network->turn(network->now() + std::chrono::milliseconds(1));
  }
  fake_clock.turn(std::chrono::seconds(2));
  network->turn(network->now());
  EXPECT_FALSE(session.is_lost());
  network->close(id);
  network->turn(network->now());
  ASSERT_TRUE(session.is_lost());
  EXPECT_EQ(session.error, Error{});
  EXPECT_TRUE(turn_until([&] { return network->connections() == 0; }));
}

TEST_P(NamesByFakeClock, GivesUpOnANameThatIsNotAnsweredInTenSeconds) {
  std::promise<void> answer;
  auto answered = answer.get_future().share();
  network =
      network_of(GetParam(), fake_clock, [answered](auto&, auto) -> Result<std::vector<Address>> {
        answered.wait();
        return literal_address("127.0.0.1", 1);
      });
  TestSession session;
  id = network->open({"slow.invalid", 1, nullptr, 0}, session);
  turn();
  fake_clock.turn(std::chrono::seconds(10));
  turn();
  ASSERT_TRUE(session.is_lost());
  EXPECT_EQ(session.error.code, ErrorCode::connect_timeout);
  answer.set_value();  // too late: finds nobody
  turn();
  EXPECT_EQ(network->connections(), 0U);
}

TEST_P(Names, TellsWhereNoDescriptorIsLeft) {
  // UBSan takes a descriptor to look at a type for the first time, so it is shown this one before.
  TestSession before_that;
  id = network->open({"127.0.0.1", deserted_port(), nullptr, 0}, before_that);
  ASSERT_TRUE(turn_until([&] { return before_that.is_lost(); }));
  TestSession session;
  id = network->open({"127.0.0.1", 1, nullptr, 0}, session);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{0, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  network->turn(network->now());
  const auto made = open_network(GetParam(), clock);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_TRUE(session.is_lost());
  EXPECT_EQ(session.error, error_of_errno(EMFILE));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().cause, error_of_errno(EMFILE));
}

}  // namespace
}  // namespace muster::reactor
