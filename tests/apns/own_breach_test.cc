// What our own framing holds against a peer, by RFC 9113, and with which code it says so.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "tests/apns/said.h"

namespace muster::apns {
namespace {

using testing::big_endian;
using testing::Buffer;
using testing::frame;
using testing::operator+;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::own_wake;
using testing::Pair;
using testing::said_goaway;
using testing::said_reset;
using testing::SaidFrame;
using testing::settings_frame;
using testing::status_frame;
using wire::Fate;

struct Breach {
  const char* what;
  Buffer bytes;
  std::uint32_t code;
};
void PrintTo(const Breach& breach, std::ostream* out) {
  *out << breach.what;
}

Buffer times(int count, const Buffer& bytes) {
  Buffer all;
  for (int i = 0; i < count; ++i) {
    all = all + bytes;
  }
  return all;
}

class OwnFramingHearing : public ::testing::TestWithParam<Breach> {};

// One request is with the peer; then the breach, and behind it what would have been its answer.
TEST_P(OwnFramingHearing, EndsTheConnectionWithTheRightCode) {
  Pair pair(own_wake());
  open_with_requests(pair, 1);
  pair.receive(GetParam().bytes + status_frame(1, "200", true));
  pair.collect();
  ASSERT_EQ(pair.answers.size(), 1U);
  EXPECT_EQ(pair.answers[0].fate, Fate::in_doubt);
  EXPECT_EQ(pair.vitals().error.code, ErrorCode::protocol);
  const auto said = frames_said(pair);
  ASSERT_FALSE(said.empty());
  EXPECT_EQ(said.back(), said_goaway(GetParam().code));
  EXPECT_TRUE(pair.session->wants_close());
  pair.receive(GetParam().bytes);
  EXPECT_THAT(frames_said(pair), IsEmpty());
}

// The same, one byte at a time.
TEST_P(OwnFramingHearing, EndsTheConnectionHoweverTheBytesAreCut) {
  Pair pair(own_wake());
  open_with_requests(pair, 1);
  for (const Byte byte : GetParam().bytes) {
    pair.receive({byte});
  }
  EXPECT_EQ(pair.vitals().error.code, ErrorCode::protocol);
  const auto said = frames_said(pair);
  ASSERT_FALSE(said.empty());
  EXPECT_EQ(said.back(), said_goaway(GetParam().code));
}

std::vector<Breach> breaches_of_control_frames() {
  const std::string eight(8, '\0');
  const std::vector<nghttp2_settings_entry> many(33, {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 5});
  return {
      {"SettingsOfFiveBytes", frame(4, 0, 0, "12345"), NGHTTP2_FRAME_SIZE_ERROR},
      {"SettingsOnAStream", frame(4, 0, 1, ""), NGHTTP2_PROTOCOL_ERROR},
      {"SettingsAcknowledgementWithPayload", frame(4, 1, 0, std::string(6, '\0')),
       NGHTTP2_FRAME_SIZE_ERROR},
      {"SettingsWith33Entries", settings_frame(many), NGHTTP2_ENHANCE_YOUR_CALM},
      {"InitialWindowOf2To31", settings_frame({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1U << 31}}),
       NGHTTP2_FLOW_CONTROL_ERROR},
      {"FrameSizeBelow16384", settings_frame({{NGHTTP2_SETTINGS_MAX_FRAME_SIZE, 16'383}}),
       NGHTTP2_PROTOCOL_ERROR},
      {"FrameSizeOf2To24", settings_frame({{NGHTTP2_SETTINGS_MAX_FRAME_SIZE, 1U << 24}}),
       NGHTTP2_PROTOCOL_ERROR},
      {"PushEnabledByAServer", settings_frame({{NGHTTP2_SETTINGS_ENABLE_PUSH, 1}}),
       NGHTTP2_PROTOCOL_ERROR},
      {"PushNeitherOnNorOff", settings_frame({{NGHTTP2_SETTINGS_ENABLE_PUSH, 2}}),
       NGHTTP2_PROTOCOL_ERROR},
      {"PingOfSevenBytes", frame(6, 0, 0, "1234567"), NGHTTP2_FRAME_SIZE_ERROR},
      {"PingOfNineBytes", frame(6, 0, 0, "123456789"), NGHTTP2_FRAME_SIZE_ERROR},
      {"PingOnAStream", frame(6, 0, 1, eight), NGHTTP2_PROTOCOL_ERROR},
      {"GoawayOnAStream", frame(7, 0, 1, eight), NGHTTP2_PROTOCOL_ERROR},
      {"GoawayOfSevenBytes", frame(7, 0, 0, "1234567"), NGHTTP2_FRAME_SIZE_ERROR},
      {"GoawayForAStreamOfThePeers", testing::goaway_frame(2, 0, ""), NGHTTP2_PROTOCOL_ERROR},
      {"GoawayThatRises", testing::goaway_frame(1, 0, "") + testing::goaway_frame(3, 0, ""),
       NGHTTP2_PROTOCOL_ERROR},
      {"WindowUpdateOfThreeBytes", frame(8, 0, 0, "123"), NGHTTP2_FRAME_SIZE_ERROR},
      {"WindowUpdateByNothing", testing::window_update_frame(0, 0), NGHTTP2_PROTOCOL_ERROR},
      {"ConnectionWindowAbove2To31", testing::window_update_frame(0, (1U << 31) - 1),
       NGHTTP2_FLOW_CONTROL_ERROR},
      {"WindowUpdateOnAnIdleStream", testing::window_update_frame(3, 1), NGHTTP2_PROTOCOL_ERROR},
      {"StreamWindowAbove2To31BySettings",
       testing::window_update_frame(1, 100'000) +
           settings_frame({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, (1U << 31) - 1}}),
       NGHTTP2_FLOW_CONTROL_ERROR},
      {"FrameAbove16384", frame(0xbb, 0, 0, std::string(16'385, 'x')), NGHTTP2_FRAME_SIZE_ERROR},
      {"PushPromise", frame(5, 4, 1, big_endian(2) + "\x82"), NGHTTP2_PROTOCOL_ERROR},
      {"GlitchesBeyondAThousand", times(1001, frame(0xbb, 0, 0, "")), NGHTTP2_ENHANCE_YOUR_CALM},
  };
}

std::vector<Breach> breaches_of_answers() {
  // One long field in the table, then named four thousand times: 4 KiB that unfold to megabytes.
  std::string bomb = "\x88\x40\x01x\x7f\x81\x1f";
  bomb += std::string(4096 - 64, 'y') + std::string(4000, '\xbe');
  const Buffer open = frame(1, 0, 1, "\x88");  // END_HEADERS is not set
  const Buffer head = status_frame(1, "200", false);
  return {
      {"ResetOfThreeBytes", frame(3, 0, 1, "123"), NGHTTP2_FRAME_SIZE_ERROR},
      {"ResetOfTheConnection", testing::rst_stream_frame(0, 0), NGHTTP2_PROTOCOL_ERROR},
      {"ResetOfAnIdleStream", testing::rst_stream_frame(3, 0), NGHTTP2_PROTOCOL_ERROR},
      {"ResetOfAStreamOfThePeers", testing::rst_stream_frame(2, 0), NGHTTP2_PROTOCOL_ERROR},
      {"HeadersOnTheConnection", status_frame(0, "200", true), NGHTTP2_PROTOCOL_ERROR},
      {"HeadersOnAStreamOfThePeers", status_frame(2, "200", true), NGHTTP2_PROTOCOL_ERROR},
      {"HeadersOnAnIdleStream", status_frame(3, "200", true), NGHTTP2_PROTOCOL_ERROR},
      {"HeadersShorterThanTheirPriority", frame(1, 0x25, 1, "1234"), NGHTTP2_PROTOCOL_ERROR},
      {"HeadersWithTooMuchPadding", frame(1, 0x0d, 1, "\x02\x88"), NGHTTP2_PROTOCOL_ERROR},
      {"HeadersWithoutTheLengthOfTheirPadding", frame(1, 0x0d, 1, ""), NGHTTP2_PROTOCOL_ERROR},
      {"DataOnTheConnection", frame(0, 1, 0, "x"), NGHTTP2_PROTOCOL_ERROR},
      {"DataOnAnIdleStream", frame(0, 1, 3, "x"), NGHTTP2_PROTOCOL_ERROR},
      {"DataBeforeHeaders", frame(0, 1, 1, "x"), NGHTTP2_PROTOCOL_ERROR},
      {"DataBehindAnInterimHead", status_frame(1, "103", false) + frame(0, 1, 1, "x"),
       NGHTTP2_PROTOCOL_ERROR},
      {"DataWithTooMuchPadding", head + frame(0, 9, 1, "\x02x"), NGHTTP2_PROTOCOL_ERROR},
      {"DataBeyondOurWindow", head + times(4, frame(0, 0, 1, std::string(16'384, 'x'))),
       NGHTTP2_FLOW_CONTROL_ERROR},
      {"EmptyDataBeyondAThousand", head + times(1001, frame(0, 0, 1, "")),
       NGHTTP2_ENHANCE_YOUR_CALM},
      {"LoneContinuation", frame(9, 4, 1, "\x88"), NGHTTP2_PROTOCOL_ERROR},
      {"ContinuationOfAnotherStream", open + frame(9, 4, 3, ""), NGHTTP2_PROTOCOL_ERROR},
      {"ContinuationInterrupted", open + frame(0xbb, 0, 0, ""), NGHTTP2_PROTOCOL_ERROR},
      {"ContinuationInterruptedByHeaders", open + status_frame(1, "200", true),
       NGHTTP2_PROTOCOL_ERROR},
      {"NineContinuations", open + times(9, frame(9, 0, 1, "")), NGHTTP2_ENHANCE_YOUR_CALM},
      {"BrokenHpack", frame(1, 5, 1, "\xff\xff\xff\xff\xff"), NGHTTP2_COMPRESSION_ERROR},
      {"HpackCutShort", frame(1, 5, 1, "\x08\x03"), NGHTTP2_COMPRESSION_ERROR},
      {"HpackTableBeyondOurs", frame(1, 5, 1, "\x3f\xe2\x1f\x88"), NGHTTP2_COMPRESSION_ERROR},
      {"BlockThatUnfoldsAbove16KiB", frame(1, 5, 1, bomb), NGHTTP2_COMPRESSION_ERROR},
  };
}

std::string name_of_breach(const ::testing::TestParamInfo<Breach>& breach) {
  return breach.param.what;
}
INSTANTIATE_TEST_SUITE_P(ControlFrames, OwnFramingHearing,
                         ::testing::ValuesIn(breaches_of_control_frames()), name_of_breach);
INSTANTIATE_TEST_SUITE_P(Answers, OwnFramingHearing, ::testing::ValuesIn(breaches_of_answers()),
                         name_of_breach);

TEST(OwnFramingHearingFirst, TakesNothingButSettings) {
  const std::string http = "HTTP/1.1 400 Bad Request\r\n\r\n";
  struct Row {
    Buffer bytes;
    std::uint32_t code;
  };
  for (const auto& row :
       {Row{frame(6, 0, 0, "12345678"), NGHTTP2_PROTOCOL_ERROR},
        Row{frame(4, 1, 0, ""), NGHTTP2_PROTOCOL_ERROR},
        Row{frame(0xbb, 0, 0, ""), NGHTTP2_PROTOCOL_ERROR},
        Row{testing::goaway_frame(0, 0, ""), NGHTTP2_PROTOCOL_ERROR},
        Row{{as_bytes(http).begin(), as_bytes(http).end()}, NGHTTP2_FRAME_SIZE_ERROR}}) {
    Pair pair(own_wake());
    pair.session->connected(pair.clock.now());
    pair.send();
    pair.receive(row.bytes);
    EXPECT_THAT(frames_said(pair), ElementsAre(said_goaway(row.code)));
    EXPECT_EQ(pair.vitals().error.code, ErrorCode::protocol);
  }
}

TEST(OwnFramingHearingAsked, EndsTheConnectionAtAThousandAnswersThatItCannotSend) {
  for (const auto& [ask, type] : {std::pair{frame(6, 0, 0, "12345678"), int{NGHTTP2_PING}},
                                  std::pair{frame(4, 0, 0, ""), int{NGHTTP2_SETTINGS}}}) {
    Pair pair(own_wake());
    pair.connect();
    pair.receive(times(500, ask));
    pair.clock.turn(std::chrono::seconds(11));  // no flood by the clock
    pair.receive(times(500, ask));
    EXPECT_EQ(pair.vitals().error.code, ErrorCode::none);
    pair.receive(ask);
    EXPECT_EQ(pair.vitals().error.code, ErrorCode::protocol);
    const auto said = frames_said(pair);
    EXPECT_EQ(said.back(), said_goaway(NGHTTP2_ENHANCE_YOUR_CALM));
    EXPECT_EQ(std::count_if(said.begin(), said.end(),
                            [&, type = type](const auto& each) { return each.type == type; }),
              1001);
  }
}

// RFC 9113 §8.1.1: what is wrong with one answer is its stream's matter.
class OwnFramingMalformed : public ::testing::TestWithParam<Breach> {};

TEST_P(OwnFramingMalformed, ResetsTheStreamAlone) {
  Pair pair(own_wake());
  open_with_requests(pair, 2);
  pair.receive(GetParam().bytes);
  pair.receive(status_frame(3, "200", true));
  pair.collect();
  EXPECT_THAT(frames_said(pair), ElementsAre(said_reset(1, GetParam().code)));
  EXPECT_EQ(pair.vitals().condition, wire::Vitals::Condition::open);
  ASSERT_EQ(pair.answers.size(), 2U);
  EXPECT_EQ(pair.answer_of(0)->fate, Fate::in_doubt);
  EXPECT_EQ(pair.answer_of(0)->reason, Reason::stream_reset);
  EXPECT_EQ(pair.answer_of(1)->status, 200);
  // The stream is forgotten: what still comes for it means nothing.
  pair.receive(frame(0, 1, 1, "{}") + status_frame(1, "200", true) +
               testing::rst_stream_frame(1, 0) + testing::window_update_frame(1, 0));
  pair.collect();
  EXPECT_EQ(pair.answers.size(), 2U);
  EXPECT_THAT(frames_said(pair), IsEmpty());
}

std::vector<Breach> malformed_answers() {
  using std::string;
  const auto wrong = [](const char* what, const string& block, Byte flags = 5) {
    return Breach{what, frame(1, flags, 1, block), NGHTTP2_PROTOCOL_ERROR};
  };
  const string id = string("\x00\x07", 2) + "apns-id" + "\x01x";
  const Buffer head = status_frame(1, "400", false);
  return {
      wrong("NoStatus", id),
      wrong("NothingAtAll", ""),
      wrong("TwoStatus", "\x88\x88"),
      wrong("StatusBehindAField", id + "\x88"),
      wrong("StatusOfLetters",
            "\x08\x03"
            "2x0"),
      wrong("StatusOfFourDigits",
            "\x08\x04"
            "2000"),
      wrong("StatusBelow100",
            "\x08\x03"
            "099"),
      wrong("SwitchingProtocols",
            "\x08\x03"
            "101",
            4),
      wrong("InterimHeadThatEnds",
            "\x08\x03"
            "103"),
      wrong("PseudoFieldOfRequests", "\x88\x82"),
      wrong("FieldOfHttp1", string("\x88\x00\x0a", 3) + "connection" + "\x05" + "close"),
      wrong("NameInCapitals", string("\x88\x00\x07", 3) + "Apns-Id" + "\x01x"),
      {"TrailerWithAStatus", head + frame(1, 5, 1, "\x88"), NGHTTP2_PROTOCOL_ERROR},
      {"TrailerThatDoesNotEnd", head + frame(1, 4, 1, id), NGHTTP2_PROTOCOL_ERROR},
      {"WindowUpdateByNothing", testing::window_update_frame(1, 0), NGHTTP2_PROTOCOL_ERROR},
      {"WindowAbove2To31", testing::window_update_frame(1, (1U << 31) - 1),
       NGHTTP2_FLOW_CONTROL_ERROR},
  };
}
INSTANTIATE_TEST_SUITE_P(Answers, OwnFramingMalformed, ::testing::ValuesIn(malformed_answers()),
                         name_of_breach);

}  // namespace
}  // namespace muster::apns
