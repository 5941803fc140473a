#include "loadgen/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "tests/loadgen/scratch.h"

namespace muster::loadgen {
namespace {

using Fields = std::vector<std::string>;
constexpr std::array<std::string_view, 2> wanted{"b", "a"};

TEST(Csv, ReadsBackWhatItWroteQuotesCommasAndNewlinesIncluded) {
  const Scratch scratch;
  auto writer = CsvWriter::create(scratch / "x.csv");
  ASSERT_TRUE(writer);
  writer->row(std::array<std::string_view, 2>{"a", "b"});
  writer->row(std::array<std::string_view, 2>{"Zoë \"Mo\", two\nlines", ""});
  ASSERT_TRUE(writer->close());

  auto reader = CsvReader::open(scratch / "x.csv");
  ASSERT_TRUE(reader);
  ASSERT_TRUE(reader->expect(wanted));
  ASSERT_EQ(reader->next(), true);
  EXPECT_EQ(reader->fields(), (Fields{"", "Zoë \"Mo\", two\nlines"}));
  EXPECT_EQ(reader->next(), false);
}

TEST(Csv, AcceptsAByteOrderMarkCarriageReturnsAndNoLastNewline) {
  const Scratch scratch;
  scratch.write("x.csv",
                "\xEF\xBB\xBF"
                "a,b,c\r\n1,2,3\r\n4,5,6");
  auto reader = CsvReader::open(scratch / "x.csv");
  ASSERT_TRUE(reader);
  ASSERT_TRUE(reader->expect(wanted));
  ASSERT_EQ(reader->next(), true);
  EXPECT_EQ(reader->fields(), (Fields{"2", "1"}));
  ASSERT_EQ(reader->next(), true);
  EXPECT_EQ(reader->fields(), (Fields{"5", "4"}));
  EXPECT_EQ(reader->next(), false);
}

std::string complaint_about(const std::string& text) {
  const Scratch scratch;
  scratch.write("x.csv", text);
  auto reader = CsvReader::open(scratch / "x.csv");
  if (auto header = reader->expect(wanted); !header) {
    return header.error().line_of_text();
  }
  auto row = reader->next();
  return row ? "fine" : row.error().line_of_text();
}

TEST(Csv, NamesTheLineOfWhatIsWrong) {
  EXPECT_THAT(complaint_about(""), ::testing::HasSubstr("the file is empty"));
  EXPECT_THAT(complaint_about("a,c\n"), ::testing::HasSubstr("x.csv:1: no column 'b'"));
  EXPECT_THAT(complaint_about("a,b\n1\n"), ::testing::HasSubstr("x.csv:2: 1 fields"));
  EXPECT_THAT(complaint_about("a,b\n1,\"two\n\n"),
              ::testing::HasSubstr("x.csv:2: a quotation mark is never closed"));
}

TEST(Csv, SaysWhichFileCannotBeReadOrMade) {
  const Scratch scratch;
  EXPECT_EQ(CsvReader::open(scratch / "none.csv").error().cause.code, ErrorCode::not_found);
  EXPECT_EQ(CsvWriter::create(scratch / "none/x.csv").error().cause.code, ErrorCode::not_found);
  auto folder = CsvReader::open(scratch.dir());
  ASSERT_TRUE(folder);
  EXPECT_FALSE(folder->expect(wanted));
}

TEST(Csv, TellsAtCloseThatTheDiskIsFull) {
  auto writer = CsvWriter::create("/dev/full");
  ASSERT_TRUE(writer);
  writer->row(wanted);
  const auto closed = writer->close();
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().cause.code, ErrorCode::disk_full);
}

}  // namespace
}  // namespace muster::loadgen
