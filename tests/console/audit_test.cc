#include "console/audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/database.h"
#include "tests/console/counter.h"

namespace muster::console {
namespace {

using namespace std::chrono_literals;

class AuditTest : public Counter {
 protected:
  void append(const std::string& target) const {
    ASSERT_TRUE(audit->append({"mia", "192.0.2.1"}, {"task.send", target, R"({"count":3})"}));
  }
  void change_file(const std::string& sql) const {
    auto database =
        std::move(*store::Database::open(dir + "/control.db", store::OpenMode::write, 2, ""));
    ASSERT_TRUE(database.execute(sql));
  }
};

TEST_F(AuditTest, ListsWhatWasAppendedNewestFirst) {
  append("t1");
  clock.turn(1s);
  append("t2");
  audit = std::move(*Audit::open(dir, clock));
  const auto page = audit->list(0, 10);
  ASSERT_TRUE(page);
  ASSERT_EQ(page->entries.size(), 2U);
  const auto& newest = page->entries[0];
  EXPECT_EQ(newest.number, 2U);
  EXPECT_EQ(newest.at, clock.wall());
  EXPECT_EQ(newest.actor, "mia");
  EXPECT_EQ(newest.address, "192.0.2.1");
  EXPECT_EQ(newest.action, "task.send");
  EXPECT_EQ(newest.target, "t2");
  EXPECT_EQ(newest.detail, R"({"count":3})");
  EXPECT_EQ(page->entries[1].target, "t1");
  EXPECT_EQ(page->next, 0U);
}

TEST_F(AuditTest, GoesOnWhereTheLastPageEnded) {
  for (const auto* target : {"a", "b", "c", "d"}) {
    append(target);
  }
  const auto first = audit->list(0, 2);
  EXPECT_EQ(first->entries[1].target, "c");
  const auto second = audit->list(first->next, 2);
  ASSERT_EQ(second->entries.size(), 2U);
  EXPECT_EQ(second->entries[0].target, "b");
  EXPECT_EQ(second->next, 0U);
  EXPECT_EQ(audit->list(0, 0)->entries.size(), 1U);
}

TEST_F(AuditTest, IsEmptyAtFirst) {
  EXPECT_TRUE(audit->list(0, 10)->entries.empty());
  EXPECT_EQ(*audit->first_broken(), 0U);
}

TEST_F(AuditTest, LetsNothingInThatCouldForgeARow) {
  ASSERT_TRUE(audit->append({"m\nia", "\xff"}, {"a\x7f",
                                                "b\xc2\x85"
                                                "c",
                                                "no JSON"}));
  ASSERT_TRUE(audit->append({std::string(5000, 'x'), ""}, {"a", "", std::string(5000, ' ')}));
  const auto page = audit->list(0, 2);
  EXPECT_EQ(page->entries[1].actor, "m?ia");
  EXPECT_EQ(page->entries[1].address, "?");
  EXPECT_EQ(page->entries[1].action, "a?");
  EXPECT_EQ(page->entries[1].target, "b?c");
  EXPECT_EQ(page->entries[1].detail, R"({"omitted":true})");
  EXPECT_EQ(page->entries[0].actor.size(), 1024U);
  EXPECT_EQ(page->entries[0].detail, R"({"omitted":true})");
}

TEST_F(AuditTest, ShowsARowThatWasChangedLater) {
  append("t1");
  append("t2");
  append("t3");
  ASSERT_EQ(*audit->first_broken(), 0U);
  change_file("UPDATE audit SET actor='noah' WHERE number=2");
  EXPECT_EQ(*audit->first_broken(), 2U);
}

TEST_F(AuditTest, ShowsThatARowWasTakenOut) {
  append("t1");
  append("t2");
  append("t3");
  change_file("DELETE FROM audit WHERE number=2");
  EXPECT_EQ(*audit->first_broken(), 3U);
}

TEST_F(AuditTest, TakesTheOldestRowsAsGoneByRight) {
  append("t1");
  append("t2");
  append("t3");
  change_file("DELETE FROM audit WHERE number=1");
  EXPECT_EQ(*audit->first_broken(), 0U);
}

TEST_F(AuditTest, KeepsSoManyRowsAtMost) {
  append("t1");
  append("t2");
  change_file("UPDATE audit SET number=" + std::to_string(limits::audit_rows_max) +
              " WHERE number=2");
  append("t3");
  const auto page = audit->list(0, 10);
  ASSERT_EQ(page->entries.size(), 2U);
  EXPECT_EQ(page->entries[0].target, "t3");
  EXPECT_EQ(page->entries[1].target, "t2");
}

TEST_F(AuditTest, SaysThatItsTableIsGone) {
  change_file("DROP TABLE audit");
  EXPECT_EQ(status_of(audit->append({"mia", ""}, {"a", "", ""})), 503);
  EXPECT_EQ(status_of(audit->list(0, 1)), 503);
  EXPECT_EQ(status_of(audit->first_broken()), 503);
  // A change of which no row can be left is not made.
  EXPECT_EQ(status_of(accounts->create_administrator("mia", mias_password, Scope::read, owner)),
            503);
  EXPECT_TRUE(accounts->administrators()->empty());
}

}  // namespace
}  // namespace muster::console
