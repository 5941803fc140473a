#include "pipeline/site_pool.h"

#include <gtest/gtest.h>

#include <memory>

#include "tests/pipeline/fakes.h"

namespace muster::pipeline {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::FakeSession;
using testing::Sessions;

constexpr std::uint64_t seed = 20261122;

// A network that only writes down where connections were to go: what becomes of each is said to its
// session by the test.
class NotedNetwork final : public wire::Network {
 public:
  explicit NotedNetwork(const Clock& clock) : clock_(clock) {}
  wire::ConnectionId open(const wire::Endpoint& endpoint, wire::Session&) override {
    endpoints.push_back(endpoint);
    return static_cast<wire::ConnectionId>(endpoints.size());
  }
  void wake(wire::ConnectionId) override {}
  void close(wire::ConnectionId) override {}
  void turn(Instant) override {}
  Instant now() const override { return clock_.now(); }
  Doorbell& doorbell() override { return doorbell_; }
  std::string peer(wire::ConnectionId) const override { return "noted"; }

  std::vector<wire::Endpoint> endpoints;

 private:
  const Clock& clock_;
  Doorbell doorbell_;
};

wire::MailHost host(const std::string& name, std::uint16_t preference, int number) {
  return {name, "192.0.2." + std::to_string(number), preference};
}

struct SitePoolTest : ::testing::Test {
  ~SitePoolTest() override {
    for (auto* session : sessions.all) {
      if (session != nullptr && session->state.condition != wire::Vitals::Condition::closed) {
        session->lost({}, clock.now());
      }
    }
    if (pool) {
      pool->bury(clock.now());
    }
  }

  void begin(const std::vector<wire::MailHost>& hosts) {
    site = std::make_unique<Site>(hosts, seed);
    SitePoolSettings settings;
    settings.port = 2525;
    settings.tls = tls;
    settings.open_session = [this](const SessionWishes& wish) {
      wishes.push_back(wish);
      return std::make_unique<FakeSession>(sessions);
    };
    pool = std::make_unique<SitePool>(settings, *site, budget, network, seed);
  }
  void look(std::uint64_t waiting) { pool->open_wanted(clock.now(), {waiting, 0, 0}); }
  // The newest connection gets through to the protocol.
  void connect() {
    sessions.all.back()->connected(clock.now());
    pool->bury(clock.now());
  }
  void connect_all() {
    for (auto* session : sessions.all) {
      if (session != nullptr && session->state.condition == wire::Vitals::Condition::opening) {
        session->connected(clock.now());
      }
    }
    pool->bury(clock.now());
  }
  // That one is over.
  void end(std::size_t number, ErrorCode code, Reason refusal = Reason::none) {
    sessions.all.at(number)->state.refusal = refusal;
    sessions.all.at(number)->lost(Error{code, 0}, clock.now());
    pool->bury(clock.now());
  }
  // As the shard keeps account of letters.
  void answer(std::uint64_t letters, std::size_t place = 0) {
    auto& connection = pool->connections().at(place);
    connection.used = true;
    connection.answered += letters;
    pool->note_answers(letters, milliseconds(1));
  }
  void use(std::size_t place = 0) { pool->connections().at(place).used = true; }
  std::size_t opened() const { return network.endpoints.size(); }
  const std::string& last_address() const { return network.endpoints.back().host; }

  // Of a context only the address matters here.
  const char context = 0;
  const crypto::TlsContext* tls = reinterpret_cast<const crypto::TlsContext*>(&context);
  FakeClock clock;
  NotedNetwork network{clock};
  Sessions sessions;
  std::vector<SessionWishes> wishes;
  ConnectionBudget budget{64, 0, false};
  std::unique_ptr<Site> site;
  std::unique_ptr<SitePool> pool;
};

// ── where to, and how ──

TEST_F(SitePoolTest, OpensToTheTargetsAddressAndNamesItsHost) {
  begin({host("mx1.mail.icloud.com", 10, 1)});
  look(1);
  ASSERT_EQ(opened(), 1U);
  const auto& endpoint = network.endpoints[0];
  EXPECT_EQ(endpoint.host, "192.0.2.1");
  EXPECT_EQ(endpoint.server_name, "mx1.mail.icloud.com");
  EXPECT_EQ(endpoint.port, 2525);
  EXPECT_EQ(endpoint.tls, tls);
  EXPECT_TRUE(endpoint.tls_later);
  EXPECT_FALSE(wishes[0].in_clear);
  EXPECT_EQ(wishes[0].letters_max, 5U);
}

TEST_F(SitePoolTest, NeverAsksForTlsWhereThereIsNoContext) {
  tls = nullptr;
  begin({host("mx.example", 10, 1)});
  look(1);
  EXPECT_EQ(network.endpoints[0].tls, nullptr);
  EXPECT_TRUE(wishes[0].in_clear);
}

TEST_F(SitePoolTest, OpensNothingWhereNothingWaits) {
  begin({host("mx.example", 10, 1)});
  look(0);
  EXPECT_EQ(opened(), 0U);
  EXPECT_EQ(pool->bound(), Bound::none);
  EXPECT_TRUE(pool->idle());
}

TEST_F(SitePoolTest, OpensNothingMoreWhileItTakesItsLeave) {
  begin({host("mx.example", 10, 1)});
  pool->drain(clock.now());
  look(10);
  EXPECT_EQ(opened(), 0U);
}

// ── how many ──

TEST_F(SitePoolTest, OpensOneConnectionForTwoLettersUpToWhatTheSiteTakes) {
  begin({host("mx.example", 10, 1)});
  look(2);
  EXPECT_EQ(opened(), 1U);
  look(3);
  EXPECT_EQ(opened(), 2U);
  look(1000);
  EXPECT_EQ(opened(), 2U);  // it begins with two
}

TEST_F(SitePoolTest, CountsLettersOnTheirWay) {
  begin({host("mx.example", 10, 1)});
  look(1);
  connect();
  const Job job;
  const Content content;
  sessions.all[0]->submit(1, job, content, clock.now());
  sessions.all[0]->submit(2, job, content, clock.now());
  look(1);
  EXPECT_EQ(opened(), 2U);
}

TEST_F(SitePoolTest, GrowsWithTheLettersThatAreAnswered) {
  begin({host("mx.example", 10, 1)});
  look(1000);
  connect_all();
  answer(3);
  look(1000);
  EXPECT_EQ(opened(), 3U);
}

TEST_F(SitePoolTest, CountsThoseThatTakeTheirLeaveAgainstTheSite) {
  begin({host("mx.example", 10, 1)});
  look(1000);
  connect_all();
  sessions.all[0]->go_away();
  look(1000);
  EXPECT_EQ(opened(), 2U);
  answer(1);
  end(0, ErrorCode::none);
  look(1000);
  EXPECT_EQ(opened(), 3U);
}

TEST_F(SitePoolTest, KeepsToTheBudgetOfAllSitesAndSaysThatItWantedMore) {
  budget = {3, 2, false};
  begin({host("mx.example", 10, 1)});
  look(1);
  EXPECT_EQ(budget.open, 3U);
  EXPECT_FALSE(budget.wanted_more);
  look(1000);
  EXPECT_EQ(opened(), 1U);
  EXPECT_TRUE(budget.wanted_more);
  end(0, ErrorCode::connect_refused);
  EXPECT_EQ(budget.open, 2U);
}

TEST_F(SitePoolTest, SaysWhatItIsBoundBy) {
  begin({host("mx.example", 10, 1)});
  look(1);
  EXPECT_EQ(pool->bound(), Bound::peer);  // it is not connected
  look(1000);
  EXPECT_EQ(pool->bound(), Bound::connections);
  connect_all();
  look(1000);
  EXPECT_EQ(pool->bound(), Bound::none);  // there is room
}

TEST_F(SitePoolTest, IsBoundByTheBudgetWhereThatIsUsedUp) {
  budget = {1, 1, false};
  begin({host("mx.example", 10, 1)});
  look(10);
  EXPECT_EQ(pool->bound(), Bound::connections);
}

// ── how connections end ──

TEST_F(SitePoolTest, ReconnectsAtOnceInClearWhereTlsFailed) {
  begin({host("mx.example", 10, 1)});
  look(1);
  end(0, ErrorCode::tls_protocol, Reason::tls_failed);
  EXPECT_FALSE(site->down(clock.now()));
  look(1);
  ASSERT_EQ(opened(), 2U);
  EXPECT_EQ(network.endpoints[1].tls, nullptr);
  EXPECT_TRUE(wishes[1].in_clear);
  EXPECT_TRUE(pool->connections()[0].in_clear);
}

TEST_F(SitePoolTest, TriesTlsAgainAfterThreeDays) {
  begin({host("mx.example", 10, 1)});
  look(1);
  end(0, ErrorCode::tls_protocol, Reason::tls_failed);
  clock.turn(hours(72));
  look(1);
  EXPECT_EQ(network.endpoints[1].tls, tls);
  EXPECT_FALSE(wishes[1].in_clear);
}

TEST_F(SitePoolTest, DoesNotReconnectForEverToAHostWhoseTlsFailsEvenInClear) {
  begin({host("mx.example", 10, 1)});
  look(1);
  end(0, ErrorCode::tls_protocol, Reason::tls_failed);
  look(1);
  end(1, ErrorCode::tls_protocol, Reason::tls_failed);
  EXPECT_TRUE(site->down(clock.now()));
  EXPECT_EQ(site->trouble(), Reason::tls_failed);
  look(1);
  EXPECT_EQ(opened(), 2U);
}

TEST_F(SitePoolTest, LearnsHowManyLettersAConnectionTakesFrom421) {
  begin({host("mx.example", 10, 1)});
  look(1);
  connect();
  answer(7);
  end(0, ErrorCode::none, Reason::server_busy);
  EXPECT_FALSE(site->down(clock.now()));
  look(1);
  ASSERT_EQ(opened(), 2U);
  EXPECT_EQ(wishes[1].letters_max, 7U);
}

TEST_F(SitePoolTest, ReplacesAConnectionThatCarriedLettersAtOnce) {
  begin({host("mx.example", 10, 1)});
  look(1);
  connect();
  answer(1);
  end(0, ErrorCode::connection_reset);
  look(1);
  ASSERT_EQ(opened(), 2U);
  EXPECT_EQ(wishes[1].letters_max, 100U);
}

TEST_F(SitePoolTest, TakesNoOffenceWhereAnIdleConnectionIsEnded) {
  begin({host("mx.example", 10, 1)});
  look(1);
  connect();
  end(0, ErrorCode::connection_closed);
  EXPECT_FALSE(site->down(clock.now()));
  look(1);
  EXPECT_EQ(opened(), 2U);
}

struct Ending {
  const char* name;
  bool stood;
  ErrorCode code;
  Reason refusal;
  Reason trouble;
};

class SitePoolEndings : public SitePoolTest, public ::testing::WithParamInterface<Ending> {};

TEST_P(SitePoolEndings, PutTheTargetDownForAMinuteAndTryTheNextAtOnce) {
  const auto& ending = GetParam();
  begin({host("mx.example", 10, 1), host("backup.example", 20, 2)});
  look(1);
  if (ending.stood) {
    connect();
    use();
  }
  end(0, ending.code, ending.refusal);
  EXPECT_EQ(site->trouble(), ending.trouble);
  EXPECT_GE(site->target(0).down_until - clock.now(), minutes(1));
  look(1);
  ASSERT_EQ(opened(), 2U);
  EXPECT_EQ(last_address(), "192.0.2.2");
  end(1, ErrorCode::connect_timeout);
  EXPECT_TRUE(site->down(clock.now()));
  look(1000);
  EXPECT_EQ(opened(), 2U);
  EXPECT_EQ(pool->bound(), Bound::peer);
}

INSTANTIATE_TEST_SUITE_P(
    Table, SitePoolEndings,
    ::testing::Values(
        Ending{"refused", false, ErrorCode::connect_refused, Reason::none, Reason::no_mail_host},
        Ending{"timeout", false, ErrorCode::connect_timeout, Reason::none, Reason::no_mail_host},
        Ending{"greeting_4yz", false, ErrorCode::none, Reason::server_busy, Reason::server_busy},
        Ending{"greeting_5yz", false, ErrorCode::none, Reason::server_refused,
               Reason::server_refused},
        Ending{"injected", false, ErrorCode::protocol, Reason::injected_answer,
               Reason::injected_answer},
        Ending{"unreadable", false, ErrorCode::protocol, Reason::protocol_error,
               Reason::protocol_error},
        Ending{"closed_in_good_order", false, ErrorCode::none, Reason::none, Reason::no_mail_host},
        Ending{"busy_at_the_first_letter", true, ErrorCode::none, Reason::server_busy,
               Reason::server_busy},
        Ending{"lost_at_the_first_letter", true, ErrorCode::connection_reset, Reason::none,
               Reason::no_mail_host},
        Ending{"in_clear_refused", true, ErrorCode::none, Reason::tls_refused,
               Reason::tls_refused}),
    [](const auto& row) { return std::string(row.param.name); });

TEST_F(SitePoolTest, NarrowsInsteadWhereOthersStandAtTheSameTarget) {
  begin({host("mx.example", 10, 1)});
  look(1000);
  sessions.all[0]->connected(clock.now());
  pool->bury(clock.now());
  end(1, ErrorCode::none, Reason::server_busy);
  EXPECT_FALSE(site->down(clock.now()));
  EXPECT_EQ(site->connections_max(), 1U);
  look(1000);
  EXPECT_EQ(opened(), 2U);
  clock.turn(seconds(10));
  answer(1);  // one more a width of letters, once the pause is over
  look(1000);
  EXPECT_EQ(opened(), 2U);  // which counts from the last look
  answer(1);
  look(1000);
  EXPECT_EQ(opened(), 3U);
}

TEST_F(SitePoolTest, PutsATargetDownThatFailsBesideOthersThatStandElsewhere) {
  begin({host("mx.example", 10, 1), host("backup.example", 20, 2)});
  look(1);
  end(0, ErrorCode::connect_refused);
  look(1);
  connect();
  clock.turn_to(site->target(0).down_until);
  use();
  look(1000);
  ASSERT_EQ(last_address(), "192.0.2.1");
  end(2, ErrorCode::connect_refused);
  EXPECT_GE(site->target(0).down_until - clock.now(), minutes(2));
  EXPECT_EQ(site->connections_max(), 2U);
}

TEST_F(SitePoolTest, DoesNotCountWhatEndsTogetherAsStanding) {
  begin({host("mx.example", 10, 1)});
  look(1000);
  connect_all();
  use(0);
  use(1);
  sessions.all[0]->lost(Error{ErrorCode::connection_reset, 0}, clock.now());
  sessions.all[1]->lost(Error{ErrorCode::connection_reset, 0}, clock.now());
  pool->bury(clock.now());
  EXPECT_TRUE(site->down(clock.now()));
  EXPECT_EQ(site->target(0).failures, 1U);
}

TEST_F(SitePoolTest, TriesASiteThatWasDownWithOneConnectionUntilALetterWentThrough) {
  begin({host("mx.example", 10, 1)});
  look(1000);
  end(0, ErrorCode::connect_refused);
  end(1, ErrorCode::connect_refused);
  EXPECT_EQ(site->target(0).failures, 1U);
  clock.turn_to(site->up_again_at());
  look(1000);
  connect();
  look(1000);
  EXPECT_EQ(opened(), 3U);
  answer(1);
  look(1000);
  EXPECT_EQ(opened(), 4U);
}

TEST_F(SitePoolTest, OpensFewConnectionsToADeadSiteInADay) {
  begin({host("mx.example", 10, 1), host("backup.example", 20, 2)});
  for (const auto end_of_day = clock.now() + hours(24); clock.now() < end_of_day;) {
    look(1000);
    for (std::size_t i = 0; i < sessions.all.size(); ++i) {
      if (sessions.all[i] != nullptr) {
        end(i, ErrorCode::connect_refused);
      }
    }
    clock.turn(milliseconds(500));
  }
  // Two targets, each after 1, 2, 4, 8, 16 and then every 30 minutes, and the two that began.
  EXPECT_LE(opened(), 110U);
  EXPECT_GE(opened(), 80U);
}

TEST_F(SitePoolTest, HoldsNothingAgainstOtherSitesWhereItsOwnRefuses) {
  begin({host("mx.example", 10, 1)});
  look(1);
  connect();
  sessions.all[0]->state.refusal = Reason::tls_refused;
  pool->bury(clock.now());
  EXPECT_TRUE(pool->refusal().words.empty());
}

}  // namespace
}  // namespace muster::pipeline
