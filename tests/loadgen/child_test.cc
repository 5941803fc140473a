#include "loadgen/child.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>

#include "loadgen/stop_signals.h"
#include "tests/loadgen/scratch.h"

namespace muster::loadgen {
namespace {

using ::testing::HasSubstr;

constexpr Duration patience = std::chrono::seconds(20);

class AChild : public ::testing::Test {
 protected:
  Result<Child, Complaint> start(const std::string& script) {
    return Child::start({"/bin/sh", "-c", script}, scratch_ / "out", scratch_ / "err");
  }
  static int end_of(Child& child) {
    while (!child.ended()) {
    }
    return *child.ended();
  }
  Scratch scratch_;
};

TEST_F(AChild, WritesIntoItsFiles) {
  auto child = start("echo said; echo complained >&2; exit 3");
  ASSERT_TRUE(child);
  EXPECT_EQ(end_of(*child), 3);
  EXPECT_EQ(scratch_.read("out"), "said\n");
  EXPECT_EQ(scratch_.read("err"), "complained\n");
  EXPECT_EQ(child->stop(patience), 3) << "it had ended already";
}

TEST_F(AChild, HearsSignalsThatItsParentBlocks) {
  const StopSignals blocked;
  auto child = start("sleep 100 & wait");
  ASSERT_TRUE(child);
  EXPECT_FALSE(child->ended());
  EXPECT_EQ(child->stop(patience), 128 + SIGTERM);
}

TEST_F(AChild, IsEndedWhereItDoesNotListen) {
  auto child = start("trap '' TERM; echo deaf; while :; do sleep 0.01; done");
  ASSERT_TRUE(child);
  while (scratch_.read("out") != "deaf\n") {
  }
  EXPECT_EQ(child->stop(std::chrono::milliseconds(50)), 128 + SIGKILL);
}

TEST_F(AChild, EndsWithItsOwner) {
  pid_t pid = 0;
  {
    auto child = start("sleep 100 & wait");
    ASSERT_TRUE(child);
    pid = child->pid();
    EXPECT_EQ(::kill(pid, 0), 0);
  }
  EXPECT_EQ(::kill(pid, 0), -1);
}

TEST_F(AChild, IsMovedWithoutEnding) {
  auto child = start("exit 4");
  ASSERT_TRUE(child);
  auto moved = std::move(*child);
  auto assigned = start("exit 5");
  ASSERT_TRUE(assigned);
  *assigned = std::move(moved);
  EXPECT_EQ(end_of(*assigned), 4);
}

TEST_F(AChild, ComplainsOfAProgramThatIsNotThere) {
  const auto child = Child::start({"/nowhere/program"}, scratch_ / "out", scratch_ / "err");
  ASSERT_FALSE(child);
  EXPECT_THAT(child.error().line_of_text(), HasSubstr("/nowhere/program"));
  EXPECT_THAT(child.error().line_of_text(), HasSubstr("No such file"));
}

TEST_F(AChild, ComplainsOfAFileThatCannotBeMade) {
  const auto child = Child::start({"true"}, "/nowhere/out", scratch_ / "err");
  ASSERT_FALSE(child);
  EXPECT_THAT(child.error().line_of_text(), HasSubstr("/nowhere/out"));
}

}  // namespace
}  // namespace muster::loadgen
