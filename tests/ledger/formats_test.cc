#include "ledger/formats.h"

#include <gtest/gtest.h>

#include "ledger/counting.h"

namespace muster::ledger {
namespace {

constexpr PageName name{3, 7};
using Outcomes = std::vector<std::uint16_t>;

// Every blob that differs from `blob` in one bit, or lacks its last byte, must be refused.
template <class Read>
void expect_damage_is_seen(const std::vector<Byte>& blob, Read read) {
  ASSERT_TRUE(read(Bytes(blob)));
  for (std::size_t bit = 0; bit < 8 * blob.size(); ++bit) {
    auto damaged = blob;
    damaged[bit / 8] ^= static_cast<Byte>(1U << bit % 8);
    EXPECT_FALSE(read(Bytes(damaged))) << "bit " << bit;
  }
  EXPECT_FALSE(read(Bytes(blob).first(blob.size() - 1)));
  EXPECT_FALSE(read(Bytes()));
}

TEST(LedgerFormats, ReadsAPageBackAndSeesEveryDamage) {
  const Outcomes outcomes{0x1002, 0, 0x2345};
  std::vector<Byte> blob;
  write_page(name, outcomes, blob);
  Outcomes read(3);
  expect_damage_is_seen(blob, [&](Bytes from) { return read_page(name, from, read); });
  EXPECT_EQ(read, outcomes);
  EXPECT_FALSE(read_page({3, 8}, blob, read));
  EXPECT_FALSE(read_page({4, 7}, blob, read));
  Outcomes longer(4);
  EXPECT_FALSE(read_page(name, blob, longer));
  EXPECT_FALSE(apply_delta(name, blob, read));
}

TEST(LedgerFormats, WritesARunAsItsGrammarSays) {
  std::vector<Byte> blob;
  write_run(name, 258, Outcomes{0x1002}, blob);
  EXPECT_EQ(to_hex(Bytes(blob).subspan(4)),
            "030000000000000007000000720201"
            "0210");
}

TEST(LedgerFormats, AppliesRunsAndScattersInOrder) {
  Outcomes outcomes(6);
  std::vector<Byte> blob;
  write_run(name, 1, Outcomes{11, 12, 13}, blob);
  expect_damage_is_seen(blob, [&](Bytes from) { return apply_delta(name, from, outcomes); });
  write_scatter(name, std::vector<Patch>{{2, 99}, {5, 7}}, blob);
  expect_damage_is_seen(blob, [&](Bytes from) { return apply_delta(name, from, outcomes); });
  EXPECT_EQ(outcomes, (Outcomes{0, 11, 99, 13, 0, 7}));
}

TEST(LedgerFormats, RefusesADeltaThatReachesBeyondItsPage) {
  Outcomes outcomes(3);
  std::vector<Byte> blob;
  write_run(name, 1, Outcomes{11, 12, 13}, blob);
  EXPECT_FALSE(apply_delta(name, blob, outcomes));
  write_scatter(name, std::vector<Patch>{{3, 99}}, blob);
  EXPECT_FALSE(apply_delta(name, blob, outcomes));
}

TEST(LedgerFormats, ReadsCountsBackAndSeesEveryDamage) {
  Counts counts;
  counts.repeated = 4;
  counts.by_state[2] = 1'000'000'000'000;
  counts.by_reason[{State::failed, Reason::bad_topic}] = 9;
  std::vector<Byte> blob;
  write_counts(counts, blob);
  expect_damage_is_seen(blob, [](Bytes from) { return read_counts(from).has_value(); });
  EXPECT_EQ(read_counts(blob)->by_state, counts.by_state);
  EXPECT_EQ(read_counts(blob)->by_reason, counts.by_reason);
  EXPECT_EQ(read_counts(blob)->repeated, 4U);
}

TEST(LedgerFormats, ReadsPayloadsBackAndSeesEveryDamage) {
  const Payloads payloads{{"", "{}"}, {"de", "{\"a\":1}"}};
  const auto blob = write_payloads(payloads);
  expect_damage_is_seen(blob, [](Bytes from) { return read_payloads(from).has_value(); });
  EXPECT_EQ(*read_payloads(blob), payloads);
  EXPECT_TRUE(read_payloads(write_payloads({}))->empty());
}

TEST(LedgerFormats, RefusesAWholeBlobWithAHalfText) {
  std::vector<Byte> blob{0, 0, 0, 0, 9, 0, 0, 0, 'x'};
  put<std::uint32_t>(blob.data(), checksum(Bytes(blob).subspan(4)));
  EXPECT_FALSE(read_payloads(blob));
}

TEST(LedgerCounting, MovesNothingUntilItIsApplied) {
  Counts counts;
  counts.by_state[static_cast<std::size_t>(State::deferred)] = 1;
  counts.by_reason[{State::deferred, Reason::shutdown}] = 1;
  CountMoves moves;
  EXPECT_TRUE(moves.empty());
  moves.move({State::deferred, Reason::shutdown, 1}, {State::failed, Reason::gave_up, 6});
  moves.apply(counts);
  EXPECT_EQ(count_at_rest(counts), 1U);
  EXPECT_FALSE(counts.by_reason.contains({State::deferred, Reason::shutdown}));
  EXPECT_EQ(counts.by_reason.at({State::failed, Reason::gave_up}), 1U);
}

TEST(LedgerCountingDeathTest, EndsTheProcessWhenACountFallsBelowNothing) {
  Counts counts;
  CountMoves moves;
  moves.add(State::sent, Reason::none, -1);
  EXPECT_DEATH(moves.apply(counts), "ledger/counting.cc");
}

}  // namespace
}  // namespace muster::ledger
