// Sessions against a server that answers, refuses and dies by chance, with bytes cut by chance.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/smtp/model_server.h"
#include "tests/smtp/talk.h"

namespace muster::smtp::testing {
namespace {

constexpr std::size_t letters_max = 40;

class Encounter {
 public:
  explicit Encounter(std::uint64_t seed)
      : random_(seed), mood_(mood_of(random_)), server_(mood_, random_), talk_(settings_of()) {
    talk_.connect();
  }
  void run() {
    for (int step = 0; step < 20'000 && !over_; ++step) {
      move();
      talk_.collect();
    }
    ASSERT_TRUE(over_) << "it comes to an end";
  }
  void check() {
    EXPECT_EQ(server_.complaint(), "");
    EXPECT_EQ(talk_.vitals().in_flight, 0U);
    for (Slot slot = 0; slot < talk_.letters.size(); ++slot) {
      check(slot);
    }
  }

 private:
  static ServerMood mood_of(Random& random) {
    ServerMood mood;
    mood.pipelining = random.chance(0.7);
    mood.chunking = random.chance(0.3);
    mood.streamed_to = mood.chunking && random.chance(0.5);
    mood.refuses = random.chance(0.3) ? 0 : 0.3;
    mood.dies = random.chance(0.5) ? 0 : 0.03;
    return mood;
  }
  SessionSettings settings_of() {
    auto settings = Talk::in_clear();
    settings.chunking = mood_.streamed_to || random_.chance(0.5);
    settings.letters_ahead = mood_.streamed_to ? 8 : 0;
    settings.letters_max = random_.chance(0.3) ? 5 : 0;
    return settings;
  }
  void move() {
    if (talk_.session->room() != 0 && talk_.letters.size() < letters_max && random_.chance(0.5)) {
      talk_.submit();
    }
    if (random_.chance(0.7)) {
      transmit();
    }
    if (random_.chance(0.7)) {
      receive();
    }
    if (random_.chance(0.001)) {
      talk_.drain();
    }
    if (talk_.letters.size() == letters_max && talk_.vitals().in_flight == 0) {
      talk_.drain();
    }
    if (talk_.session->deadline() != Instant::never() && random_.chance(mood_.dies * 0.05)) {
      talk_.clock.turn_to(std::max(talk_.session->deadline(), talk_.clock.now()));
      talk_.session->expire(talk_.clock.now());
    }
    const bool heard_all = server_.gone() && heard_ == server_.words().size();
    if (!over_ && (heard_all || (talk_.session->wants_close() && transmit() == 0) ||
                   random_.chance(mood_.dies * 0.05))) {
      talk_.lose(heard_all ? ErrorCode::connection_closed : ErrorCode::none);
      over_ = true;
    }
  }
  std::size_t transmit() {
    std::vector<Byte> room(random_.chance(0.3) ? 65536 : 1 + random_.below(40));
    const auto size = talk_.session->transmit(room, talk_.clock.now());
    written_ += as_text(Bytes(room).first(size));
    server_.hear(as_text(Bytes(room).first(size)), heard_);
    return size;
  }
  void receive() {
    const auto left = std::string_view(server_.words()).substr(heard_);
    const auto size =
        std::min<std::size_t>(left.size(), random_.chance(0.3) ? 65536 : 1 + random_.below(30));
    const bool listens = !talk_.session->wants_close();
    talk_.hear(left.substr(0, size));
    heard_ += size;
    listened_ = listens ? heard_ : listened_;
  }
  void check(Slot slot) {
    const auto became = talk_.became(slot);
    const auto& seen = server_.seen(slot);
    EXPECT_NE(became, "none") << slot;
    EXPECT_NE(became, "twice") << slot;
    const bool heard_taken = heard(seen.told_taken);
    const bool in_doubt = became.starts_with("in doubt");
    // The whole point: what the server took is never sent again as if it had not been.
    if (seen.taken) {
      EXPECT_TRUE(in_doubt || became == "answered 250") << slot << " " << became;
    }
    if (became == "answered 250") {
      EXPECT_TRUE(heard_taken) << slot;
    }
    if (became == "unprocessed") {
      EXPECT_FALSE(heard_taken) << slot;
    }
    // Its end must have been handed out for there to be a doubt.
    const auto end = written_.find("letter " + std::to_string(slot) + "\r\n\r\nHello.\r\n");
    if (in_doubt) {
      EXPECT_NE(end, std::string::npos) << slot;
      EXPECT_FALSE(heard(seen.told_taken) || heard(seen.told_refused)) << slot;
    }
  }
  // Whether the session was given the reply that ends there while it still listened.
  [[nodiscard]] bool heard(std::size_t end) const { return end != 0 && end <= listened_; }

  Random random_;
  const ServerMood mood_;
  ModelServer server_;
  Talk talk_;
  std::string written_;
  std::size_t heard_ = 0;
  std::size_t listened_ = 0;  // of it, before the session gave the connection up
  bool over_ = false;
};

class SmtpProperty : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(SmtpProperty, EveryLetterIsAnsweredOnceAndAsCertainAsItIs) {
  for (std::uint64_t seed = GetParam() * 500; seed < (GetParam() + 1) * 500; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Encounter encounter(seed);
    encounter.run();
    encounter.check();
    if (HasFailure()) {
      return;
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Seeds, SmtpProperty, ::testing::Range<std::uint64_t>(0, 8));

}  // namespace
}  // namespace muster::smtp::testing
