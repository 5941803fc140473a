// The test plays the expander before and the mail shard behind the writer.
#include "pipeline/letter_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace muster::pipeline {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

class LetterWriterTest : public ::testing::Test {
 protected:
  LetterWriterTest() {
    crossings_.tasks[0] = std::make_shared<TaskEntry>();
    crossings_.tasks[0]->content.mail_prefix = {1};
  }
  void give(Slot place) {
    const Slot slot = Letters::first + place;
    auto& job = crossings_.slab[slot];
    job = Job{};
    job.channel = Channel::mail;
    job.letter = &crossings_.letters[slot];
    crossings_.to_write.enqueue(slot);
  }
  std::vector<Slot> written() {
    std::vector<Slot> slots(limits::letters_max);
    slots.resize(crossings_.written.try_dequeue_bulk(slots.data(), slots.size()));
    return slots;
  }

  FakeClock clock_;
  Crossings crossings_{true};
  std::vector<WallTime> dates_;
  LetterWriter writer_{crossings_,
                       [this](const Job&, const Content& content, Letter& letter, WallTime now) {
                         letter.id = std::to_string(content.mail_prefix[0]);
                         dates_.push_back(now);
                       },
                       clock_};
};

TEST_F(LetterWriterTest, WritesLettersAndHandsThemOn) {
  give(0);
  give(7);
  EXPECT_TRUE(writer_.turn());

  EXPECT_THAT(written(), ElementsAre(Letters::first, Letters::first + 7));
  EXPECT_EQ(crossings_.letters[Letters::first + 7].id, "1");
  EXPECT_THAT(dates_, ElementsAre(clock_.wall(), clock_.wall()));
  EXPECT_FALSE(writer_.turn());
}

TEST_F(LetterWriterTest, HandsOnAStoppedTasksJobsAndHasTheShardLook) {
  give(0);
  crossings_.request_stop(0, Stop::pause, "asked to");
  const auto stops = crossings_.stops.load();
  EXPECT_TRUE(writer_.turn());

  EXPECT_THAT(written(), SizeIs(1));
  EXPECT_THAT(dates_, SizeIs(0)) << "nothing is written for it";
  EXPECT_GT(crossings_.stops.load(), stops);
}

TEST_F(LetterWriterTest, LeavesOnlyWhenNothingWaits) {
  for (Slot place = 0; place < 100; ++place) {
    give(place);
  }
  crossings_.ending = true;
  writer_.run();
  EXPECT_THAT(written(), SizeIs(100));
}

TEST_F(LetterWriterTest, IsWokenByItsBell) {
  crossings_.writer_bells = {&writer_.bell()};
  auto thread = start_thread("writer-0", [this] { writer_.run(); });
  give(0);
  crossings_.ring_writers();
  while (crossings_.written.size_approx() == 0) {
    std::this_thread::yield();
  }
  crossings_.ending = true;
  crossings_.ring_writers();
  thread.join();
  EXPECT_THAT(written(), SizeIs(1));
}

}  // namespace
}  // namespace muster::pipeline
