// A school's files in a zip archive, and archives that nobody should open.
#include <gmock/gmock.h>

#include "model/directory_limits.h"
#include "school.h"

namespace muster::roster {
namespace {

using testing::HasSubstr;

class SchoolArchive : public SchoolTest {};

TEST_F(SchoolArchive, IsReadWithoutUnpackingIt) {
  EXPECT_EQ(good(import(archive(apple_files()))).users, 3U);
  EXPECT_EQ(good(import(archive(one_roster_files()))).users, 2U);
  EXPECT_EQ(row_of("u1").full_name, "Ann Miller");
}

TEST_F(SchoolArchive, FoldersAndOtherFilesInItDoNotMatter) {
  std::vector<std::pair<std::string, std::string>> members;
  for (const auto& [name, text] : apple_files()) {
    members.emplace_back("export/" + name, "\xef\xbb\xbf" + text);
    members.emplace_back("__MACOSX/export/" + name, "x");
  }
  members.emplace_back("export/readme.txt", "hello");
  EXPECT_EQ(good(import(archive(members))).users, 3U);
}

TEST_F(SchoolArchive, OfSomethingElseIsRefused) {
  EXPECT_EQ(refusal(import(archive(Files{{"photo.jpg", "x"}}))),
            "school.zip: this zip archive has no school's files");
}

TEST_F(SchoolArchive, NamesThatLeadOutsideAreRefused) {
  for (const auto* name :
       {"../students.csv", "a/../../students.csv", "/etc/students.csv", "..\\students.csv"}) {
    auto files = apple_files();
    files[name] = "x";
    EXPECT_EQ(refusal(import(archive(files))),
              "school.zip: the archive has a file that would lie outside of it")
        << name;
  }
}

TEST_F(SchoolArchive, TheSameFileTwiceIsRefused) {
  auto files = apple_files();
  files["other/staff.csv"] = "x";
  EXPECT_EQ(refusal(import(archive(files))), "school.zip: 'staff.csv' twice in the archive");
}

TEST_F(SchoolArchive, MoreFilesThanASchoolHasAreRefused) {
  auto files = apple_files();
  for (std::uint64_t i = 0; i < limits::archive_files_max; ++i) {
    files["x" + std::to_string(i)] = "";
  }
  EXPECT_EQ(refusal(import(archive(files))), "school.zip: an archive of 1006 files");
}

TEST_F(SchoolArchive, WhatIsLargerUnpackedThanAnySchoolIsRefusedByItsWord) {
  auto files = apple_files();
  auto path = archive(files);
  auto bytes = read(path);
  // The unpacked size in the directory at the archive's end: of the first file 2 GiB.
  const auto entry = bytes.find("PK\x01\x02");
  ASSERT_NE(entry, std::string::npos);
  bytes.replace(entry + 24, 4, std::string("\x00\x00\x00\x80", 4));
  std::ofstream(path, std::ios::binary) << bytes;
  EXPECT_EQ(refusal(import(path)), "school.zip: the archive's files hold too much, unpacked");
}

TEST_F(SchoolArchive, ABombIsRefusedWhateverItSaysOfItsSize) {
  auto files = apple_files();
  files["students.csv"] += std::string(8UL << 20, '\n');
  const auto path = archive(files);
  auto bytes = read(path);
  // Each entry in the directory at the end says that it holds nothing.
  for (auto at = bytes.find("PK\x01\x02"); at != std::string::npos;
       at = bytes.find("PK\x01\x02", at + 1)) {
    bytes.replace(at + 24, 4, std::string(4, '\0'));
  }
  std::ofstream(path, std::ios::binary) << bytes;
  EXPECT_EQ(refusal(import(path)), "locations.csv: this file holds more than the archive says");
}

TEST_F(SchoolArchive, DamageIsRefused) {
  const auto path = archive(apple_files());
  const auto whole = read(path);
  EXPECT_EQ(refusal_of("cut.zip", whole.substr(0, whole.size() / 2)),
            "cut.zip: this zip archive is damaged");
  auto bytes = whole;
  const auto data = bytes.find("rosters.csv") + 11;
  bytes[data + 4] = static_cast<char>(bytes[data + 4] ^ 0x55);
  EXPECT_THAT(refusal_of("flipped.zip", bytes), HasSubstr("rosters.csv"));
  EXPECT_FALSE(reader().user_details("s1"));
}

TEST_F(SchoolArchive, AnEmptyOneIsRefused) {
  EXPECT_EQ(refusal_of("empty.zip", "PK\x05\x06" + std::string(18, '\0')),
            "empty.zip: this zip archive has no school's files");
}

}  // namespace
}  // namespace muster::roster
