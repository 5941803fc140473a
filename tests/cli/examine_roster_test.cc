#include <gmock/gmock.h>

#include "cli/examine.h"

namespace muster::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(ExamineRoster, SaysHowManyAndNamesTheFirst) {
  service::Hygiene hygiene;
  hygiene.users = 5300;
  hygiene.users_without_either = {1200, {"ann", "b\nob"}};
  const auto findings = examine_roster(hygiene);
  ASSERT_EQ(findings.size(), 7U);
  EXPECT_EQ(findings[0].grade, Grade::warning);
  EXPECT_EQ(findings[0].found, "1,200 of 5,300 users have neither an address nor a device");
  EXPECT_EQ(findings[1].grade, Grade::good);
  EXPECT_EQ(exit_code_of(findings), 0);
  EXPECT_THAT(findings_text(findings), HasSubstr("  ann\n"));
  EXPECT_THAT(findings_text(findings), HasSubstr("  b\\nob\n"));
  EXPECT_THAT(findings_json(findings), HasSubstr(R"("count":1200,"examples":["ann","b\nob"])"));
}

TEST(ExamineRoster, OtherFindingsCountNothing) {
  EXPECT_THAT(findings_json({{Grade::good, "settings", "read", ""}}), Not(HasSubstr("count")));
}

}  // namespace
}  // namespace muster::cli
