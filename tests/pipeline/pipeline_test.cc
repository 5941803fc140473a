// The pipeline with all its threads, before peers that accept everything at once.
#include "pipeline/pipeline.h"

#include <gtest/gtest.h>

#include <memory>
#include <numeric>
#include <string>
#include <thread>

#include "tests/pipeline/agreeable.h"
#include "tests/pipeline/household.h"

namespace muster::pipeline {
namespace {

class PipelineTest : public ::testing::Test {
 protected:
  static constexpr std::uint32_t devices = 300;
  static constexpr std::uint32_t mailboxes = 400;

  PipelineSettings settings() {
    PipelineSettings settings;
    settings.credentials.resize(1);
    settings.credentials[0].open_session = open_session;
    settings.open_network = [this] { return std::make_unique<testing::EmptyNetwork>(clock_); };
    MailRoute route;
    route.pool.endpoint.host = "mail.school.example";
    route.pool.open_session = open_session;
    route.composers = 2;
    route.compose = [](const Job&, const Content&, Letter& letter, WallTime) {
      letter.recipient = letter.address;
    };
    settings.mail = route;
    return settings;
  }
  static std::unique_ptr<wire::DeliverySession> open_session(const SessionWishes& /*wishes*/) {
    return std::make_unique<testing::AgreeableSession>();
  }
  // Opened, with the task under way.
  void open(const PipelineSettings& wanted) {
    const auto task = household_.new_mail_task(clock_.wall().seconds() + 3600);
    auto ledger = household_.open_ledger();
    ASSERT_TRUE(ledger->create_task(task));
    pipeline_ = std::make_unique<Pipeline>(wanted, std::move(ledger), household_.reader(), clock_);
    Start start;
    start.id = task.id;
    start.content.expiration_s = task.expiration_s;
    start.content.mail_expiration_s = task.expiration_s;
    start.layout = Layout{devices, mailboxes, 0};
    start.devices = task.devices;
    start.mailboxes = task.mailboxes;
    start.users = task.users;
    start.credential_of_topic = {0, 0};
    start.payload_of_language = {0};
    start.template_of_language = {0};
    const auto index = pipeline_->start(std::move(start));
    ASSERT_TRUE(index && index->has_value());
    index_ = **index;
  }
  [[nodiscard]] std::uint64_t durable(State state) const {
    return pipeline_->entry(index_).durable[static_cast<std::size_t>(state)].load();
  }

  const SystemClock clock_;
  testing::Household household_{devices, mailboxes};
  std::unique_ptr<Pipeline> pipeline_;
  TaskIndex index_ = 0;
};

TEST_F(PipelineTest, SendsPushesAndLettersToTheirEnds) {
  open(settings());
  ASSERT_TRUE(pipeline_->wait(index_, std::chrono::seconds(60)));
  EXPECT_EQ(pipeline_->entry(index_).phase.load(), TaskEntry::Phase::completed);
  EXPECT_EQ(durable(State::sent), devices + mailboxes);
  EXPECT_EQ(pipeline_->mail_held(index_), "");
  const auto gauges = pipeline_->gauges();
  EXPECT_EQ(gauges.mail_in_flight, 0U);
  EXPECT_EQ(gauges.slots + gauges.mail_slots, limits::slots_max);
  EXPECT_EQ(gauges.mail_slots, limits::letters_max);
  const auto count = [](const Histogram::Reading& reading) {
    return std::accumulate(reading.counts.begin(), reading.counts.end(), std::uint64_t{0});
  };
  EXPECT_EQ(count(gauges.latency), devices);
  EXPECT_EQ(count(gauges.mail_latency), mailboxes);
  EXPECT_GT(count(gauges.commits), 0U);
}

TEST_F(PipelineTest, WakesDevicesAgainBesideItsTasks) {
  open(settings());
  NudgeBatch batch;
  batch.id.bytes[0] = 9;
  batch.expiration_s = clock_.wall().seconds() + 3600;
  batch.credential_of_topic = {0, 0};
  batch.nudges = {{0, 0, 1U << 31}, {1, 1, 1U << 31}};
  for (std::uint32_t i = 0; i < limits::nudge_batches_max; ++i) {
    ASSERT_TRUE(pipeline_->nudge(batch));
  }
  std::uint64_t went = 0;
  for (std::uint32_t batches = 0; batches < limits::nudge_batches_max;) {
    for (const auto& done : pipeline_->take_nudged()) {
      EXPECT_EQ(done.id, batch.id);
      EXPECT_TRUE(done.undone.empty());
      went += done.went;
      ++batches;
    }
    std::this_thread::yield();
  }
  EXPECT_EQ(went, 2U * limits::nudge_batches_max);
  EXPECT_TRUE(pipeline_->nudge(batch)) << "places are free again";
  ASSERT_TRUE(pipeline_->wait(index_, std::chrono::seconds(60)));
  EXPECT_EQ(durable(State::sent), devices + mailboxes);
}

TEST_F(PipelineTest, TakesNoMoreBatchesOfNudgesThanThereArePlaces) {
  auto wanted = settings();
  wanted.expander.wakes_per_second = 1;
  open(wanted);
  NudgeBatch batch;
  batch.expiration_s = clock_.wall().seconds() + 3600;
  batch.credential_of_topic = {0, 0};
  batch.nudges.resize(100);
  std::uint32_t taken = 0;
  while (pipeline_->nudge(batch)) {
    ++taken;
  }
  EXPECT_EQ(taken, limits::nudge_batches_max);
  pipeline_->stop_nudges(batch.id);
  std::size_t undone = 0;
  for (std::uint32_t batches = 0; batches < taken;) {
    for (const auto& done : pipeline_->take_nudged()) {
      undone += done.undone.size();
      ++batches;
    }
    std::this_thread::yield();
  }
  EXPECT_GT(undone, 300U);
}

TEST_F(PipelineTest, PausesATaskWhoseLettersHaveNoRoute) {
  auto wanted = settings();
  wanted.mail.reset();
  open(wanted);
  ASSERT_TRUE(pipeline_->wait(index_, std::chrono::seconds(60)));
  EXPECT_EQ(pipeline_->entry(index_).phase.load(), TaskEntry::Phase::stopped);
  EXPECT_EQ(durable(State::sent), devices);
  EXPECT_NE(pipeline_->stop_reason(pipeline_->entry(index_)).find("mail is off: set mail.mode"),
            std::string::npos);
}

TEST_F(PipelineTest, SaysThatThePaceIsWhatLimitsMailAndBringsTheRestHomeAtItsEnd) {
  auto wanted = settings();
  wanted.mail->pace.per_minute = 6;
  open(wanted);
  while (pipeline_->gauges().mail_bound != Bound::pace) {
    std::this_thread::yield();
  }
  EXPECT_TRUE(pipeline_->drain(std::chrono::seconds(60)));
  EXPECT_EQ(pipeline_->entry(index_).phase.load(), TaskEntry::Phase::stopped);
}

}  // namespace
}  // namespace muster::pipeline
