// Everything an import refuses, with the line and column that it names.
#include <sys/stat.h>
#include <unistd.h>

#include "tests/roster/fixture.h"

namespace muster::roster {
namespace {

using namespace std::string_literals;

class Import : public RosterTest {
 protected:
  // devices.csv with one device, whose token is this.
  std::string refusal_of_token(const std::string& token) {
    return refusal_of("devices.csv", "device_id,push_token\nd1," + token + "\n");
  }
};

TEST_F(Import, RefusesUtf16WithAndWithoutItsMark) {
  EXPECT_EQ(refusal_of("users.csv", "\xFF\xFEu\0s\0"s), "users.csv:1:1: the file is UTF-16");
  EXPECT_EQ(refusal_of("users.csv", "\xFE\xFF\0u\0s"s), "users.csv:1:1: the file is UTF-16");
  EXPECT_EQ(refusal_of("users.csv", "u\0s\0e\0"s), "users.csv:1:1: the file is UTF-16");
}

TEST_F(Import, NamesTheByteThatIsNotUtf8) {
  const std::string head = "user_id,full_name\nu1,Ann\nu2,";
  EXPECT_EQ(refusal_of("users.csv", head + "Ren\xE9 x\n"),
            "users.csv:3:7: the byte 0xE9, which is not UTF-8 (it looks like Latin-1)");
  EXPECT_EQ(refusal_of("users.csv", head + "a\xC0\xAF\n"),
            "users.csv:3:5: an overlong form, which is not UTF-8");
  EXPECT_EQ(refusal_of("users.csv", head + "\xE0\x80\xAF\n"),
            "users.csv:3:4: an overlong form, which is not UTF-8");
  EXPECT_EQ(refusal_of("users.csv", head + "\xED\xA0\x80\n"),
            "users.csv:3:4: a lone surrogate, which is not UTF-8");
  EXPECT_EQ(refusal_of("users.csv", head + "\xF5\x80\x80\x80\n"),
            "users.csv:3:4: the byte 0xF5, which is not UTF-8");
  EXPECT_EQ(refusal_of("users.csv", head + "\"a\nb\xFF\"\n"),
            "users.csv:4:2: the byte 0xFF, which is not UTF-8 (it looks like Latin-1)");
}

TEST_F(Import, RefusesNulAndControlsInNames) {
  const std::string head = "user_id,full_name\nu1,";
  EXPECT_EQ(refusal_of("users.csv", head + "A\0b\n"s), "users.csv:2:5: a NUL byte");
  EXPECT_EQ(refusal_of("users.csv", head + "\"A\nb\"\n"),
            "users.csv:2:4: a line feed (U+000A) in full_name");
  EXPECT_EQ(refusal_of("users.csv", head + "\"A\rb\"\n"),
            "users.csv:2:4: a carriage return (U+000D) in full_name");
  EXPECT_EQ(refusal_of("users.csv", head + "A\tb\n"), "users.csv:2:4: a tab (U+0009) in full_name");
  EXPECT_EQ(refusal_of("users.csv", head + "A\xC2\x85\n"),
            "users.csv:2:4: a control character (U+0085) in full_name");
  EXPECT_EQ(refusal_of("users.csv", head + "A\x7F\n"),
            "users.csv:2:4: a control character (U+007F) in full_name");
}

TEST_F(Import, NamesWhereAQuoteOpenedThatNeverCloses) {
  EXPECT_EQ(refusal_of("users.csv", "user_id,full_name\nu1,\"Ann\nu2,Bo\nu3,Cy\n"),
            "users.csv:2:4: a quote opens here and never closes");
  EXPECT_EQ(
      refusal_of("users.csv", "user_id,full_name\nu1,\"Ann\n" + std::string(6 * 1024 * 1024, 'x')),
      "users.csv:2:4: a quote opens here and does not close within 1 MiB");
}

TEST_F(Import, RefusesTextBehindAClosingQuote) {
  EXPECT_EQ(refusal_of("users.csv", "user_id,full_name\nu1,\"Ann\" B\n"),
            "users.csv:2:9: text behind a closing quote");
}

TEST_F(Import, BoundsFieldsLinesAndColumns) {
  const std::string head = "user_id,full_name\nu1,";
  EXPECT_EQ(refusal_of("users.csv", head + std::string(65'537, 'x') + "\n"),
            "users.csv:2:4: a field of 65537 bytes");
  EXPECT_EQ(refusal_of("users.csv", head + std::string(10 * 1024 * 1024, 'x') + "\n"),
            "users.csv:2: a line of more than 1048576 bytes");
  EXPECT_EQ(refusal_of("users.csv", std::string(1'000'000, ',') + "\n"),
            "users.csv:1:257: more than 256 columns");
  EXPECT_EQ(refusal_of("users.csv", head + std::string(1025, 'x') + "\n"),
            "users.csv:2:4: a full_name of 1025 bytes");
  EXPECT_EQ(refusal_of("x.ndjson", "{\"user_id\":\"" + std::string(1'048'577, 'x') + "\"}\n"),
            "x.ndjson:1: a line of more than 1048576 bytes");
  EXPECT_EQ(refusal_of("x.ndjson", "{\"user_id\":\"" + std::string(65'537, 'x') + "\"}\n"),
            "x.ndjson:1:12: a field of 65537 bytes");
}

TEST_F(Import, RefusesAnEmptyFileAndOneOfOnlyAHeader) {
  EXPECT_EQ(refusal_of("users.csv", ""), "users.csv:1:1: the file is empty");
  EXPECT_EQ(refusal_of("users.csv", "\n\r\n"), "users.csv:1:1: the file is blank");
  EXPECT_EQ(refusal_of("users.csv", "user_id,full_name\n"), "users.csv: no rows behind the header");
}

TEST_F(Import, NamesTheSeparatorOfAForeignFile) {
  EXPECT_EQ(refusal_of("users.csv", "user_id;full_name\nu1;Ann\n"),
            "users.csv:1:8: the fields of this file are separated by semicolons");
  EXPECT_EQ(refusal_of("users.csv", "user_id\tfull_name\nu1\tAnn\n"),
            "users.csv:1:8: the fields of this file are separated by tabs");
}

TEST_F(Import, NamesAMissingColumnAndTheKnownOnes) {
  const auto result = import(file("users.csv", "user_id,fullname\nu1,Ann\n"));
  ASSERT_FALSE(result);
  EXPECT_EQ(refusal(result), "users.csv:1:1: the column 'full_name' is missing");
  EXPECT_EQ(result.error().expected,
            "the columns user_id, full_name, email, language, managed_apple_account, "
            "managed_distribution, location");
  EXPECT_EQ(refusal_of("groups.csv", "group_id\ng\n"),
            "groups.csv:1:1: the column 'name' is missing");
  EXPECT_EQ(refusal_of("members.csv", "user_id\nu\n"),
            "members.csv:1:1: the column 'group_id' is missing");
  EXPECT_EQ(refusal_of("devices.csv", "name\nx\n"),
            "devices.csv:1:1: the column 'device_id' is missing");
  EXPECT_EQ(refusal_of("flat.csv", "device_id\nd\n"),
            "flat.csv:1:1: the column 'user_id' is missing");
  EXPECT_EQ(refusal_of("x.ndjson", "{\"device_id\":\"d\"}\n"),
            "x.ndjson:1:1: the key 'user_id' is missing");
}

TEST_F(Import, RefusesAColumnTwiceAndARaggedRow) {
  EXPECT_EQ(refusal_of("users.csv", "user_id,full_name,user_id\nu1,Ann,u1\n"),
            "users.csv:1:19: the column 'user_id' twice");
  EXPECT_EQ(refusal_of("users.csv", "user_id,full_name\nu1,Ann,x\n"), "users.csv:2:8: 3 fields");
  EXPECT_EQ(refusal_of("users.csv", "user_id,full_name\nu1\n"), "users.csv:2:1: 1 fields");
}

TEST_F(Import, NamesBothLinesOfAnIdThatStandsTwice) {
  EXPECT_EQ(refusal_of("users.csv", "user_id,full_name\nu1,Ann\nu2,Bo\nu1,Ann\n"),
            "users.csv:4:1: the user 'u1' twice (first on line 2)");
  EXPECT_EQ(refusal_of("groups.csv", "group_id,name\ng,A\ng,B\n"),
            "groups.csv:3:1: the group 'g' twice (first on line 2)");
  EXPECT_EQ(refusal_of("devices.csv", "name,device_id\nA,d\nB,d\n"),
            "devices.csv:3:3: the device 'd' twice (first on line 2)");
  EXPECT_EQ(refusal_of("flat.csv", "user_id,full_name,device_id\nu,Ann,d1\nu,Bo,d2\n"),
            "flat.csv:3:1: the user 'u' twice, but not alike (first on line 2)");
}

TEST_F(Import, NamesTheLineOfWhatIsNotKnownAndTheNearest) {
  file("users.csv", "user_id,full_name\nanna,Anna\n");
  file("groups.csv", "group_id,name\nyear7,Year 7\n");
  file("members.csv", "group_id,user_id,member_group_id\nyear7,anan,\n");
  const auto result = import_all();
  EXPECT_EQ(refusal(result), "members.csv:2:7: user 'anan' is not known");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().mend, "did you mean 'anna'?");
  file("members.csv", "group_id,user_id,member_group_id\nyear7,anna,\nyear8,anna,\n");
  EXPECT_EQ(refusal(import_all()), "members.csv:3:1: group 'year8' is not known");
  file("members.csv", "group_id,user_id,member_group_id\nyear7,,zzz\n");
  EXPECT_EQ(refusal(import_all()), "members.csv:2:8: group 'zzz' is not known");
  file("members.csv", "group_id,user_id,member_group_id\nyear7,anna,year7\n");
  EXPECT_EQ(refusal(import_all()), "members.csv:2:7: a user and a group as member");
  file("members.csv", "group_id,user_id,member_group_id\nyear7,,\n");
  EXPECT_EQ(refusal(import_all()), "members.csv:2:7: neither a user nor a group as member");
  EXPECT_EQ(refusal_of("devices.csv", "device_id,user_id\nd1,nobody\n"),
            "devices.csv:2:4: user 'nobody' is not known");
}

TEST_F(Import, RefusesTokensThatCannotBeTokens) {
  EXPECT_EQ(refusal_of_token("abc"),
            "devices.csv:2:4: a push token with an odd number of digits (3)");
  EXPECT_EQ(refusal_of_token("q83vEjRWeJA="),
            "devices.csv:2:4: a push token that is not hexadecimal (byte 1)");
  EXPECT_EQ(refusal_of_token("0011223344556677"), "devices.csv:2:4: a push token of 8 bytes");
  EXPECT_EQ(refusal_of_token(token(1, 200)), "devices.csv:2:4: a push token of 200 bytes");
  EXPECT_EQ(refusal_of_token("ab<cd"),
            "devices.csv:2:4: a push token that is not hexadecimal (byte 3)");
}

TEST_F(Import, RefusesATokenOfTwoDevicesInOneFileOrWithTheRoster) {
  EXPECT_EQ(
      refusal_of("devices.csv", "device_id,push_token\nd1," + token(1) + "\nd2," + token(1) + "\n"),
      "devices.csv:3:4: the push token of 'd2' is another device's too (line 2)");
  good(import(file("devices.csv", "device_id,push_token\nd1," + token(1) + "\n")));
  EXPECT_EQ(refusal_of("devices.csv", "device_id,user_push_token\nd2," + token(1) + "\n"),
            "devices.csv:2: this push token belongs to the device 'd1' of the roster");
  // Both change hands in one import: no token is held twice at its end.
  good(import(
      file("devices.csv", "device_id,push_token\nd2," + token(1) + "\nd1," + token(2) + "\n")));
}

TEST_F(Import, NamesTheChoicesAndTheNearest) {
  const auto result = import(file("devices.csv", "device_id,platform\nd1,ipados\n"));
  EXPECT_EQ(refusal(result), "devices.csv:2:4: platform 'ipados'");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().expected, "iOS, iPadOS, macOS, tvOS, watchOS, visionOS");
  EXPECT_EQ(result.error().mend, "did you mean 'iPadOS'?");
  EXPECT_EQ(refusal_of("devices.csv", "device_id,enrollment\nd1,dep\n"),
            "devices.csv:2:4: enrollment 'dep'");
  EXPECT_EQ(refusal_of("users.csv", "user_id,full_name,managed_distribution\nu,A,yes\n"),
            "users.csv:2:5: managed_distribution 'yes'");
}

TEST_F(Import, RefusesFieldsThatDoNotSayWhatTheyShould) {
  EXPECT_EQ(refusal_of("users.csv", "user_id,full_name\n,Ann\n"),
            "users.csv:2:1: user_id is empty");
  EXPECT_EQ(refusal_of("users.csv", "user_id,full_name,email\nu,A,ann\n"),
            "users.csv:2:5: 'ann' is not a mail address: it has no '@'");
  EXPECT_EQ(refusal_of("users.csv",
                       "user_id,full_name,email\nu,A," + std::string(65, 'a') + "@example.org\n"),
            "users.csv:2:5: '" + std::string(64, 'a') +
                "…' is not a mail address: 65 bytes are in front "
                "of the '@', at most 64 may be");
  EXPECT_EQ(refusal_of("users.csv", "user_id,full_name,language\nu,A,de_DE\n"),
            "users.csv:2:5: language 'de_DE'");
  EXPECT_EQ(refusal_of("devices.csv", "device_id,topic\nd,a b\n"), "devices.csv:2:3: topic 'a b'");
  EXPECT_EQ(refusal_of("devices.csv", "device_id,push_magic\nd," + std::string(65, 'm') + "\n"),
            "devices.csv:2:3: a push_magic of 65 bytes");
}

TEST_F(Import, BoundsHowManyTopicsAndLanguagesThereAre) {
  std::string devices = "device_id,topic\n";
  std::string users = "user_id,full_name,language\n";
  for (int i = 0; i <= 64; ++i) {
    devices += "d" + std::to_string(i) + ",t" + std::to_string(i) + "\n";
    users += "u" + std::to_string(i) + ",A,l" + std::to_string(i) + "\n";
  }
  EXPECT_EQ(refusal_of("devices.csv", devices), "devices.csv:66:5: more than 64 topics");
  EXPECT_EQ(refusal_of("users.csv", users), "users.csv:66:7: more than 64 languages");
}

TEST_F(Import, NamesACycleAsAWay) {
  file("groups.csv", "group_id,name\na,A\nb,B\nc,C\n");
  file("members.csv", "group_id,member_group_id\na,b\nb,c\nc,a\n");
  file("members.csv", "group_id,user_id,member_group_id\na,,b\nb,,c\nc,,a\n");
  EXPECT_EQ(refusal(import_all()), "members.csv:4: group 'a' contains itself: a → b → c → a");
  file("members.csv", "group_id,member_group_id\nb,b\n");
  EXPECT_EQ(refusal(import_all()), "members.csv:2:3: group 'b' contains itself: b → b");
  file("members.csv", "group_id,member_group_id\na,b\n");
  good(import_all());
  // The way back may be in a later import.
  EXPECT_EQ(refusal_of("members.csv", "group_id,member_group_id\nb,a\n"),
            "members.csv:2: group 'a' contains itself: a → b → a");
}

TEST_F(Import, ShortensTheWayOfALongCycle) {
  std::string groups = "group_id,name\n";
  std::string members = "group_id,member_group_id\n";
  for (int i = 0; i < 10'000; ++i) {
    groups += "g" + std::to_string(i) + ",G\n";
    members += "g" + std::to_string(i) + ",g" + std::to_string((i + 1) % 10'000) + "\n";
  }
  file("groups.csv", groups);
  file("members.csv", members);
  EXPECT_EQ(
      refusal(import_all()),
      "members.csv:10001: group 'g0' contains itself: g0 → g1 → g2 → g3 → g4 → g5 → g6 → g7 → "
      "… → g9993 → g9994 → g9995 → g9996 → g9997 → g9998 → g9999 → g0");
}

TEST_F(Import, NamesTheLineAndByteOfBrokenJson) {
  EXPECT_EQ(refusal_of("x.ndjson", "{\"user_id\":\"a\"}\n\n{\"user_id\":}\n"),
            "x.ndjson:3:12: this is not JSON");
  EXPECT_EQ(refusal_of("x.ndjson", "[{\"user_id\":\"a\"}]\n"),
            "x.ndjson:1:1: a value that is not an object");
  EXPECT_EQ(refusal_of("x.ndjson", "{\"user_id\":\"a\",\"user_id\":\"b\"}\n"),
            "x.ndjson:1:12: the key 'user_id' twice");
  EXPECT_EQ(refusal_of("x.ndjson", "{\"user_id\":{}}\n"), "x.ndjson:1:12: 'user_id' is not a text");
  EXPECT_EQ(refusal_of("x.ndjson", "{\"user_id\":\"a\\u0000b\"}\n"),
            "x.ndjson:1:12: a NUL (U+0000) in user_id");
  EXPECT_EQ(refusal_of("x.ndjson", "{\"user_id\":\"\xFF\"}\n"),
            "x.ndjson:1:13: the byte 0xFF, which is not UTF-8 (it looks like Latin-1)");
  EXPECT_EQ(refusal_of("x.ndjson", "{\"user_id\":\"a\",\"x\":" + std::string(10'000, '[') + "\n"),
            "x.ndjson:1:83: JSON nested deeper than 64 levels");
}

TEST_F(Import, RefusesWhatIsNoRosterFile) {
  EXPECT_EQ(refusal_of("roster.zip", "PK\x03\x04zzzz"), "roster.zip: this zip archive is damaged");
  EXPECT_EQ(refusal(import("/dev/zero")), "zero: this is not a regular file");
  ASSERT_EQ(::mkfifo(in("fifo.csv").c_str(), 0600), 0);
  EXPECT_EQ(refusal(import(in("fifo.csv"))), "fifo.csv: this is not a regular file");
  EXPECT_EQ(refusal(import(in("none.csv"))),
            "none.csv: this file cannot be opened: not found (No such file or directory)");
  std::filesystem::remove(in("fifo.csv"));
  std::filesystem::remove(in("roster.zip"));
  EXPECT_EQ(refusal(import_all()), "in: no roster in this directory");
  EXPECT_EQ(refusal(import_plan(ImportPlan{})), "no file to import");
  const auto path = file("x", "user_id\nu\n");
  const auto result = import_plan(ImportPlan{{path}, "ndjsn", false, ""});
  EXPECT_EQ(refusal(result), "the format 'ndjsn'");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().mend, "did you mean 'ndjson'?");
}

TEST_F(Import, RefusesAFileThatChangesWhileItIsRead) {
  std::string text = "user_id,full_name\n";
  for (int i = 0; i < 400'000; ++i) {
    text += "u" + std::to_string(i) + ",Somebody\n";
  }
  const auto path = file("users.csv", text);
  bool changed = false;
  const auto result = roster().import(
      ImportPlan{{path}, "", false, ""},
      [&](const ImportStep&) {
        if (!changed) {
          changed = true;
          EXPECT_EQ(::truncate(path.c_str(), 5'000'000), 0);
        }
        return true;
      },
      WallTime{now_ms_});
  EXPECT_EQ(refusal(result), "users.csv: this file changed while it was read");
}

TEST_F(Import, SaysWhereTheRejectsCannotBeWritten) {
  const auto path = file("users.csv", "user_id,full_name\nu,A\n");
  EXPECT_EQ(refusal(import_plan(ImportPlan{{path}, "", false, dir_ + "/none/rejects.csv"})),
            "rejects.csv: the rejects cannot be written: not found (No such file or directory)");
}

}  // namespace
}  // namespace muster::roster
