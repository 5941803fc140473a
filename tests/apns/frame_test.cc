#include "apns/frame.h"

#include <gtest/gtest.h>

#include <array>

#include "tests/apns/said.h"

namespace muster::apns {
namespace {

using testing::big_endian;
using testing::Buffer;
using testing::operator+;

TEST(Frame, WritesItsHeadInNineBytes) {
  std::array<Byte, frame_head_bytes> head{};
  write_head(head.data(), 0x1234, FrameType::headers, flag_end_headers, 0x7654'3211);
  EXPECT_EQ(head, (std::array<Byte, 9>{0, 0x12, 0x34, 1, 4, 0x76, 0x54, 0x32, 0x11}));
}

TEST(Frame, ReadsNumbersAsTheyWereWritten) {
  std::array<Byte, 4> bytes{};
  for (const std::uint32_t value : {0U, 1U, 0x8000'0000U, 0xfedc'ba98U, 0xffff'ffffU}) {
    write_u32(bytes.data(), value);
    EXPECT_EQ(read_u32(bytes.data()), value);
  }
}

TEST(Frame, IsAppendedBehindWhatIsThere) {
  std::vector<Byte> bytes;
  append_settings_ack(bytes);
  append_ping(bytes, flag_ack, as_bytes("12345678"));
  append_rst_stream(bytes, 7, H2Error::cancel);
  append_window_update(bytes, 9, 32'768);
  append_goaway(bytes, H2Error::enhance_your_calm);
  EXPECT_EQ(bytes, testing::frame(NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0, "") +
                       testing::frame(NGHTTP2_PING, NGHTTP2_FLAG_ACK, 0, "12345678") +
                       testing::rst_stream_frame(7, NGHTTP2_CANCEL) +
                       testing::window_update_frame(9, 32'768) +
                       testing::goaway_frame(0, NGHTTP2_ENHANCE_YOUR_CALM, ""));
}

}  // namespace
}  // namespace muster::apns
