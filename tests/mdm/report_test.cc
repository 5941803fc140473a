#include "mdm/report.h"

#include <gtest/gtest.h>

#include "model/limits.h"
#include "tests/mdm/plists.h"

namespace muster::mdm {
namespace {

using Status = Report::Status;

std::optional<Report> read(const std::string& bytes) {
  const auto value = read_plist(bytes);
  return value ? read_report(*value) : std::nullopt;
}

std::string error_with(const std::string& chain) {
  return plist(dictionary({{"UDID", text("U1")},
                           {"Status", text("Error")},
                           {"CommandUUID", text("C")},
                           {"ErrorChain", chain}}));
}

TEST(Report, ReadsThatADeviceIsIdle) {
  for (const auto& bytes : {idle("U1"), binary(idle("U1"))}) {
    const auto said = read(bytes);
    ASSERT_TRUE(said);
    EXPECT_EQ(said->status, Status::idle);
    EXPECT_EQ(said->sender.id, "U1");
    EXPECT_EQ(said->result, CommandResult::none);
  }
  EXPECT_EQ(read(report("U1", "Idle", "C"))->command_uuid, "");
}

TEST(Report, ReadsWhoSpeaksOnAUsersChannel) {
  EXPECT_EQ(read(idle("U1", "5B0E"))->sender.id, "U1:5B0E");
}

TEST(Report, ReadsWhatBecameOfAnInvitation) {
  EXPECT_EQ(read(report("U1", "Acknowledged", "C", "Acknowledged"))->result, CommandResult::shown);
  EXPECT_EQ(read(report("U1", "Acknowledged", "C"))->result, CommandResult::shown);
  for (const std::string said : {"InvalidProgramID", "InvalidInvitationURL"}) {
    const auto refused = read(report("U1", "Acknowledged", "C", said));
    EXPECT_EQ(refused->result, CommandResult::refused);
    EXPECT_EQ(refused->trouble, said);
  }
  const auto later = read(report("U1", "NotNow", "C"));
  EXPECT_EQ(later->status, Status::not_now);
  EXPECT_EQ(later->result, CommandResult::postponed);
  EXPECT_EQ(later->command_uuid, "C");
  const auto unreadable = read(report("U1", "CommandFormatError", "C"));
  EXPECT_EQ(unreadable->status, Status::format_error);
  EXPECT_EQ(unreadable->result, CommandResult::refused);
  EXPECT_EQ(unreadable->trouble, "the device could not read the command");
}

TEST(Report, SaysWhatTheFirstErrorSays) {
  const auto localized = dictionary({{"ErrorCode", "<integer>12021</integer>"},
                                     {"ErrorDomain", text("MCMDMErrorDomain")},
                                     {"LocalizedDescription", text("Geht nicht.\nWirklich.")},
                                     {"USEnglishDescription", text("It does not work.")}});
  const auto english = dictionary({{"USEnglishDescription", text("It does not work.")}});
  EXPECT_EQ(read(error_with(array({localized, english})))->trouble, "Geht nicht. Wirklich.");
  EXPECT_EQ(read(error_with(array({english})))->trouble, "It does not work.");
  EXPECT_EQ(read(error_with(array({text("odd"), dictionary({}), english})))->trouble,
            "It does not work.");
}

TEST(Report, SaysThatADeviceGaveNoReason) {
  EXPECT_EQ(read(error_with(array({})))->trouble, "the device gave no reason");
  EXPECT_EQ(read(error_with(text("none")))->trouble, "the device gave no reason");
  EXPECT_EQ(read(report("U1", "Error", "C"))->trouble, "the device gave no reason");
}

TEST(Report, KeepsNoSecretThatADeviceQuotes) {
  const auto said = read(error_with(array({dictionary(
      {{"LocalizedDescription",
        text("The URL https://buy.itunes.apple.com/x?inviteCode=46bc46bc46bc46bc&mt=8 is wrong, "
             "also 46bc46bc46bc46bc46bc46bc46bc46bc")}})})));
  EXPECT_EQ(said->trouble, "The URL (left out) is wrong, also (left out)");
  EXPECT_EQ(read(report("U1", "Acknowledged", "C", "Invalid:https://x/y"))->trouble, "(left out)");
}

TEST(Report, CutsLongWordsBetweenCharacters) {
  std::string words;
  while (words.size() < 2 * limits::reply_bytes_max) {
    words += "ü ";
  }
  const auto said = read(error_with(array({dictionary({{"LocalizedDescription", text(words)}})})));
  EXPECT_LE(said->trouble.size(), limits::reply_bytes_max);
  EXPECT_GE(said->trouble.size(), limits::reply_bytes_max - 2);
  EXPECT_NE(static_cast<unsigned char>(said->trouble.back()), 0xc3);
}

TEST(Report, RefusesWhatIsNone) {
  EXPECT_FALSE(read(report("U1", "Asleep", "C")));
  EXPECT_FALSE(read(report("", "Idle", "")));
  EXPECT_FALSE(read(plist(dictionary({{"UDID", text("U1")}}))));
}

}  // namespace
}  // namespace muster::mdm
