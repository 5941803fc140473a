#include "loadgen/web_line.h"

#include <gtest/gtest.h>

#include <array>

namespace muster::loadgen {
namespace {

constexpr Duration patience = std::chrono::seconds(10);
const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

class AWebLine : public ::testing::Test {
 protected:
  void ask(bool loses_answer = false) {
    line_.submit({.ticket = 7, .bytes = "PUT / HTTP/1.1\r\n\r\n", .loses_answer = loses_answer},
                 now_);
  }
  std::string said() {
    std::string all;
    std::array<Byte, 5> room{};
    for (auto size = line_.transmit(room, now_); size > 0; size = line_.transmit(room, now_)) {
      all += as_text(Bytes(room).first(size));
    }
    return all;
  }

  Instant now_{0};
  WebLine line_{patience};
};

TEST_F(AWebLine, AsksOnceItIsUpAndGivesTheAnswer) {
  ask();
  EXPECT_EQ(said(), "");
  line_.connected(now_);
  EXPECT_EQ(said(), "PUT / HTTP/1.1\r\n\r\n");
  EXPECT_FALSE(line_.idle());
  line_.receive(as_bytes(answer), now_);

  const auto outcome = line_.take_outcome();
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->ticket, 7U);
  EXPECT_TRUE(outcome->came);
  EXPECT_EQ(outcome->status, 200);
  EXPECT_EQ(outcome->body, "hi");
  EXPECT_TRUE(line_.idle());
  EXPECT_EQ(line_.deadline(), Instant::never());
  ask();
  EXPECT_EQ(said(), "PUT / HTTP/1.1\r\n\r\n") << "on the same connection";
}

TEST_F(AWebLine, EndsWhereTheServerSaysSo) {
  line_.connected(now_);
  ask();
  (void)said();
  line_.receive(as_bytes("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
                now_);
  EXPECT_TRUE(line_.take_outcome()->came);
  EXPECT_TRUE(line_.wants_close());
  EXPECT_FALSE(line_.idle());
}

TEST_F(AWebLine, LosesTheAnswerOnPurposeButOnlyOnceItComes) {
  line_.connected(now_);
  ask(true);
  (void)said();
  EXPECT_FALSE(line_.wants_close());
  line_.receive(as_bytes(answer), now_);
  EXPECT_TRUE(line_.wants_close());
  EXPECT_FALSE(line_.take_outcome()->came);
}

TEST_F(AWebLine, HasNoAnswerWhenTheConnectionEnds) {
  ask();
  line_.lost(Error{ErrorCode::connect_refused, 0}, now_);
  EXPECT_FALSE(line_.take_outcome()->came);
  EXPECT_TRUE(line_.gone());
}

TEST_F(AWebLine, TakesTheConnectionsEndForTheAnswersWhereItHasNoLength) {
  line_.connected(now_);
  ask();
  (void)said();
  line_.receive(as_bytes("HTTP/1.1 200 OK\r\n\r\nhi"), now_);
  EXPECT_FALSE(line_.take_outcome());
  line_.lost({}, now_);
  EXPECT_EQ(line_.take_outcome()->body, "hi");
}

TEST_F(AWebLine, GivesUpWhenItsPatienceIsOver) {
  line_.connected(now_);
  ask();
  EXPECT_EQ(line_.deadline(), now_ + patience);
  line_.expire(now_ + patience - Duration{1});
  EXPECT_FALSE(line_.wants_close());
  line_.expire(now_ + patience);
  EXPECT_TRUE(line_.wants_close());
  EXPECT_FALSE(line_.take_outcome()->came);
}

TEST_F(AWebLine, BelievesNoServerThatSpeaksUnaskedOrTooEarlyOrNonsense) {
  line_.connected(now_);
  line_.receive(as_bytes("hello"), now_);
  EXPECT_TRUE(line_.wants_close());

  WebLine early(patience);
  early.connected(now_);
  early.submit({.ticket = 1, .bytes = "PUT"}, now_);
  early.receive(as_bytes(answer), now_);
  EXPECT_TRUE(early.take_outcome()->came);
  EXPECT_TRUE(early.wants_close());

  WebLine broken(patience);
  broken.connected(now_);
  broken.submit({.ticket = 1, .bytes = "PUT"}, now_);
  broken.receive(as_bytes("nonsense\r\n\r\n"), now_);
  EXPECT_FALSE(broken.take_outcome()->came);
  EXPECT_TRUE(broken.wants_close());
  broken.receive(as_bytes(answer), now_);
  EXPECT_FALSE(broken.take_outcome());
}

TEST(WebRequest, NamesHostAndLength) {
  const WebAddress to{.tls = false, .host = "127.0.0.1", .port = 81, .target = "/mdm"};
  EXPECT_EQ(web_request("PUT", to, "A: b\r\n", "body"),
            "PUT /mdm HTTP/1.1\r\nHost: 127.0.0.1:81\r\nA: b\r\nContent-Length: 4\r\n\r\nbody");
  EXPECT_EQ(web_request("GET", to, "", ""), "GET /mdm HTTP/1.1\r\nHost: 127.0.0.1:81\r\n\r\n");
}

}  // namespace
}  // namespace muster::loadgen
