#include "mdm/command.h"

#include <gtest/gtest.h>

#include "crypto/digest.h"
#include "mdm/plist.h"

namespace muster::mdm {
namespace {

const TaskId task{{0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0x4d, 0xef, 0x81, 0, 0, 0, 0, 0, 0, 7}};

TEST(Command, IsWrittenAsApplesDevicesReadIt) {
  const std::string url = "https://buy.itunes.apple.com/x?inviteCode=46bc&mt=8&cc=us&odd=<>\"'";
  const auto bytes = invite_to_program("UUID-1", url);
  EXPECT_NE(bytes.find("inviteCode=46bc&amp;mt=8&amp;cc=us&amp;odd=&lt;&gt;"), std::string::npos);
  const auto value = read_plist(bytes);
  ASSERT_TRUE(value);
  EXPECT_EQ(value->text("CommandUUID"), "UUID-1");
  const auto* command = value->member("Command");
  ASSERT_NE(command, nullptr);
  EXPECT_EQ(command->text("RequestType"), "InviteToProgram");
  EXPECT_EQ(command->text("ProgramID"), "com.apple.cloudvpp");
  EXPECT_EQ(command->text("InvitationURL"), url);
  EXPECT_EQ(command->members.size(), 3U);
  EXPECT_EQ(value->members.size(), 2U);
}

TEST(Command, IsNamedByItsTaskAndInvitation) {
  const auto uuid = command_uuid(task, 0x01020304);
  EXPECT_EQ(uuid, command_uuid(task, 0x01020304));
  EXPECT_EQ(uuid[14], '8');  // a UUIDv8 …
  EXPECT_EQ(uuid.substr(19), "8000-000001020304");
  std::vector<Byte> hashed(task.bytes.begin(), task.bytes.end());
  for (const char c : std::string_view("command")) {
    hashed.push_back(static_cast<Byte>(c));
  }
  const auto digest = to_hex(crypto::sha256(hashed));
  EXPECT_EQ(uuid.substr(0, 8), digest.substr(0, 8));
  EXPECT_EQ(uuid.substr(9, 4), digest.substr(8, 4));
  EXPECT_EQ(uuid.substr(15, 3), digest.substr(13, 3));
}

TEST(Command, LeadsBackToItsRow) {
  for (const InvitationNumber invitation : {0U, 1U, 4096U, UINT32_MAX}) {
    const auto name = read_command_uuid(command_uuid(task, invitation));
    ASSERT_TRUE(name);
    EXPECT_EQ(name->invitation, invitation);
    EXPECT_EQ(name->task_prefix, command_prefix(task));
    EXPECT_NE(name->task_prefix, command_prefix(TaskId{}));
  }
}

TEST(Command, KnowsOthersNamesFromItsOwn) {
  EXPECT_FALSE(read_command_uuid(""));
  EXPECT_FALSE(read_command_uuid("not a uuid"));
  EXPECT_FALSE(read_command_uuid("01234567-89ab-4def-8000-000000000001"));  // version 4
  EXPECT_FALSE(read_command_uuid("01234567-89ab-8def-9000-000000000001"));
  EXPECT_FALSE(read_command_uuid("01234567-89ab-8def-8000-010000000001"));
  EXPECT_TRUE(read_command_uuid("01234567-89AB-8DEF-8000-000000000001"));
}

}  // namespace
}  // namespace muster::mdm
