#include "console/accounts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "store/account_store.h"
#include "tests/console/counter.h"

namespace muster::console {
namespace {

using namespace std::chrono_literals;

class AccountsTest : public Counter {};

TEST_F(AccountsTest, CreatesAnAdministratorWhoCanLogIn) {
  const auto made = accounts->create_administrator("Mia", mias_password, Scope::send, owner);
  ASSERT_TRUE(made) << made.error().detail;
  EXPECT_EQ(made->name, "mia");
  EXPECT_EQ(made->role, Scope::send);
  EXPECT_FALSE(made->disabled);
  const auto opened = log_in(mias_password, "192.0.2.1", "MIA");
  ASSERT_TRUE(opened) << opened.error().detail;
  EXPECT_EQ(opened->account, "mia");
  EXPECT_EQ(opened->scope, Scope::send);
  const auto all = accounts->administrators();
  ASSERT_EQ(all->size(), 1U);
  EXPECT_EQ((*all)[0].name, "mia");
}

TEST_F(AccountsTest, RefusesNamesThatWillNotDo) {
  for (const std::string name : {"", "local:root", "-mia", "mia lee",
                                 "m\xc3\xaf"
                                 "a",
                                 "mia\n", "(unknown)"}) {
    EXPECT_EQ(status_of(accounts->create_administrator(name, mias_password, Scope::read, owner)),
              400)
        << name;
  }
  const std::string long_name(65, 'a');
  EXPECT_EQ(status_of(accounts->create_administrator(long_name, mias_password, Scope::read, owner)),
            400);
}

TEST_F(AccountsTest, RefusesPasswordsThatAreTriedFirst) {
  for (const std::string& password :
       {std::string("short-one-1"), std::string("Password2026!!"), std::string("123456789012"),
        std::string("aaaaaaaaaaaa"), std::string("bartholomew1234"), std::string(129, 'x'),
        std::string("not text \xff....."), std::string("CorrectHorseBatteryStaple")}) {
    EXPECT_EQ(
        status_of(accounts->create_administrator("bartholomew", password, Scope::read, owner)), 400)
        << password;
  }
}

TEST_F(AccountsTest, TakesAnyCharactersInAPassword) {
  for (const std::string password : {"\xc3\xa4\xc3\xb6\xc3\xbc and \xe6\xa0\xa1\xe6\xa0\xa1, etc",
                                     "x82739-4719-2!", "tab\tand\nline feed"}) {
    ASSERT_TRUE(accounts->create_administrator("a" + std::to_string(password.size()), password,
                                               Scope::read, owner))
        << password;
    EXPECT_TRUE(log_in(password, "192.0.2.1", "a" + std::to_string(password.size())));
  }
}

TEST_F(AccountsTest, TakesANameOnce) {
  add_mia();
  EXPECT_EQ(status_of(accounts->create_administrator("mia", mias_password, Scope::read, owner)),
            409);
}

TEST_F(AccountsTest, SaysTheSameWhateverWasWrongAboutALogin) {
  add_mia();
  ASSERT_TRUE(accounts->create_administrator("noah", mias_password, Scope::read, owner));
  ASSERT_TRUE(accounts->set_disabled("noah", true, owner));
  const auto wrong = log_in("four words in a roe");
  const auto nobody = log_in(mias_password, "192.0.2.1", "nobody");
  const auto disabled = log_in(mias_password, "192.0.2.1", "noah");
  const auto no_name = log_in(mias_password, "192.0.2.1", "no name \n");
  const auto too_long = log_in(std::string(5000, 'x'));
  for (const auto* each : {&wrong, &nobody, &disabled, &no_name, &too_long}) {
    ASSERT_EQ(status_of(*each), 401);
    EXPECT_EQ(each->error().detail, wrong.error().detail);
  }
}

TEST_F(AccountsTest, ChecksASessionByItsSecretAlone) {
  add_mia();
  const auto opened = session();
  const auto facts = accounts->check_session(opened.secret);
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->account, "mia");
  EXPECT_EQ(facts->csrf_token, opened.csrf_token);
  EXPECT_EQ(facts->ends_at, opened.ends_at);
  EXPECT_NE(opened.csrf_token, session().csrf_token);
  EXPECT_EQ(status_of(accounts->check_session("")), 401);
  EXPECT_EQ(status_of(accounts->check_session(std::string(43, 'A'))), 401);
  EXPECT_EQ(status_of(accounts->check_session(opened.csrf_token)), 401);
}

TEST_F(AccountsTest, KeepsSessionsAndTokensOverARestart) {
  add_mia();
  const auto opened_session = session();
  const auto secret = token("ci");
  accounts = opened();
  EXPECT_TRUE(accounts->check_session(opened_session.secret));
  EXPECT_TRUE(accounts->check_token(secret));
  EXPECT_TRUE(log_in());
}

TEST_F(AccountsTest, KnowsNoSessionThatWasLoggedOut) {
  add_mia();
  const auto opened = session();
  const auto other = session();
  const auto facts = accounts->check_session(opened.secret);
  ASSERT_TRUE(facts);
  ASSERT_TRUE(accounts->log_out(facts->key, owner));
  EXPECT_EQ(last_deed(), "session.close");
  EXPECT_EQ(status_of(accounts->check_session(opened.secret)), 401);
  EXPECT_TRUE(accounts->check_session(other.secret));
  EXPECT_TRUE(accounts->log_out(facts->key, owner));
}

TEST_F(AccountsTest, EndsASessionThatIsIdleForHalfAnHour) {
  add_mia();
  const auto opened = session();
  clock.turn(session_idle_max - 1s);
  EXPECT_TRUE(accounts->check_session(opened.secret));
  clock.turn(session_idle_max - 1s);
  EXPECT_TRUE(accounts->check_session(opened.secret));
  clock.turn(session_idle_max);
  EXPECT_EQ(status_of(accounts->check_session(opened.secret)), 401);
}

TEST_F(AccountsTest, EndsASessionAfterTwelveHoursHoweverBusy) {
  add_mia();
  const auto opened = session();
  for (int i = 0; i < 47; ++i) {
    clock.turn(15min);
    ASSERT_TRUE(accounts->check_session(opened.secret)) << i;
  }
  clock.turn(15min);
  EXPECT_EQ(status_of(accounts->check_session(opened.secret)), 401);
}

TEST_F(AccountsTest, EndsSessionsOfTheFutureWhenTheClockIsSetBack) {
  clock.turn(2h);
  add_mia();
  const auto opened = session();
  clock.turn(-30s);
  EXPECT_TRUE(accounts->check_session(opened.secret));
  clock.turn(-1h);
  EXPECT_EQ(status_of(accounts->check_session(opened.secret)), 401);
}

TEST_F(AccountsTest, WritesWhenASessionWasSeenOnceAMinute) {
  add_mia();
  const auto opened = session();
  const auto key = accounts->check_session(opened.secret)->key;
  auto store = std::move(*store::AccountStore::open(dir, store::OpenMode::read));
  const auto seen = [&] {
    const auto found = store.session(key);
    const auto& row = *found;
    return row->last_seen_at;
  };
  const auto begun = seen();
  clock.turn(59s);
  ASSERT_TRUE(accounts->check_session(opened.secret));
  EXPECT_EQ(seen(), begun);
  clock.turn(1s);
  ASSERT_TRUE(accounts->check_session(opened.secret));
  EXPECT_EQ(seen(), clock.wall());
}

TEST_F(AccountsTest, ChecksASessionAlthoughAnotherProcessIsWriting) {
  add_mia();
  const auto opened = session();
  clock.turn(2min);
  auto other = std::move(*store::AccountStore::open(dir, store::OpenMode::write));
  ASSERT_TRUE(other.begin());
  EXPECT_TRUE(accounts->check_session(opened.secret));
  EXPECT_EQ(status_of(accounts->set_disabled("mia", true, owner)), 503);
  other.rollback();
  EXPECT_TRUE(accounts->set_disabled("mia", true, owner));
}

TEST_F(AccountsTest, KeepsTheSessionsThatWereUsedLast) {
  add_mia();
  const auto first = session();
  for (std::uint32_t i = 0; i < limits::sessions_per_account_max; ++i) {
    clock.turn(1s);
    static_cast<void>(session());
  }
  EXPECT_EQ(status_of(accounts->check_session(first.secret)), 401);
}

TEST_F(AccountsTest, StopsSessionsAndTokensOfADisabledAccountAtOnce) {
  add_mia();
  const auto opened_session = session();
  const auto hers = token("hers", Scope::admin, "Mia");
  const auto owners = token("owners");
  // Another process does it, as `muster admin disable` beside a server.
  ASSERT_TRUE(opened()->set_disabled("mia", true, owner));
  EXPECT_EQ(status_of(accounts->check_session(opened_session.secret)), 401);
  EXPECT_EQ(status_of(accounts->check_token(hers)), 401);
  EXPECT_TRUE(accounts->check_token(owners));
  EXPECT_EQ(status_of(log_in()), 401);
  ASSERT_TRUE(accounts->set_disabled("mia", false, owner));
  EXPECT_EQ(status_of(accounts->check_session(opened_session.secret)), 401);
  EXPECT_TRUE(accounts->check_token(hers));
  EXPECT_TRUE(log_in());
  EXPECT_EQ(status_of(accounts->set_disabled("noah", true, owner)), 404);
}

TEST_F(AccountsTest, EndsEverySessionWhenThePasswordChanges) {
  add_mia();
  const auto opened_session = session();
  const std::string next = "another four words here";
  ASSERT_TRUE(accounts->change_password({"mia", mias_password, "192.0.2.1"}, next));
  EXPECT_EQ(last_deed(), "administrator.password");
  EXPECT_EQ(status_of(accounts->check_session(opened_session.secret)), 401);
  EXPECT_EQ(status_of(log_in()), 401);
  EXPECT_TRUE(log_in(next));
  ASSERT_TRUE(accounts->set_password("Mia", mias_password, owner));
  EXPECT_TRUE(log_in());
}

TEST_F(AccountsTest, ChangesNoPasswordWithoutTheOldOneOrForABadOne) {
  add_mia();
  const Login wrong{"mia", "something else entirely", "192.0.2.1"};
  EXPECT_EQ(status_of(accounts->change_password(wrong, "another four words here")), 403);
  EXPECT_EQ(last_deed(), "administrator.password_refuse");
  EXPECT_EQ(status_of(accounts->change_password({"mia", mias_password, ""}, "short")), 400);
  EXPECT_EQ(status_of(accounts->set_password("mia", "short", owner)), 400);
  EXPECT_EQ(status_of(accounts->set_password("noah", mias_password, owner)), 404);
  EXPECT_TRUE(log_in());
}

TEST_F(AccountsTest, EndsAllSessionsOfAnAccountWhenAsked) {
  add_mia();
  const auto opened_session = session();
  ASSERT_TRUE(accounts->end_sessions("mia", owner));
  EXPECT_EQ(status_of(accounts->check_session(opened_session.secret)), 401);
  EXPECT_EQ(status_of(accounts->end_sessions("noah", owner)), 404);
}

TEST_F(AccountsTest, HashesAPasswordAnewThatIsWorthLess) {
  add_mia();
  accounts = opened({.log2_n = 3, .r = 1, .p = 1});
  ASSERT_TRUE(log_in());
  auto store = std::move(*store::AccountStore::open(dir, store::OpenMode::read));
  const auto found = store.administrator("mia");
  const auto& row = *found;
  EXPECT_TRUE(row->password.starts_with("$scrypt$ln=3,r=1,p=1$"));
  EXPECT_TRUE(log_in());
}

TEST_F(AccountsTest, ThrottlesTheFailuresOfAnAccountFromManyAddresses) {
  add_mia();
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(status_of(log_in("wrong", "192.0.2." + std::to_string(i))), 401);
  }
  const auto refused = log_in(mias_password, "192.0.2.99");
  ASSERT_EQ(status_of(refused), 429);
  EXPECT_EQ(refused.error().retry_after_s, 1U);
  clock.turn(1s);
  EXPECT_TRUE(log_in(mias_password, "192.0.2.99"));
  EXPECT_EQ(status_of(log_in("wrong")), 401);
}

TEST_F(AccountsTest, CreatesATokenWhoseSecretIsNowhereInTheFile) {
  const auto made = accounts->create_token({"CI", Scope::send, "", 30}, owner);
  ASSERT_TRUE(made);
  EXPECT_TRUE(made->secret.starts_with("mst_"));
  EXPECT_EQ(made->secret.size(), 47U);
  EXPECT_EQ(made->token.name, "ci");
  EXPECT_EQ(last_deed(), "token.create");
  const auto facts = accounts->check_token(made->secret);
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->name, "ci");
  EXPECT_EQ(facts->scope, Scope::send);
  const auto page = audit->list(0, 9);
  EXPECT_EQ(page->entries[0].detail.find(made->secret), std::string::npos);
  const auto all = accounts->tokens();
  ASSERT_EQ(all->size(), 1U);
  EXPECT_EQ((*all)[0].expires_at, made->token.expires_at);
  EXPECT_FALSE((*all)[0].revoked);
}

TEST_F(AccountsTest, RefusesTokensThatWillNotDo) {
  EXPECT_EQ(status_of(accounts->create_token({"two words", Scope::read, "", {}}, owner)), 400);
  EXPECT_EQ(status_of(accounts->create_token({"ci", Scope::read, "", 0}, owner)), 400);
  EXPECT_EQ(status_of(accounts->create_token({"ci", Scope::read, "", 4000}, owner)), 400);
  EXPECT_EQ(status_of(accounts->create_token({"ci", Scope::read, "noah", {}}, owner)), 404);
  static_cast<void>(token("ci"));
  EXPECT_EQ(status_of(accounts->create_token({"CI", Scope::read, "", {}}, owner)), 409);
}

TEST_F(AccountsTest, KnowsNoTokenThatWasRevoked) {
  const auto secret = token("ci");
  const auto number = (*accounts->tokens())[0].number;
  ASSERT_TRUE(accounts->revoke_token(number, owner));
  EXPECT_EQ(last_deed(), "token.revoke");
  EXPECT_EQ(status_of(accounts->check_token(secret)), 401);
  EXPECT_TRUE((*accounts->tokens())[0].revoked);
  EXPECT_TRUE(accounts->revoke_token(number, owner));
  EXPECT_EQ(status_of(accounts->revoke_token(number + 1, owner)), 404);
  EXPECT_NE(token("ci"), secret);
}

TEST_F(AccountsTest, KnowsNoTokenThatHasExpired) {
  const auto secret = token("ci", Scope::read, "", 1);
  clock.turn(24h - 1s);
  EXPECT_TRUE(accounts->check_token(secret));
  clock.turn(1s);
  EXPECT_EQ(status_of(accounts->check_token(secret)), 401);
}

TEST_F(AccountsTest, KnowsNoTokenThatNobodyMade) {
  const auto secret = token("ci");
  EXPECT_EQ(status_of(accounts->check_token("")), 401);
  EXPECT_EQ(status_of(accounts->check_token("mst_" + std::string(43, 'A'))), 401);
  EXPECT_EQ(status_of(accounts->check_token("xst_" + secret.substr(4))), 401);
}

TEST_F(AccountsTest, LetsATokenDoNoMoreThanItsAccount) {
  add_mia(Scope::read);
  EXPECT_EQ(accounts->check_token(token("hers", Scope::admin, "mia"))->scope, Scope::read);
  EXPECT_EQ(accounts->check_token(token("small", Scope::read))->scope, Scope::read);
}

TEST_F(AccountsTest, SaysWhenATokenWasUsedLast) {
  const auto secret = token("ci");
  EXPECT_FALSE((*accounts->tokens())[0].last_used_at);
  ASSERT_TRUE(accounts->check_token(secret));
  const auto first = clock.wall();
  EXPECT_EQ((*accounts->tokens())[0].last_used_at, first);
  clock.turn(59s);
  ASSERT_TRUE(accounts->check_token(secret));
  EXPECT_EQ((*accounts->tokens())[0].last_used_at, first);
}

TEST_F(AccountsTest, PutsDownWhoFailedButNotWhatStrangersTyped) {
  add_mia();
  EXPECT_EQ(status_of(log_in("wrong")), 401);
  EXPECT_EQ(status_of(log_in("x", "192.0.2.7", "my-secret-password")), 401);
  const auto page = audit->list(0, 2);
  ASSERT_EQ(page->entries.size(), 2U);
  EXPECT_EQ(page->entries[1].actor, "mia");
  EXPECT_EQ(page->entries[0].actor, "(unknown)");
  EXPECT_EQ(page->entries[0].address, "192.0.2.7");
  for (const auto& entry : page->entries) {
    EXPECT_EQ(entry.action, "session.refuse");
    EXPECT_EQ((entry.target + entry.detail).find("secret"), std::string::npos);
  }
}

TEST_F(AccountsTest, ServesSeveralThreadsAtOnce) {
  add_mia();
  const auto opened_session = session();
  const auto secret = token("ci");
  // Whose logins end no session of hers.
  ASSERT_TRUE(accounts->create_administrator("noah", mias_password, Scope::read, owner));
  std::atomic<int> trouble = 0;
  const auto work = [&](int thread) {
    for (int i = 0; i < 20; ++i) {
      const bool good =
          accounts->check_session(opened_session.secret).has_value() &&
          accounts->check_token(secret).has_value() &&
          log_in(mias_password, "192.0.2." + std::to_string(thread), "noah").has_value() &&
          audit->append(owner, {"task.send", "t", {}}).has_value();
      trouble += good ? 0 : 1;
    }
  };
  std::thread first(work, 1);
  std::thread second(work, 2);
  first.join();
  second.join();
  // The log's and the accounts' writers took turns, and none of their rows tore the chain.
  EXPECT_EQ(trouble, 0);
  EXPECT_EQ(*audit->first_broken(), 0U);
}

TEST_F(AccountsTest, LetsOneOfManyGuessesAtOnceInForNothing) {
  add_mia();
  std::atomic<int> looked_at = 0;
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      looked_at += status_of(log_in("wrong", "192.0.2." + std::to_string(i))) == 401 ? 1 : 0;
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(looked_at, 5);
}

TEST_F(AccountsTest, SaysThatTheFileIsNoDatabase) {
  std::filesystem::create_directory(dir + "/other");
  std::filesystem::create_directory(dir + "/other/control.db");
  const auto made = Accounts::open(dir + "/other", clock, cheap);
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().line_of_text(), testing::HasSubstr("control.db"));
}

TEST_F(AccountsTest, SaysThatItsTablesAreGone) {
  add_mia();
  const auto opened_session = session();
  const auto secret = token("ci");
  const auto key = accounts->check_session(opened_session.secret)->key;
  auto database =
      std::move(*store::Database::open(dir + "/control.db", store::OpenMode::write, 2, ""));
  for (const auto* table : {"administrator", "session", "api_token"}) {
    ASSERT_TRUE(database.execute(std::string("DROP TABLE ") + table));
  }
  EXPECT_EQ(status_of(accounts->administrators()), 503);
  EXPECT_EQ(status_of(accounts->create_administrator("noah", mias_password, Scope::read, owner)),
            503);
  EXPECT_EQ(status_of(accounts->set_password("mia", mias_password, owner)), 503);
  EXPECT_EQ(status_of(log_in()), 503);
  EXPECT_EQ(status_of(accounts->check_session(opened_session.secret)), 503);
  EXPECT_EQ(status_of(accounts->log_out(key, owner)), 503);
  EXPECT_EQ(status_of(accounts->tokens()), 503);
  EXPECT_EQ(status_of(accounts->check_token(secret)), 503);
  EXPECT_EQ(status_of(accounts->revoke_token(1, owner)), 503);
  EXPECT_EQ(status_of(accounts->create_token({"new", Scope::read, "", {}}, owner)), 503);
}

}  // namespace
}  // namespace muster::console
