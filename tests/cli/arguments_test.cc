#include "cli/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/outcome.h"

namespace muster::cli {
namespace {

using testing::HasSubstr;

TEST(Arguments, ReadsAnImport) {
  const auto parsed = parse_arguments({"import", "roster/", "more.csv", "--format", "csv",
                                       "--dry-run", "--skip-bad", "bad.csv", "--data", "/d"});
  ASSERT_TRUE(parsed.act) << parsed.complaint;
  EXPECT_EQ(parsed.arguments.verb, Verb::import_roster);
  EXPECT_THAT(parsed.arguments.import_options.paths, testing::ElementsAre("roster/", "more.csv"));
  EXPECT_EQ(parsed.arguments.import_options.format, "csv");
  EXPECT_TRUE(parsed.arguments.import_options.dry_run);
  EXPECT_EQ(parsed.arguments.import_options.rejects_file, "bad.csv");
  EXPECT_EQ(parsed.arguments.common.data, "/d");
}

TEST(Arguments, ReadsASend) {
  const auto parsed = parse_arguments({"send", "--group", "Grade 7", "--audience", "not-enrolled",
                                       "--channels", "push,mail", "--rate", "500/s", "--yes",
                                       "--json", "--until", "sent", "--config", "m.toml"});
  ASSERT_TRUE(parsed.act) << parsed.complaint;
  EXPECT_EQ(parsed.arguments.verb, Verb::send);
  EXPECT_EQ(parsed.arguments.selector.group, "Grade 7");
  EXPECT_EQ(parsed.arguments.selector.audience, Audience::not_enrolled);
  EXPECT_EQ(parsed.arguments.selector.channels, Channels::push_and_mail);
  EXPECT_EQ(parsed.arguments.rate, 500U);
  EXPECT_TRUE(parsed.arguments.yes);
  EXPECT_TRUE(parsed.arguments.common.json);
  EXPECT_EQ(parsed.arguments.common.config, "m.toml");
}

TEST(Arguments, ReadsEveryWordForChannels) {
  const auto channels = [](const char* word) {
    return parse_arguments({"preview", "--user", "u", "--channels", word})
        .arguments.selector.channels;
  };
  EXPECT_EQ(channels("push"), Channels::push);
  EXPECT_EQ(channels("mail"), Channels::mail);
  EXPECT_EQ(channels("push,mail"), Channels::push_and_mail);
  EXPECT_EQ(channels("push-then-mail"), Channels::push_then_mail);
}

TEST(Arguments, PreviewsUsersNotInvitedByPushThenMailUnlessToldOtherwise) {
  const auto parsed = parse_arguments({"preview", "--user", "u1", "--device", "d1"});
  ASSERT_TRUE(parsed.act) << parsed.complaint;
  EXPECT_EQ(parsed.arguments.verb, Verb::preview);
  EXPECT_EQ(parsed.arguments.selector.user, "u1");
  EXPECT_EQ(parsed.arguments.selector.device, "d1");
  EXPECT_EQ(parsed.arguments.selector.audience, Audience::not_invited);
  EXPECT_EQ(parsed.arguments.selector.channels, Channels::push_then_mail);
}

TEST(Arguments, ReadsTheCommandsAboutTasks) {
  EXPECT_EQ(parse_arguments({"tasks", "--active"}).arguments.active, true);
  EXPECT_EQ(parse_arguments({"tasks", "--state", "paused"}).arguments.state, "paused");
  EXPECT_EQ(parse_arguments({"tasks", "01", "--csv", "--state", "failed"}).arguments.task, "01");
  EXPECT_EQ(parse_arguments({"resume"}).arguments.verb, Verb::resume);
  EXPECT_EQ(parse_arguments({"pause", "01"}).arguments.verb, Verb::pause);
  EXPECT_EQ(parse_arguments({"cancel", "01"}).arguments.verb, Verb::cancel);
  EXPECT_EQ(parse_arguments({"retry", "01", "--state", "unreachable"}).arguments.state,
            "unreachable");
  EXPECT_EQ(parse_arguments({"config", "print"}).arguments.verb, Verb::config_print);
  EXPECT_EQ(parse_arguments({"doctor"}).arguments.verb, Verb::doctor);
}

TEST(Arguments, ReadsWhatTheDoctorIsToLookAt) {
  EXPECT_FALSE(parse_arguments({"doctor"}).arguments.of_roster);
  const auto roster = parse_arguments({"doctor", "--roster", "--examples", "20"});
  EXPECT_TRUE(roster.arguments.of_roster);
  EXPECT_EQ(roster.arguments.examples, 20U);
  EXPECT_EQ(parse_arguments({"doctor", "--examples", "20"}).exit_code, 2);
  EXPECT_EQ(parse_arguments({"doctor", "--roster", "--examples", "1001"}).exit_code, 2);
}

TEST(Arguments, AnswersTheVersionAndHelpOnStandardOutput) {
  const auto asked = parse_arguments({"--version"});
  EXPECT_FALSE(asked.act);
  EXPECT_EQ(asked.exit_code, 0);
  EXPECT_EQ(asked.answer, "muster 0.1.0\n");
  EXPECT_THAT(parse_arguments({"--help"}).answer, HasSubstr("MUSTER_CONFIG"));
  EXPECT_THAT(parse_arguments({"--help"}).answer, HasSubstr("Exit codes"));
  EXPECT_THAT(parse_arguments({"send", "--help"}).answer, HasSubstr("Usage: muster send"));
  EXPECT_THAT(parse_arguments({"send", "--help"}).answer, HasSubstr("--rate"));
}

TEST(Arguments, NamesTheNearestCommand) {
  const auto parsed = parse_arguments({"snd", "--group", "g"});
  EXPECT_FALSE(parsed.act);
  EXPECT_EQ(parsed.exit_code, 2);
  EXPECT_EQ(parsed.complaint, "no command 'snd'; did you mean send?");
}

TEST(Arguments, ListsTheCommandsWhereNoneIsNear) {
  EXPECT_THAT(parse_arguments({"xyzzy"}).complaint, HasSubstr("expected import, preview, send"));
  const auto none = parse_arguments({});
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.complaint, HasSubstr("which command? expected import, preview"));
  EXPECT_THAT(parse_arguments({"config"}).complaint, HasSubstr("which command? expected print"));
  EXPECT_THAT(parse_arguments({"config", "prnt"}).complaint, HasSubstr("did you mean print?"));
}

TEST(Arguments, NamesTheNearestOption) {
  EXPECT_EQ(parse_arguments({"send", "--grup", "g"}).complaint,
            "muster send has no option --grup; did you mean --group?");
  EXPECT_EQ(parse_arguments({"send", "--grup=g"}).complaint,
            "muster send has no option --grup; did you mean --group?");
  EXPECT_EQ(parse_arguments({"send", "--group", "g", "--tomorrow", "x"}).complaint,
            "muster send has no option --tomorrow; see muster send --help");
  EXPECT_EQ(parse_arguments({"--jsn"}).exit_code, 2);
}

TEST(Arguments, RefusesAWordTooMany) {
  EXPECT_EQ(parse_arguments({"tasks", "01", "02"}).complaint,
            "'02' was not expected; see muster tasks --help");
}

TEST(Arguments, SaysInOneLineWhatIsMissing) {
  const auto parsed = parse_arguments({"import"});
  EXPECT_EQ(parsed.exit_code, 2);
  EXPECT_THAT(parsed.complaint, HasSubstr("PATH"));
  EXPECT_THAT(parsed.complaint, HasSubstr("see muster import --help"));
  EXPECT_EQ(parsed.complaint.find('\n'), std::string::npos);
  EXPECT_EQ(parse_arguments({"send", "--group"}).exit_code, 2);
}

TEST(Arguments, WantsExactlyOneTarget) {
  EXPECT_THAT(parse_arguments({"send"}).complaint, HasSubstr("--user USER or --group GROUP"));
  EXPECT_THAT(parse_arguments({"send", "--user", "u", "--group", "g"}).complaint,
              HasSubstr("exclude each other"));
  EXPECT_THAT(parse_arguments({"send", "--group", "g", "--device", "d"}).complaint,
              HasSubstr("give --user as well"));
}

TEST(Arguments, NamesTheWordsItKnows) {
  EXPECT_THAT(parse_arguments({"send", "--group", "g", "--audience", "all"}).complaint,
              HasSubstr("'all' is not not-invited or not-enrolled"));
  EXPECT_THAT(parse_arguments({"retry", "01", "--state", "lost"}).complaint,
              HasSubstr("'lost' is not queued"));
  EXPECT_THAT(parse_arguments({"tasks", "01", "--state", "paused"}).complaint,
              HasSubstr("'paused' is not queued"));
  EXPECT_THAT(parse_arguments({"tasks", "--state", "failed"}).complaint,
              HasSubstr("'failed' is not running"));
}

TEST(Arguments, RefusesARateThatIsNone) {
  for (const char* rate : {"0", "-1", "fast", "5/min", "99999999999", ""}) {
    const auto parsed = parse_arguments({"send", "--group", "g", "--rate", rate});
    EXPECT_EQ(parsed.exit_code, 2) << rate;
  }
}

TEST(Arguments, WaitsForNothingItCannotSee) {
  const auto parsed = parse_arguments({"send", "--group", "g", "--until", "installed"});
  EXPECT_FALSE(parsed.act);
  EXPECT_EQ(parsed.exit_code, 2);
  EXPECT_THAT(parsed.complaint, HasSubstr("enrolled"));
}

TEST(Arguments, KnowHowFarInvitationsAreToCome) {
  EXPECT_EQ(parse_arguments({"send", "--group", "g"}).arguments.goal, Goal::sent);
  EXPECT_EQ(parse_arguments({"send", "--group", "g", "--until", "shown"}).arguments.goal,
            Goal::shown);
  EXPECT_EQ(parse_arguments({"send", "--group", "g", "--until", "enrolled"}).arguments.goal,
            Goal::enrolled);
}

TEST(Arguments, ReadContentTokensCommands) {
  const auto install = parse_arguments({"token", "install", "-", "--location", "north"});
  EXPECT_EQ(install.arguments.verb, Verb::token_install);
  EXPECT_EQ(install.arguments.file, "-");
  EXPECT_EQ(install.arguments.location, "north");
  EXPECT_FALSE(install.arguments.take_over);
  EXPECT_EQ(parse_arguments({"token", "install"}).exit_code, 2);
  EXPECT_EQ(parse_arguments({"token", "show"}).arguments.verb, Verb::token_show);
  EXPECT_EQ(parse_arguments({"serve"}).arguments.verb, Verb::serve);
}

TEST(Arguments, RefusesOptionsOfTasksThatDoNotFit) {
  EXPECT_THAT(parse_arguments({"tasks", "--csv"}).complaint, HasSubstr("give a TASK"));
  EXPECT_EQ(parse_arguments({"tasks", "01", "--csv", "--json"}).exit_code, 2);
  EXPECT_EQ(parse_arguments({"tasks", "01", "--invitation", "7"}).arguments.invitation, 7U);
  EXPECT_THAT(parse_arguments({"tasks", "--invitation", "7"}).complaint, HasSubstr("give a TASK"));
  EXPECT_EQ(parse_arguments({"tasks", "01", "--invitation", "7", "--csv"}).exit_code, 2);
  EXPECT_EQ(parse_arguments({"tasks", "01", "--active"}).exit_code, 2);
  EXPECT_EQ(parse_arguments({"tasks", "--active", "--completed"}).exit_code, 2);
}

TEST(Arguments, ShowsControlCharactersOfAWrongWordEscaped) {
  EXPECT_THAT(parse_arguments({"sn\x1b[2Jd"}).complaint, HasSubstr("\\u{1b}"));
}

TEST(Arguments, TakesTheCommonOptionsBeforeTheCommandAsWell) {
  const auto parsed = parse_arguments({"--data", "/d", "tasks", "--json"});
  ASSERT_TRUE(parsed.act) << parsed.complaint;
  EXPECT_EQ(parsed.arguments.common.data, "/d");
  EXPECT_TRUE(parsed.arguments.common.json);
}

TEST(Arguments, RepeatsTheFlagsThatChooseTheData) {
  EXPECT_EQ(
      (Common{.config = "", .data = "", .server = "", .token_file = "", .json = true}).flags(), "");
  EXPECT_EQ(
      (Common{.config = "m.toml", .data = "my data", .server = "", .token_file = "", .json = false})
          .flags(),
      " --config m.toml --data 'my data'");
}

TEST(Arguments, KnowsTheStatesThatTheLedgerKnows) {
  for (const auto& state : invitation_states()) {
    EXPECT_TRUE(state_named(state).has_value()) << state;
  }
}

TEST(ArgumentsAt, IsAMomentAndNoneTooEarly) {
  const auto at = [](const char* time) {
    return parse_arguments({"send", "--group", "g", "--at", time}).arguments.start_at;
  };
  EXPECT_EQ(at("2026-11-22T23:08:00Z"), 1'795'388'880);
  EXPECT_EQ(at("2026-11-23T00:08:00+01:00"), 1'795'388'880);
  EXPECT_EQ(at("2026-11-22T23:08:00.001Z"), 1'795'388'881);
  EXPECT_EQ(parse_arguments({"send", "--group", "g"}).arguments.start_at, 0);
  EXPECT_THAT(parse_arguments({"send", "--help"}).answer, HasSubstr("--at TIME"));
}

TEST(ArgumentsAt, IsRefusedWhereItIsNoMoment) {
  for (const char* time : {"tomorrow", "23:08", "2026-11-22", "2026-11-22T23:08:00", ""}) {
    const auto parsed = parse_arguments({"send", "--group", "g", "--at", time});
    EXPECT_EQ(parsed.exit_code, 2) << time;
    EXPECT_THAT(parsed.complaint, HasSubstr("--at")) << time;
  }
  const auto both =
      parse_arguments({"send", "--group", "g", "--at", "2026-11-22T23:08:00Z", "--until", "shown"});
  EXPECT_EQ(both.exit_code, 2);
  EXPECT_THAT(both.complaint, HasSubstr("--until"));
}

}  // namespace
}  // namespace muster::cli
