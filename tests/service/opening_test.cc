// Who may open a data directory, and what is said of one that cannot be opened.
#include <gmock/gmock.h>
#include <sys/wait.h>

#include "tests/service/house.h"

namespace muster {
namespace {

using testing::HasSubstr;

class ServiceOpening : public House {};

TEST_F(ServiceOpening, ForReadingOfAMissingDirectoryIsToldAtTheFirstLook) {
  const auto dispatcher = open(Access::read);
  ASSERT_NE(dispatcher, nullptr);
  EXPECT_THAT(refusal(dispatcher->tasks(), FailureKind::cannot_start),
              HasSubstr(settings.data_dir));
  EXPECT_THAT(refusal(dispatcher->task("a"), FailureKind::cannot_start),
              HasSubstr(settings.data_dir));
  EXPECT_THAT(refusal(dispatcher->preview(group("all")), FailureKind::cannot_start),
              HasSubstr(settings.data_dir));
  EXPECT_THAT(refusal(dispatcher->invitations("a", 0, 10), FailureKind::cannot_start),
              HasSubstr(settings.data_dir));
  EXPECT_FALSE(std::filesystem::exists(settings.data_dir));
}

TEST_F(ServiceOpening, TwiceForSendingNamesTheFirstHolder) {
  const auto first = open();
  const auto second = Dispatcher::open(settings, Access::send);
  EXPECT_THAT(refusal(second, FailureKind::cannot_start), HasSubstr(std::to_string(::getpid())));
}

TEST_F(ServiceOpening, ForSendingWorksAgainWhenTheFirstHolderIsGone) {
  open().reset();
  EXPECT_NE(open(), nullptr);
}

TEST_F(ServiceOpening, ForReadingWorksBesideAHolder) {
  const auto holder = open_school();
  const auto reader = open(Access::read);
  const auto preview = reader->preview(group("all"));
  ASSERT_TRUE(preview) << preview.failure().line;
  EXPECT_EQ(preview->invitations, 2U);
  const auto tasks = reader->tasks();
  ASSERT_TRUE(tasks) << tasks.failure().line;
  EXPECT_TRUE(tasks->empty());
}

TEST_F(ServiceOpening, RefusesADamagedLedger) {
  open().reset();
  std::ofstream(settings.data_dir + "/ledger.db", std::ios::binary | std::ios::trunc)
      << std::string(8192, 'x');
  EXPECT_THAT(refusal(Dispatcher::open(settings, Access::send), FailureKind::cannot_start),
              HasSubstr("ledger.db"));
}

TEST_F(ServiceOpening, RefusesADamagedRoster) {
  open().reset();
  std::ofstream(settings.data_dir + "/roster.db", std::ios::binary | std::ios::trunc)
      << std::string(8192, 'x');
  EXPECT_THAT(refusal(Dispatcher::open(settings, Access::send), FailureKind::cannot_start),
              HasSubstr("roster.db"));
}

TEST_F(ServiceOpening, RefusesADirectoryThatIsAFile) {
  std::ofstream(settings.data_dir) << "not a directory";
  EXPECT_THAT(refusal(Dispatcher::open(settings, Access::send), FailureKind::cannot_start),
              HasSubstr(settings.data_dir));
}

TEST_F(ServiceOpening, ForReadingChangesNothing) {
  open_school().reset();
  const auto reader = open(Access::read);
  const auto preview = reader->preview(group("all"));
  ASSERT_TRUE(preview);
  const auto kind = FailureKind::cannot_start;
  EXPECT_THAT(refusal(reader->send(*preview), kind), HasSubstr("for reading only"));
  EXPECT_THAT(refusal(reader->pause("a"), kind), HasSubstr("for reading only"));
  EXPECT_THAT(refusal(reader->cancel("a"), kind), HasSubstr("for reading only"));
  EXPECT_THAT(refusal(reader->retry("a"), kind), HasSubstr("for reading only"));
  EXPECT_THAT(refusal(reader->import_roster({{folder / "school"}, "", false, ""}, nullptr), kind),
              HasSubstr("for reading only"));
}

}  // namespace
}  // namespace muster
