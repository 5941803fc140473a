#include "apns/answer.h"

#include <gtest/gtest.h>

#include "apns/conduct.h"
#include "tests/apns/pair.h"

namespace muster::apns {
namespace {

TEST(ApnsAnswer, KnowsEveryReasonByApplesName) {
  AnswerReader reader;
  for (int number = 1; number < static_cast<int>(Reason::unknown_answer); ++number) {
    const auto reason = static_cast<Reason>(number);
    if (name_of(reason).empty()) {
      continue;
    }
    const std::string body = R"({"reason":")" + std::string(name_of(reason)) + R"("})";
    EXPECT_EQ(reader.read(400, body).reason, reason) << body;
  }
}

TEST(ApnsAnswer, ReadsTheTimestampOfA410Only) {
  AnswerReader reader;
  const std::string body = R"({ "timestamp" : 1700000000123, "reason" : "Unregistered" })";
  EXPECT_EQ(reader.read(410, body).timestamp_ms, 1'700'000'000'123);
  EXPECT_EQ(reader.read(400, body).timestamp_ms, 0);
  EXPECT_EQ(reader.read(410, R"({"reason":"Unregistered"})").timestamp_ms, 0);
  EXPECT_EQ(reader.read(410, R"({"reason":"Unregistered","timestamp":-5})").timestamp_ms, 0);
  EXPECT_EQ(reader.read(410, R"({"reason":"Unregistered","timestamp":"1"})").timestamp_ms, 0);
}

TEST(ApnsAnswer, IsUnknownWhereNoReasonCanBeRead) {
  AnswerReader reader;
  for (const char* body : {"", "null", "[]", "{", "{}", R"({"reason":7})", R"({"reason":null})",
                           R"({"reason":"Gone"})", R"({"reason":"ConnectionLost"})", "<html>"}) {
    EXPECT_EQ(reader.read(400, body).reason, Reason::unknown_answer) << body;
    EXPECT_EQ(reader.read_goaway(body), Reason::none) << body;
  }
  EXPECT_EQ(reader.read(200, "").reason, Reason::none);
}

TEST(ApnsAnswer, ComparesIdsInAnyCase) {
  const std::string id = "a0a1a2a3-a4a5-86a7-8000-000100000001";
  EXPECT_TRUE(same_apns_id(id, id));
  EXPECT_TRUE(same_apns_id("A0A1A2A3-A4A5-86A7-8000-000100000001", id));
  EXPECT_FALSE(same_apns_id("a0a1a2a3-a4a5-86a7-8000-000100000002", id));
  EXPECT_FALSE(same_apns_id("", id));
}

TEST(ApnsConduct, FindsFrameHeadersHoweverTheBytesAreCut) {
  const auto ping = testing::frame(NGHTTP2_PING, 0, 0, "\x06\x06\x06\x06\x06\x06\x06\x06");
  for (std::size_t piece = 1; piece < ping.size(); ++piece) {
    Conduct conduct;
    std::vector<Byte> bytes;
    for (std::uint32_t i = 0; i < Conduct::glitches_max; ++i) {
      bytes.insert(bytes.end(), ping.begin(), ping.end());
    }
    for (Bytes left = bytes; !left.empty(); left = left.subspan(std::min(piece, left.size()))) {
      ASSERT_TRUE(conduct.watch(left.first(std::min(piece, left.size())), Instant{}));
    }
    EXPECT_FALSE(conduct.watch(ping, Instant{}));
  }
}

TEST(ApnsConduct, CountsNoUsefulFrame) {
  Conduct conduct;
  for (std::uint32_t i = 0; i < 3 * Conduct::glitches_max; ++i) {
    EXPECT_TRUE(conduct.watch(testing::frame(NGHTTP2_DATA, 0, 1, "x"), Instant{}));
    EXPECT_TRUE(conduct.watch(testing::frame(NGHTTP2_DATA, 1, 1, ""), Instant{}));
    EXPECT_TRUE(conduct.watch(testing::status_frame(1, "200", true), Instant{}));
    EXPECT_TRUE(conduct.watch(testing::window_update_frame(0, 1), Instant{}));
  }
}

}  // namespace
}  // namespace muster::apns
