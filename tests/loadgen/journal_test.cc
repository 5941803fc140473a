#include "loadgen/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/loadgen/scratch.h"

namespace muster::loadgen {
namespace {

JournalRecord record(std::uint32_t n) {
  JournalRecord made;
  made.apns_id.fill(static_cast<Byte>(n));
  made.token.fill(static_cast<Byte>(n + 1));
  made.at = Instant{1'000'000 + n};
  made.connection = n;
  made.stream = 2 * n + 1;
  made.status = 410;
  made.reason = Reason::unregistered;
  made.answered = n % 2 == 0;
  made.channel = n % 3 == 0 ? Channel::mail : Channel::push;
  return made;
}

void write(const std::string& file, std::uint32_t first, std::uint32_t past) {
  auto journal = Journal::open(file);
  ASSERT_TRUE(journal);
  for (auto n = first; n < past; ++n) {
    journal->add(record(n));
  }
  ASSERT_TRUE(journal->flush());
}

TEST(Journal, GivesBackEveryRecordInOrder) {
  const Scratch scratch;
  write(scratch / "j", 0, 10'000);  // more than one read
  auto reader = JournalReader::open(scratch / "j");
  ASSERT_TRUE(reader);
  JournalRecord got;
  for (std::uint32_t n = 0; n < 10'000; ++n) {
    ASSERT_EQ(reader->next(got), true);
    ASSERT_EQ(got, record(n));
  }
  EXPECT_EQ(reader->next(got), false);
  EXPECT_FALSE(reader->torn());
}

TEST(Journal, ToleratesATornLastRecordAndCutsItOffWhenItGoesOn) {
  const Scratch scratch;
  write(scratch / "j", 0, 3);
  std::filesystem::resize_file(scratch / "j", std::filesystem::file_size(scratch / "j") - 5);
  {
    auto reader = JournalReader::open(scratch / "j");
    ASSERT_TRUE(reader);
    JournalRecord got;
    EXPECT_EQ(reader->next(got), true);
    EXPECT_EQ(reader->next(got), true);
    EXPECT_EQ(reader->next(got), false);
    EXPECT_TRUE(reader->torn());
  }
  write(scratch / "j", 7, 8);
  auto reader = JournalReader::open(scratch / "j");
  ASSERT_TRUE(reader);
  JournalRecord got;
  EXPECT_EQ(reader->next(got), true);
  EXPECT_EQ(reader->next(got), true);
  EXPECT_EQ(reader->next(got), true);
  EXPECT_EQ(got, record(7));
  EXPECT_EQ(reader->next(got), false);
  EXPECT_FALSE(reader->torn());
}

TEST(Journal, RefusesADamagedRecordAndNamesItsPlace) {
  const Scratch scratch;
  write(scratch / "j", 0, 3);
  auto bytes = scratch.read("j");
  bytes[8 + 72 + 20] = static_cast<char>(bytes[8 + 72 + 20] ^ 1);
  scratch.write("j", bytes);
  auto reader = JournalReader::open(scratch / "j");
  ASSERT_TRUE(reader);
  JournalRecord got;
  EXPECT_EQ(reader->next(got), true);
  const auto damaged = reader->next(got);
  ASSERT_FALSE(damaged);
  EXPECT_THAT(damaged.error().line_of_text(), ::testing::HasSubstr("damaged record at byte 80"));
}

TEST(Journal, RefusesAForeignOrMissingFile) {
  const Scratch scratch;
  scratch.write("foreign", "something else entirely");
  EXPECT_FALSE(Journal::open(scratch / "foreign"));
  EXPECT_FALSE(JournalReader::open(scratch / "foreign"));
  EXPECT_EQ(JournalReader::open(scratch / "none").error().cause.code, ErrorCode::not_found);
  EXPECT_EQ(Journal::open(scratch / "none/j").error().cause.code, ErrorCode::not_found);
}

TEST(Journal, SaysWhenTheDiskIsFull) {
  const auto full = Journal::open("/dev/full");
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().cause.code, ErrorCode::disk_full);
}

}  // namespace
}  // namespace muster::loadgen
