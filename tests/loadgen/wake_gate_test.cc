#include "loadgen/wake_gate.h"

#include <gtest/gtest.h>

#include "loadgen/strict_conversation.h"
#include "tests/loadgen/client.h"

namespace muster::loadgen {
namespace {

using std::chrono::seconds;

PushToken token(std::uint32_t n) {
  PushToken made{};
  put(made.data(), n + 1);  // as tests/loadgen/client.h has it
  return made;
}

class AWakeGate : public ::testing::Test {
 protected:
  AWakeGate() { clock_.turn(seconds(1)); }
  void learn(std::uint32_t n, const std::string& magic, bool good, bool user_channel = false) {
    gate_.learn({token(n), magic, n, user_channel, good});
  }
  std::vector<Wake> wakes() {
    std::vector<Wake> taken;
    gate_.take(taken);
    return taken;
  }

  FakeClock clock_;
  Doorbell bell_;
  WakeGate gate_{clock_, bell_};
};

TEST_F(AWakeGate, AcceptsGoodTokensAlone) {
  learn(1, "MAGIC", true);
  learn(2, "", false);
  EXPECT_EQ(gate_.answer_for(token(1)).status, 200);
  EXPECT_EQ(gate_.answer_for(token(2)).status, 410);
  EXPECT_EQ(gate_.answer_for(token(3)).status, 400);
  EXPECT_EQ(gate_.answer_for(token(3)).reason, Reason::bad_device_token);
}

TEST_F(AWakeGate, SaysSinceWhenATokenIsDead) {
  learn(1, "MAGIC", true);
  clock_.turn(seconds(5));
  const auto died = clock_.wall();
  learn(1, "MAGIC", false);
  clock_.turn(seconds(5));
  learn(1, "MAGIC", false);
  EXPECT_EQ(gate_.answer_for(token(1)).reason, Reason::unregistered);
  EXPECT_EQ(gate_.answer_for(token(1)).timestamp_ms, died.milliseconds);
}

TEST_F(AWakeGate, HandsOnWhoWasReachedAndWithWhichMagic) {
  learn(1, "MAGIC", true, true);
  EXPECT_FALSE(gate_.waiting());
  gate_.acted_on(token(1), R"({"mdm":"MAGIC"})", {});
  gate_.acted_on(token(1), R"({"mdm":"OTHER"})", {});
  gate_.acted_on(token(1), "nonsense", {});
  gate_.acted_on(token(1), "", {410, Reason::unregistered, 0, {}});
  gate_.acted_on(token(1), "", {503, Reason::service_unavailable, 0, {}});
  gate_.acted_on(token(9), "", {});
  EXPECT_TRUE(gate_.waiting());

  const auto taken = wakes();
  ASSERT_EQ(taken.size(), 4U);
  EXPECT_EQ(taken[0].device, 1U);
  EXPECT_TRUE(taken[0].user_channel);
  EXPECT_TRUE(taken[0].magic_right);
  EXPECT_FALSE(taken[0].missed);
  EXPECT_FALSE(taken[1].magic_right);
  EXPECT_FALSE(taken[2].magic_right);
  EXPECT_TRUE(taken[3].missed);
  EXPECT_FALSE(gate_.waiting());
}

// The push server at the other side of the gate.

class AnObservedServer : public AWakeGate {
 protected:
  AnObservedServer() {
    peer_.clock = &clock_;
    peer_.observer = &gate_;
    conversation_.emplace(peer_, 1, "");
  }
  // Until both have nothing more to say.
  void talk() {
    for (;;) {
      const auto asked = client_.send();
      conversation_->receive(asked, clock_.now());
      std::vector<Byte> answered;
      conversation_->transmit(answered);
      client_.receive(answered);
      if (asked.empty() && answered.empty()) {
        return;
      }
    }
  }

  ApnsPeer peer_;
  std::optional<StrictConversation> conversation_;
  Client client_;
};

TEST_F(AnObservedServer, TellsOfTheWakesItAccepts) {
  learn(1, "MAGIC", true);
  const auto stream = client_.wake_device(1);
  talk();
  EXPECT_EQ(client_.status(stream), "200");
  ASSERT_EQ(wakes().size(), 1U);
}

TEST_F(AnObservedServer, AnswersForTokensThatAreDeadOrUnknown) {
  learn(1, "MAGIC", false);
  const auto dead = client_.wake_device(1);
  const auto unknown = client_.wake_device(2);
  talk();
  EXPECT_EQ(client_.status(dead), "410");
  EXPECT_NE(client_.replies[dead].body.find("\"timestamp\":"), std::string::npos);
  EXPECT_EQ(client_.status(unknown), "400");
  const auto taken = wakes();
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_TRUE(taken[0].missed);
}

TEST_F(AnObservedServer, ReachesTheDeviceEvenWhereNobodyHearsTheAnswer) {
  learn(1, "MAGIC", true);
  peer_.delay = seconds(1);
  (void)client_.wake_device(1);
  talk();
  EXPECT_TRUE(wakes().empty()) << "not acted on yet";
  conversation_->lost(clock_.now());
  EXPECT_EQ(wakes().size(), 1U);
}

}  // namespace
}  // namespace muster::loadgen
