#include "loadgen/fast_conversation.h"

#include <gtest/gtest.h>

#include "base/log.h"
#include "tests/loadgen/client.h"

namespace muster::loadgen {
namespace {

constexpr Instant now{1'000};

class Fast : public ::testing::Test {
 protected:
  void exchange(std::size_t piece = 1 << 20) {
    for (int quiet = 0; quiet < 2;) {
      const auto asked = client_.send();
      Bytes left = asked;
      while (!left.empty()) {
        const auto part = left.first(std::min(piece, left.size()));
        server_.receive(part, now);
        left = left.subspan(part.size());
      }
      std::vector<Byte> answered;
      server_.transmit(answered);
      client_.receive(answered);
      quiet = asked.empty() && answered.empty() ? quiet + 1 : 0;
    }
  }

  std::uint64_t requests_ = 0;
  std::uint64_t violations_ = 0;
  Client client_;
  FastConversation server_{{}, requests_, violations_};
};

TEST_F(Fast, AnswersEveryRequestWith200) {
  for (std::uint32_t n = 0; n < 50; ++n) {
    client_.wake_device(n);
  }
  exchange();
  EXPECT_EQ(requests_, 50U);
  EXPECT_EQ(client_.replies.size(), 50U);
  for (const auto& [stream, reply] : client_.replies) {
    EXPECT_EQ(reply.status, "200");
    EXPECT_TRUE(reply.closed);
  }
  EXPECT_FALSE(client_.failed);
}

TEST_F(Fast, FindsTheFramesInPiecesOfAnySize) {
  for (const std::size_t piece : {1, 2, 7, 9, 10, 100}) {
    const auto stream = client_.wake_device(1);
    exchange(piece);
    EXPECT_EQ(client_.status(stream), "200");
  }
  EXPECT_EQ(violations_, 0U);
}

TEST_F(Fast, GivesTheWindowBackInBulkSoThatAClientNeverStalls) {
  std::vector<std::int32_t> streams;
  for (std::uint32_t n = 0; n < 90; ++n) {
    streams.push_back(client_.ask(Client::wake(n), std::string(4000, 'x')));
  }
  exchange();
  EXPECT_EQ(requests_, 90U);
  EXPECT_EQ(client_.status(streams.back()), "200");
}

TEST_F(Fast, AnswersPingsAndSettingsAndAHeaderWithoutBody) {
  nghttp2_submit_ping(client_.session(), NGHTTP2_FLAG_NONE, nullptr);
  const auto stream = client_.ask(Client::wake(1), "");
  exchange();
  EXPECT_EQ(client_.status(stream), "200");
  EXPECT_FALSE(client_.failed);
}

TEST_F(Fast, AnswersAHeaderBlockInTwoFrames) {
  auto headers = Client::wake(1);
  headers.emplace_back("x-long", std::string(17'000, '~'));
  const auto stream = client_.ask(headers, "");
  exchange();
  EXPECT_EQ(client_.status(stream), "200");
}

TEST_F(Fast, SaysOnceWhenTheFirstRequestCame) {
  log::set_level(log::Level::info);
  ::testing::internal::CaptureStderr();
  exchange();
  const auto before = ::testing::internal::GetCapturedStderr();
  ::testing::internal::CaptureStderr();
  client_.wake_device(1);
  exchange();
  client_.wake_device(2);
  exchange();
  const auto after = ::testing::internal::GetCapturedStderr();
  log::set_level(log::Level::warning);
  EXPECT_EQ(before, "");
  EXPECT_EQ(after, "level=info room=loadgen msg=\"first request\" at_ns=1000\n");
}

TEST(FastArrivals, TellWhenEachRequestCame) {
  std::uint64_t requests = 0;
  std::uint64_t violations = 0;
  std::vector<Instant> arrivals;
  Client client;
  FastConversation server({1000, 65'535, Duration{0}, &arrivals}, requests, violations);
  server.receive(client.send(), Instant{1});  // no request
  client.wake_device(1);
  server.receive(client.send(), Instant{20});
  client.wake_device(2);
  client.wake_device(3);
  server.receive(client.send(), Instant{30});
  EXPECT_EQ(arrivals, (std::vector<Instant>{Instant{20}, Instant{30}, Instant{30}}));
}

TEST(FastDelay, HoldsBackAnswersUntilTheyAreDue) {
  std::uint64_t requests = 0;
  std::uint64_t violations = 0;
  Client client;
  FastConversation server({1000, 65'535, std::chrono::milliseconds(20)}, requests, violations);
  const auto stream = client.wake_device(1);
  server.receive(client.send(), now);
  std::vector<Byte> out;
  server.transmit(out);
  client.receive(out);
  EXPECT_EQ(client.status(stream), "");
  EXPECT_EQ(server.deadline(), now + std::chrono::milliseconds(20));
  server.expire(server.deadline());
  out.clear();
  server.transmit(out);
  client.receive(out);
  EXPECT_EQ(client.status(stream), "200");
  EXPECT_EQ(server.deadline(), Instant::never());
}

TEST(FastWindow, OffersMoreThanTheDefaultWhereAsked) {
  std::uint64_t requests = 0;
  std::uint64_t violations = 0;
  Client client;
  FastConversation server({1000, 1'000'000, Duration{0}}, requests, violations);
  std::vector<Byte> out;
  server.transmit(out);
  client.receive(out);
  EXPECT_EQ(client.window(), 1'000'000);
}

TEST(FastMalformed, EndsTheConnectionAsSoonAsTheHeadOfAnOverlongFrameIsThere) {
  std::uint64_t requests = 0;
  std::uint64_t violations = 0;
  FastConversation server({}, requests, violations);
  server.receive(as_bytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), now);
  server.receive(std::vector<Byte>{0, 0x41, 0, 0, 0, 0}, now);
  EXPECT_FALSE(server.wants_close());
  server.receive(std::vector<Byte>{0, 0, 1}, now);
  EXPECT_TRUE(server.wants_close());
  EXPECT_EQ(violations, 1U);
}

TEST(FastMalformed, EndsTheConnection) {
  const std::vector<std::vector<Byte>> wrongs{
      {0, 0x41, 0, 0, 0, 0, 0, 0, 1},   // longer than 16 KiB
      {0, 0, 0, 0, 1, 0, 0, 0, 0},      // DATA on the connection
      {0, 0, 0, 1, 5, 0, 0, 0, 0},      // HEADERS on the connection
      {0, 0, 0, 9, 4, 0, 0, 0, 0},      // CONTINUATION on the connection
      {0, 0, 1, 4, 0, 0, 0, 0, 0, 0},   // SETTINGS of one byte
      {0, 0, 1, 6, 0, 0, 0, 0, 0, 0}};  // PING of one byte
  for (const auto& wrong : wrongs) {
    std::uint64_t requests = 0;
    std::uint64_t violations = 0;
    FastConversation server({}, requests, violations);
    server.receive(as_bytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), now);
    server.receive(wrong, now);
    EXPECT_TRUE(server.wants_close());
    EXPECT_EQ(violations, 1U);
    server.receive(wrong, now);
    EXPECT_EQ(violations, 1U);
  }
}

}  // namespace
}  // namespace muster::loadgen
