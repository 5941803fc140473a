#include "cli/arguments_roster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/arguments.h"

namespace muster::cli {
namespace {

using testing::HasSubstr;
using Kind = RosterArguments::Kind;
using Action = RosterArguments::Action;

TEST(ArgumentsRoster, ReadEveryVerbOfEachKind) {
  const std::vector<std::tuple<std::vector<std::string>, Kind, Action>> rows{
      {{"user", "list"}, Kind::user, Action::list},
      {{"user", "show", "u"}, Kind::user, Action::show},
      {{"user", "add", "u"}, Kind::user, Action::add},
      {{"user", "set", "u"}, Kind::user, Action::set},
      {{"user", "enable", "u"}, Kind::user, Action::enable},
      {{"user", "disable", "u"}, Kind::user, Action::disable},
      {{"user", "inherit", "u"}, Kind::user, Action::inherit},
      {{"user", "remove", "u"}, Kind::user, Action::remove},
      {{"user", "erase", "u"}, Kind::user, Action::erase},
      {{"group", "list"}, Kind::group, Action::list},
      {{"group", "show", "g"}, Kind::group, Action::show},
      {{"group", "add", "g"}, Kind::group, Action::add},
      {{"group", "set", "g"}, Kind::group, Action::set},
      {{"group", "enable", "g"}, Kind::group, Action::enable},
      {{"group", "disable", "g"}, Kind::group, Action::disable},
      {{"group", "assign", "g", "--user", "u"}, Kind::group, Action::assign},
      {{"group", "unassign", "g", "--group", "h"}, Kind::group, Action::unassign},
      {{"group", "remove", "g"}, Kind::group, Action::remove},
      {{"device", "list"}, Kind::device, Action::list},
      {{"device", "show", "d"}, Kind::device, Action::show},
      {{"device", "add", "--serial", "S"}, Kind::device, Action::add},
      {{"device", "set", "d"}, Kind::device, Action::set},
      {{"device", "assign", "d", "u"}, Kind::device, Action::assign},
      {{"device", "unassign", "d"}, Kind::device, Action::unassign},
      {{"device", "remove", "d"}, Kind::device, Action::remove}};
  for (const auto& [words, kind, action] : rows) {
    const auto parsed = parse_arguments(words);
    ASSERT_TRUE(parsed.act) << parsed.complaint;
    EXPECT_EQ(parsed.arguments.verb, Verb::roster);
    EXPECT_EQ(parsed.arguments.roster.kind, kind);
    EXPECT_EQ(parsed.arguments.roster.action, action);
  }
}

TEST(ArgumentsRoster, ReadFieldsAndTellEmptyFromAbsent) {
  const auto parsed = parse_arguments(
      {"user", "set", "u", "--email", "", "--full-name", "Ann", "--data", "/d", "--json"});
  ASSERT_TRUE(parsed.act) << parsed.complaint;
  const auto& roster = parsed.arguments.roster;
  EXPECT_EQ(roster.id, "u");
  EXPECT_EQ(roster.user_edit.email, "");
  EXPECT_EQ(roster.user_edit.full_name, "Ann");
  EXPECT_FALSE(roster.user_edit.language.has_value());
  EXPECT_TRUE(parsed.arguments.common.json);
  const auto assigned = parse_arguments({"device", "assign", "d1", "ann"});
  EXPECT_EQ(assigned.arguments.roster.id, "d1");
  EXPECT_EQ(assigned.arguments.roster.user, "ann");
  EXPECT_TRUE(parse_arguments({"user", "erase", "u", "--yes"}).arguments.yes);
}

TEST(ArgumentsRoster, ReadWhatAListIsTo) {
  const auto parsed =
      parse_arguments({"device", "list", "--search", "iPad", "--limit", "7", "--from", "400"});
  ASSERT_TRUE(parsed.act) << parsed.complaint;
  EXPECT_EQ(parsed.arguments.roster.search, "iPad");
  EXPECT_EQ(parsed.arguments.roster.limit, 7U);
  EXPECT_EQ(parsed.arguments.roster.from, 400U);
  EXPECT_EQ(parse_arguments({"user", "list", "--limit", "1001"}).exit_code, 2);
}

TEST(ArgumentsRoster, SayWhatIsMissing) {
  EXPECT_THAT(parse_arguments({"group", "assign", "g"}).complaint, HasSubstr("whom?"));
  EXPECT_THAT(parse_arguments({"group", "assign", "g", "--user", "u", "--group", "h"}).complaint,
              HasSubstr("exclude each other"));
  EXPECT_THAT(parse_arguments({"user"}).complaint, HasSubstr("which command? expected list"));
  EXPECT_THAT(parse_arguments({"user", "eras", "u"}).complaint, HasSubstr("did you mean erase?"));
  EXPECT_THAT(parse_arguments({"device", "assign", "d"}).complaint, HasSubstr("USER"));
  EXPECT_EQ(
      parse_arguments({"preview", "--group", "g", "--unreached", "f.csv"}).arguments.unreached_file,
      "f.csv");
}

}  // namespace
}  // namespace muster::cli
