#include "apns/field_reader.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace muster::apns {
namespace {

using std::string;
using std::string_literals::operator""s;

AnswerHead read(FieldReader& reader, const string& block) {
  const AnswerHead* head = reader.read(as_bytes(block));
  EXPECT_NE(head, nullptr);
  return head == nullptr ? AnswerHead{} : *head;
}

string field(const string& name, const string& value) {  // literal without indexing
  return "\0"s + static_cast<char>(name.size()) + name + static_cast<char>(value.size()) + value;
}

TEST(FieldReader, ReadsTheStatusInEveryForm) {
  FieldReader reader;
  EXPECT_EQ(read(reader, "\x88").status, 200);  // indexed
  EXPECT_EQ(read(reader, "\x8d").status, 404);  // indexed
  EXPECT_EQ(read(reader,
                 "\x08\x03"
                 "410")
                .status,
            410);  // literal, its name indexed
  EXPECT_EQ(read(reader,
                 "\x18\x03"
                 "410")
                .status,
            410);  // never indexed
  EXPECT_EQ(read(reader, field(":status", "503")).status, 503);
  EXPECT_EQ(read(reader,
                 "\x48\x03"
                 "429")
                .status,
            429);                                           // enters the table
  EXPECT_EQ(read(reader, "\xbe").status, 429);              // and is named there
  EXPECT_EQ(read(reader, "\x08\x82\x10\x01").status, 200);  // Huffman: "200"
}

TEST(FieldReader, FindsTheIdAmongOtherFields) {
  FieldReader reader;
  const auto head = read(reader, "\x88" + field("x", "y") + field("apns-id", "the id") +
                                     field("apns-unique-id", "another"));
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.apns_id, "the id");
  EXPECT_FALSE(head.malformed);
  EXPECT_EQ(read(reader, "\x88").apns_id, "");
}

TEST(FieldReader, KnowsAMalformedAnswer) {
  FieldReader reader;
  for (const string& block :
       {"\x88\x88"s, field("x", "y") + "\x88", field(":status", "2000"), field(":status", "20"),
        field(":status", "099"), field(":status", "+20"), field(":status", ""), field(":path", "/"),
        field(":", ""), "\x88" + field("connection", "close"),
        "\x88" + field("transfer-encoding", "chunked"), "\x88" + field("Apns-Id", "x")}) {
    EXPECT_TRUE(read(reader, block).malformed);
  }
  EXPECT_FALSE(read(reader, "\x88").malformed);
}

TEST(FieldReader, LeavesOutFieldsThatNoReaderMaySee) {
  FieldReader reader;
  const auto head = read(reader, "\x88" + field("a b", "x") + field("apns-id", "a\nb"));
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.apns_id, "");
  EXPECT_FALSE(head.malformed);
}

TEST(FieldReader, TakesATrailerForWhatItIs) {
  FieldReader reader;
  EXPECT_EQ(read(reader, field("x", "y")).status, 0);
  EXPECT_FALSE(read(reader, field("x", "y")).malformed);
  EXPECT_EQ(read(reader, "").status, 0);
}

TEST(FieldReader, RefusesWhatIsNotHpack) {
  for (const string& block : {"\x80"s, "\xbe"s,
                              "\x08\x03"
                              "41"s,
                              "\xff\xff\xff\xff\xff\x0f"s, "\x3f\xe2\x1f\x88"s, "\x88\x20"s}) {
    FieldReader reader;
    EXPECT_EQ(reader.read(as_bytes(block)), nullptr);
  }
}

TEST(FieldReader, TakesSixteenKiBOfFieldsButNoMore) {
  // 4,000 bytes in the table, with their name of one.
  const string entry = "\x40\x01x\x7f\xa1\x1e"s + string(4000, 'y');
  FieldReader reader;
  EXPECT_NE(reader.read(as_bytes("\x88" + entry + string(3, '\xbe'))), nullptr);
  EXPECT_EQ(reader.read(as_bytes("\x88" + string(5, '\xbe'))), nullptr);
}

TEST(FieldReader, SurvivesNoise) {
  const std::uint64_t seed = ::testing::UnitTest::GetInstance()->random_seed() + 20261123;
  RecordProperty("seed", std::to_string(seed));
  Random random(seed);
  for (int round = 0; round < 5000; ++round) {
    FieldReader reader;
    string noise(random.below(60), '\0');
    for (char& byte : noise) {
      byte = static_cast<char>(random.next());
    }
    const AnswerHead* head = reader.read(as_bytes(noise));
    EXPECT_TRUE(head == nullptr || head->status < 1000) << "seed " << seed;
  }
}

}  // namespace
}  // namespace muster::apns
