#include "loadgen/school_verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "loadgen/fleet_journal.h"
#include "tests/loadgen/device_stage.h"

namespace muster::loadgen {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Mia's phone, as the fleet's journal tells of it, and what muster says of her invitation.
class ASchoolVerdict : public ::testing::Test {
 protected:
  void fact(Fact fact) { ASSERT_TRUE(verdict_.hear(line_of(fact, school_))); }
  void woken() { fact({.kind = Fact::Kind::woken, .device = phone}); }
  void handed(const std::string& command = "U1") {
    fact({.kind = Fact::Kind::asked, .device = phone});
    fact({.kind = Fact::Kind::handed, .device = phone, .command = command, .code_digest = "c0"});
  }
  void answered(std::string_view status, std::string_view result = "",
                const std::string& command = "U1") {
    fact({.kind = Fact::Kind::answered,
          .device = phone,
          .command = command,
          .word = status,
          .result = result});
  }
  SchoolReport says(State state) {
    verdict_.add({.invitation = 7, .device_id = "d-phone", .user_id = "mia", .state = state});
    return verdict_.judge();
  }

  FleetRoster school_ = small_school();
  SchoolVerdict verdict_;
};

TEST_F(ASchoolVerdict, BelievesWhatTheDeviceDid) {
  woken();
  handed();
  answered("Acknowledged", "Acknowledged");
  const auto report = says(State::shown);
  EXPECT_TRUE(report.good());
  EXPECT_EQ(report.rows, 1U);
  EXPECT_EQ(report.by_state[static_cast<std::size_t>(State::shown)], 1U);
}

TEST_F(ASchoolVerdict, FindsWhatIsNotAtRest) {
  const auto report = says(State::deferred);
  EXPECT_EQ(report.lost, 1U);
  EXPECT_FALSE(report.good());
  EXPECT_THAT(report.examples,
              ElementsAre("not at rest: invitation 7 of device d-phone: deferred"));
}

TEST_F(ASchoolVerdict, FindsAPushThatReachedNobody) {
  const auto report = says(State::sent);
  EXPECT_EQ(report.lost, 1U);
  EXPECT_THAT(report.examples, ElementsAre(HasSubstr("no push reached the device")));
}

TEST_F(ASchoolVerdict, FindsADeviceThatAskedInVain) {
  woken();
  fact({.kind = Fact::Kind::asked, .device = phone});
  EXPECT_EQ(says(State::sent).lost, 1U);
}

TEST_F(ASchoolVerdict, FindsAnInvitationThatWasShownTwice) {
  woken();
  handed("U1");
  answered("Acknowledged", "Acknowledged", "U1");
  answered("Acknowledged", "Acknowledged", "U1");
  auto again = verdict_;
  EXPECT_EQ(says(State::shown).doubled, 0U) << "the same command reported twice";
  verdict_ = again;
  handed("U2");
  answered("Acknowledged", "Acknowledged", "U2");
  EXPECT_EQ(says(State::shown).doubled, 1U);
}

TEST_F(ASchoolVerdict, FindsAnotherStateThanTheDevices) {
  woken();
  handed();
  answered("NotNow");
  auto before = verdict_;
  EXPECT_EQ(says(State::shown).misreported, 1U);
  verdict_ = before;
  EXPECT_TRUE(says(State::postponed).good());
}

TEST_F(ASchoolVerdict, LearnsWhoAcceptedFromTheFleetOrFromAppsAndBooks) {
  woken();
  handed();
  answered("Acknowledged", "Acknowledged");
  auto by_books = verdict_;
  fact({.kind = Fact::Kind::accepted, .user = 0});
  auto before = verdict_;
  EXPECT_EQ(says(State::shown).misreported, 1U);
  verdict_ = before;
  EXPECT_TRUE(says(State::enrolled).good());

  verdict_ = by_books;
  ASSERT_TRUE(verdict_.hear(R"({"at":"x","fact":"associated","codeSha256":"c0"})"));
  const auto report = says(State::enrolled);
  EXPECT_TRUE(report.good());
  EXPECT_EQ(report.users_accepted, 1U);
}

TEST_F(ASchoolVerdict, HoldsABrokenRuleAgainstTheServer) {
  fact({.kind = Fact::Kind::violation, .device = phone, .word = "wrong_magic"});
  const auto report = verdict_.judge();
  EXPECT_EQ(report.violations, 1U);
  EXPECT_FALSE(report.good());
}

TEST_F(ASchoolVerdict, HearsNothingInWhatIsNoFact) {
  EXPECT_FALSE(verdict_.hear("nonsense"));
  EXPECT_FALSE(verdict_.hear(R"({"at":1})"));
  EXPECT_TRUE(verdict_.hear(R"({"at":"x","fact":"registered"})"));
}

TEST(SchoolVerdict, AllowsWhatItsTableSays) {
  const auto allows = [](const SchoolEnd& end) {
    std::vector<State> states;
    for (const auto state :
         {State::sent, State::shown, State::postponed, State::enrolled, State::failed,
          State::unreachable, State::cancelled, State::expired, State::superseded}) {
      if (allowed(state, end)) {
        states.push_back(state);
      }
    }
    return states;
  };
  EXPECT_THAT(allows({.accepted = true, .shown = true, .woken = true}),
              ElementsAre(State::enrolled, State::superseded));
  EXPECT_THAT(allows({.accepted = true, .refused = true, .woken = true}),
              ElementsAre(State::enrolled, State::failed, State::superseded));
  EXPECT_THAT(allows({.accepted = true, .left = true, .woken = true}),
              ElementsAre(State::enrolled, State::unreachable, State::superseded));
  EXPECT_THAT(allows({.shown = true, .woken = true}), ElementsAre(State::shown));
  EXPECT_THAT(allows({.refused = true, .woken = true}), ElementsAre(State::failed));
  EXPECT_THAT(allows({.shown = true, .left = true, .woken = true}),
              ElementsAre(State::unreachable));
  EXPECT_THAT(allows({.postponed = true, .woken = true}),
              ElementsAre(State::postponed, State::expired));
  EXPECT_THAT(allows({.woken = true, .missed = true}), ElementsAre(State::sent, State::expired));
  EXPECT_THAT(allows({.missed = true}), ElementsAre(State::unreachable));
  EXPECT_THAT(allows({}), ElementsAre(State::failed, State::unreachable, State::cancelled,
                                      State::expired, State::superseded));
}

// Apps and Books' journal about Mia, whom it knows by her address.
class ASchoolVerdictOfAccounts : public ::testing::Test {
 protected:
  void books(const std::string& rest) { ASSERT_TRUE(verdict_.hear(R"({"at":"","fact":)" + rest)); }
  SchoolReport says(State state) {
    verdict_.know("mia", "mia@school.example");
    books(R"("registered","clientUserId":"c1","email":"mia@school.example","by":"v2"})");
    if (associated_) {
      books(R"("associated","clientUserId":"c1","email":"mia@school.example","by":"account"})");
    }
    verdict_.add(
        {.invitation = 7, .device_id = {}, .user_id = "mia", .state = state, .account = true});
    return verdict_.judge();
  }
  bool associated_ = true;
  SchoolVerdict verdict_;
};

TEST_F(ASchoolVerdictOfAccounts, BelievesAppsAndBooks) {
  const auto report = says(State::enrolled);
  EXPECT_TRUE(report.good());
  EXPECT_EQ(report.accounts, 1U);
}

TEST_F(ASchoolVerdictOfAccounts, FindsOneWhoIsEnrolledOnPaperOnly) {
  associated_ = false;
  const auto report = says(State::enrolled);
  EXPECT_EQ(report.misreported, 1U);
  EXPECT_THAT(report.examples,
              ElementsAre("another state than the account's: invitation 7 of user mia: enrolled"));
}

TEST_F(ASchoolVerdictOfAccounts, FindsOneWhoIsEnrolledAndNotSaidToBe) {
  EXPECT_EQ(says(State::failed).misreported, 1U);
}

TEST_F(ASchoolVerdictOfAccounts, FindsOneWhoWaits) {
  EXPECT_EQ(says(State::registering).lost, 1U);
}

TEST_F(ASchoolVerdictOfAccounts, FindsAUserRegisteredTwice) {
  books(R"("registered","clientUserId":"c1","email":"mia@school.example","by":"v2"})");
  EXPECT_EQ(says(State::enrolled).doubled, 1U);
}

TEST_F(ASchoolVerdictOfAccounts, FindsAUserRegisteredUnderTwoIds) {
  books(R"("registered","clientUserId":"c0","email":"mia@school.example","by":"v2"})");
  const auto report = says(State::enrolled);
  EXPECT_EQ(report.doubled, 1U);
  EXPECT_THAT(report.examples, ElementsAre("registered twice: clientUserId c1"));
}

TEST_F(ASchoolVerdictOfAccounts, AllowsWhoWasRetiredToBeRegisteredAgain) {
  books(R"("registered","clientUserId":"c1","email":"mia@school.example","by":"v2"})");
  books(R"("retired","clientUserId":"c1","email":"mia@school.example","by":"v2"})");
  EXPECT_EQ(says(State::enrolled).doubled, 0U);
}

TEST_F(ASchoolVerdictOfAccounts, LeavesStrangersAlone) {
  books(R"("registered","clientUserId":"c0","email":"mia@school.example","by":"stranger"})");
  EXPECT_TRUE(says(State::enrolled).good());
}

TEST_F(ASchoolVerdictOfAccounts, CountsAskingAgainAndBlamesNobodyForIt) {
  books(R"("violation","kind":"registered_twice"})");
  const auto report = says(State::enrolled);
  EXPECT_EQ(report.asked_again, 1U);
  EXPECT_TRUE(report.good());
}

}  // namespace
}  // namespace muster::loadgen
