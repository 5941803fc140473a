// How our own framing takes answers in all their forms, and what a slot is told without one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/apns/said.h"

namespace muster::apns {
namespace {

using testing::Buffer;
using testing::frame;
using testing::operator+;
using testing::own_wake;
using testing::Pair;
using testing::PeerSettings;
using testing::said;
using testing::status_frame;
using wire::Fate;

constexpr std::string_view gone = R"({"reason":"Unregistered","timestamp":1700000000123})";

struct Form {
  const char* name;
  Buffer bytes;  // the whole answer to stream 1: 410 and `gone`
};
void PrintTo(const Form& form, std::ostream* out) {
  *out << form.name;
}

std::vector<Form> forms() {
  const std::string status =
      "\x08\x03"
      "410";
  const std::string id =
      "\x40\x07" + std::string("apns-id") + "\x24" + "a0a1a2a3-a4a5-86a7-8000-000100000000";
  const Buffer head = frame(1, 4, 1, status + id);
  const Buffer body = frame(0, 1, 1, gone);
  const std::string half(gone.substr(0, 20));
  const std::string rest(gone.substr(20));
  return {
      {"HeadAndBody", head + body},
      {"BehindInterimHeads",
       status_frame(1, "100", false) + status_frame(1, "103", false) + head + body},
      {"WithATrailer", head + frame(0, 0, 1, gone) + frame(1, 5, 1, id)},
      {"EndedByEmptyData", head + frame(0, 0, 1, gone) + frame(0, 1, 1, "")},
      {"InPieces", head + frame(0, 0, 1, half) + frame(0, 0, 1, "") + frame(0, 1, 1, rest)},
      {"HeadInContinuations", frame(1, 0, 1, status.substr(0, 1)) +
                                  frame(9, 0, 1, status.substr(1) + id.substr(0, 5)) +
                                  frame(9, 0, 1, "") + frame(9, 4, 1, id.substr(5)) + body},
      {"TrailerInContinuations", head + frame(0, 0, 1, gone) + frame(1, 1, 1, id.substr(0, 4)) +
                                     frame(9, 4, 1, id.substr(4))},
      {"EverythingPadded", frame(1, 0x0c, 1, "\x05" + status + std::string(5, '\0')) +
                               frame(0, 9, 1, "\x03" + std::string(gone) + std::string(3, '\0'))},
      {"WithPriority", frame(1, 0x24, 1, std::string(5, '\0') + status) + body},
      {"PaddedWithPriority",
       frame(1, 0x2c, 1, "\x01" + std::string(5, '\0') + status + std::string(1, '\0')) + body},
      {"OtherFramesBetween", head + frame(6, 0, 0, "12345678") + frame(0, 0, 1, half) +
                                 status_frame(3, "200", true) + frame(0xbb, 0, 1, "x") +
                                 frame(0, 1, 1, rest)},
      {"FieldsThatNoReaderMaySee",
       frame(1, 4, 1, status + std::string("\x00\x03", 2) + "a b" + "\x01x") + body},
  };
}

class OwnFramingAnswer : public ::testing::TestWithParam<Form> {};

TEST_P(OwnFramingAnswer, IsUnderstoodWhereverItIsCut) {
  const Buffer& bytes = GetParam().bytes;
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    Pair pair(own_wake());
    open_with_requests(pair, 2);
    const auto middle = bytes.begin() + static_cast<std::ptrdiff_t>(cut);
    pair.receive({bytes.begin(), middle});
    if (cut < bytes.size()) {
      pair.collect();
      ASSERT_EQ(pair.answer_of(0), nullptr) << cut;
    }
    pair.receive({middle, bytes.end()});
    pair.collect();
    ASSERT_NE(pair.answer_of(0), nullptr) << cut;
    EXPECT_EQ(pair.answer_of(0)->fate, Fate::answered);
    EXPECT_EQ(pair.answer_of(0)->status, 410);
    EXPECT_EQ(pair.answer_of(0)->reason, Reason::unregistered);
    EXPECT_EQ(pair.answer_of(0)->timestamp_ms, 1'700'000'000'123);
    ASSERT_EQ(pair.vitals().error.code, ErrorCode::none) << cut;
  }
}

TEST_P(OwnFramingAnswer, IsUnderstoodByteByByte) {
  Pair pair(own_wake());
  open_with_requests(pair, 2);
  for (const Byte byte : GetParam().bytes) {
    pair.receive({byte});
  }
  pair.collect();
  ASSERT_NE(pair.answer_of(0), nullptr);
  EXPECT_EQ(pair.answer_of(0)->timestamp_ms, 1'700'000'000'123);
}

INSTANTIATE_TEST_SUITE_P(Forms, OwnFramingAnswer, ::testing::ValuesIn(forms()),
                         [](const auto& form) { return std::string(form.param.name); });

TEST(OwnFramingTable, IsKeptThoughTheAnswersStreamIsForgotten) {
  Pair pair(own_wake());
  open_with_requests(pair, 2);
  pair.receive(status_frame(1, "200", true));
  // Behind its end: nobody awaits it, but it puts ":status: 410" into the table.
  pair.receive(frame(1, 5, 1,
                     "\x48\x03"
                     "410"));
  pair.receive(frame(1, 5, 3, "\xbe"));
  pair.collect();
  EXPECT_EQ(pair.answer_of(1)->status, 410);
}

// ── without an answer ──

// What a slot is told when the connection is lost after k bytes of its request, for every k; the
// table in session.cc.
TEST(OwnFramingWritten, DecidesWhatASlotIsToldAtEveryByte) {
  Pair whole(own_wake());
  open_with_requests(whole, 1);
  whole.submit(1);
  const std::size_t size = said(whole).size();
  ASSERT_GT(size, 100U);
  for (std::size_t cut = 0; cut <= size; ++cut) {
    for (const bool in_one : {true, false}) {
      Pair pair(own_wake());
      open_with_requests(pair, 1);
      pair.receive(status_frame(1, "200", true));
      pair.submit(1);
      Buffer room(cut);
      for (std::size_t done = 0; done < cut;) {
        done += pair.session->transmit(MutableBytes(room).subspan(done, in_one ? cut : 1),
                                       pair.clock.now());
      }
      pair.session->lost(Error{ErrorCode::connection_reset, 0}, pair.clock.now());
      pair.collect();
      ASSERT_NE(pair.answer_of(1), nullptr);
      EXPECT_EQ(pair.answer_of(1)->fate, cut == size ? Fate::in_doubt : Fate::unprocessed) << cut;
    }
  }
}

// The same for a peer that breaks the protocol: not one byte of a frame follows that was cut.
TEST(OwnFramingWritten, EndsInsideAFrameWithoutAFarewell) {
  Pair whole(own_wake());
  open_with_requests(whole, 1);
  whole.submit(1);
  const std::size_t size = said(whole).size();
  const std::size_t head = size - 9 - 46;  // of HEADERS; DATA carries 46 bytes
  for (std::size_t cut = 0; cut <= size; ++cut) {
    Pair pair(own_wake());
    open_with_requests(pair, 1);
    pair.submit(1);
    Buffer room(cut);
    ASSERT_EQ(pair.session->transmit(room, pair.clock.now()), cut);
    pair.receive(frame(NGHTTP2_PING, 0, 1, "12345678"));
    pair.collect();
    EXPECT_EQ(pair.answer_of(1)->fate, cut == size ? Fate::in_doubt : Fate::unprocessed) << cut;
    const auto frames = frames_said(pair);
    if (cut == 0 || cut == size) {
      EXPECT_THAT(frames, ::testing::ElementsAre(testing::said_goaway(NGHTTP2_PROTOCOL_ERROR)));
    } else if (cut != head) {
      EXPECT_THAT(frames, ::testing::IsEmpty()) << cut;
    }
  }
}

TEST(OwnFramingWritten, IsOverdueInDoubtOnlyWhenTheEndWasBegun) {
  Pair whole(own_wake());
  open_with_requests(whole, 1);
  whole.submit(1);
  const std::size_t size = said(whole).size();
  for (std::size_t cut = 0; cut <= size; ++cut) {
    Pair pair(own_wake());
    open_with_requests(pair, 1);
    pair.submit(1);
    Buffer room(cut);
    ASSERT_EQ(pair.session->transmit(room, pair.clock.now()), cut);
    pair.clock.turn(std::chrono::seconds(30));
    pair.receive(testing::window_update_frame(0, 1));  // alive
    pair.session->expire(pair.clock.now());
    pair.collect();
    ASSERT_NE(pair.answer_of(1), nullptr);
    EXPECT_EQ(pair.answer_of(1)->fate, cut == 0 ? Fate::unprocessed : Fate::in_doubt) << cut;
    pair.peer.receive(Bytes(room).first(cut));
    pair.turn();  // what was begun is completed; the peer sees no half frame
    EXPECT_FALSE(pair.peer.broken) << cut;
    EXPECT_EQ(pair.peer.requests.size(), cut == 0 ? 1U : 2U);
  }
}

}  // namespace
}  // namespace muster::apns
