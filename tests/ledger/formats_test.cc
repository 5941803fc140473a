#include "ledger/formats.h"

#include <gtest/gtest.h>

#include "ledger/counting.h"

namespace muster::ledger {
namespace {

constexpr PageName name{3, 7};
using Outcomes = std::vector<std::uint16_t>;

// What the digits say, under a checksum that is right.
std::vector<Byte> sealed(const std::string& hex) {
  std::vector<Byte> blob;
  EXPECT_TRUE(from_hex("00000000" + hex, blob));
  put<std::uint32_t>(blob.data(), checksum(Bytes(blob).subspan(4)));
  return blob;
}

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
  write_page(name, {outcomes, {}}, blob);
  Outcomes read(3);
  expect_damage_is_seen(blob, [&](Bytes from) { return read_page(name, from, {read, {}}); });
  EXPECT_EQ(read, outcomes);
  EXPECT_FALSE(read_page({3, 8}, blob, {read, {}}));
  EXPECT_FALSE(read_page({4, 7}, blob, {read, {}}));
  Outcomes longer(4);
  EXPECT_FALSE(read_page(name, blob, {longer, {}}));
  EXPECT_FALSE(apply_delta(name, blob, {read, {}}));
}

TEST(LedgerFormats, WritesARunAsItsGrammarSays) {
  std::vector<Byte> blob;
  write_run(name, 258, {Outcomes{0x1002}, {}}, blob);
  EXPECT_EQ(to_hex(Bytes(blob).subspan(4)),
            "030000000000000007000000720201"
            "0210");
}

TEST(LedgerFormats, WritesNeighboursThatAreAlikeAsStretches) {
  Outcomes outcomes(300, 0x1002);
  outcomes[200] = 0x2345;
  std::vector<Byte> blob;
  write_run(name, 258, {outcomes, {}}, blob);
  EXPECT_EQ(to_hex(Bytes(blob).subspan(4)),
            "030000000000000007000000520201"
            "c8000210"
            "01004523"
            "63000210");
  write_page(name, {outcomes, {}}, blob);
  EXPECT_EQ(to_hex(Bytes(blob).subspan(4)),
            "03000000000000000700000050"
            "c8000210"
            "01004523"
            "63000210");
}

TEST(LedgerFormats, ReadsStretchesBackAndSeesEveryDamage) {
  Outcomes outcomes(8, 0x1002);
  outcomes[7] = 0;
  std::vector<Byte> blob;
  write_page(name, {outcomes, {}}, blob);
  Outcomes read(8, 1);
  expect_damage_is_seen(blob, [&](Bytes from) { return read_page(name, from, {read, {}}); });
  EXPECT_EQ(read, outcomes);
  Outcomes longer(9);
  EXPECT_FALSE(read_page(name, blob, {longer, {}}));
  Outcomes shorter(7);
  EXPECT_FALSE(read_page(name, blob, {shorter, {}}));
  EXPECT_FALSE(apply_delta(name, blob, {read, {}}));

  write_run(name, 2, {Outcomes(5, 0x1003), {}}, blob);
  expect_damage_is_seen(blob, [&](Bytes from) { return apply_delta(name, from, {read, {}}); });
  EXPECT_EQ(read, (Outcomes{0x1002, 0x1002, 0x1003, 0x1003, 0x1003, 0x1003, 0x1003, 0}));
  EXPECT_FALSE(read_page(name, blob, {read, {}}));
}

TEST(LedgerFormats, RefusesStretchesThatDoNotFit) {
  const std::string run = "03000000000000000700000052";
  const std::string page = "03000000000000000700000050";
  Outcomes outcomes(3);
  EXPECT_TRUE(apply_delta(name, sealed(run + "010002000210"), {outcomes, {}}));
  EXPECT_FALSE(apply_delta(name, sealed(run + "010003000210"), {outcomes, {}}));  // too many
  EXPECT_FALSE(apply_delta(name, sealed(run + "040001000210"), {outcomes, {}}));  // too far
  EXPECT_FALSE(apply_delta(name, sealed(run + "010000000210"), {outcomes, {}}));  // of none
  EXPECT_FALSE(apply_delta(name, sealed(run + "0100"), {outcomes, {}}));
  EXPECT_FALSE(apply_delta(name, sealed(run + "01"), {outcomes, {}}));
  EXPECT_FALSE(apply_delta(name, sealed(run + "0100020002"), {outcomes, {}}));
  EXPECT_FALSE(read_page(name, sealed(page), {outcomes, {}}));
  EXPECT_FALSE(read_page(name, sealed(page + "02000210"), {outcomes, {}}));
}

TEST(LedgerFormats, ReadsTheLongFormThatEarlierVersionsWrote) {
  Outcomes outcomes(3);
  EXPECT_TRUE(read_page(name, sealed("03000000000000000700000070021002100210"), {outcomes, {}}));
  EXPECT_EQ(outcomes, Outcomes(3, 0x1002));
  EXPECT_TRUE(
      apply_delta(name, sealed("030000000000000007000000720000030003000300"), {outcomes, {}}));
  EXPECT_EQ(outcomes, Outcomes(3, 3));
}

TEST(LedgerFormats, AppliesRunsAndScattersInOrder) {
  Outcomes outcomes(6);
  std::vector<Byte> blob;
  write_run(name, 1, {Outcomes{11, 12, 13}, {}}, blob);
  expect_damage_is_seen(blob, [&](Bytes from) { return apply_delta(name, from, {outcomes, {}}); });
  write_scatter(name, std::vector<Patch>{{2, 99, {}}, {5, 7, {}}}, blob);
  expect_damage_is_seen(blob, [&](Bytes from) { return apply_delta(name, from, {outcomes, {}}); });
  EXPECT_EQ(outcomes, (Outcomes{0, 11, 99, 13, 0, 7}));
}

TEST(LedgerFormats, RefusesADeltaThatReachesBeyondItsPage) {
  Outcomes outcomes(3);
  std::vector<Byte> blob;
  write_run(name, 1, {Outcomes{11, 12, 13}, {}}, blob);
  EXPECT_FALSE(apply_delta(name, blob, {outcomes, {}}));
  write_scatter(name, std::vector<Patch>{{3, 99, {}}}, blob);
  EXPECT_FALSE(apply_delta(name, blob, {outcomes, {}}));
}

// ── replies ──

constexpr std::string_view first_reply = "250 2.0.0 Ok: queued as 4F1A";
constexpr std::string_view second_reply = "250 2.0.0 Ok: queued as 4F1B";
using Replies = std::vector<std::string>;

TEST(LedgerFormats, WritesRepliesAsTheirGrammarSays) {
  std::vector<Byte> blob;
  const Replies replies{"250 ab", "", "250 ac", "250 ac"};
  write_run(name, 2, {Outcomes(4, 0x1002), replies}, blob);
  EXPECT_EQ(to_hex(Bytes(blob).subspan(4)),
            "0300000000000000070000004d0200"
            "010004000210"
            "0006323530206162"
            "0000"
            "050163"
            "0600");
}

TEST(LedgerFormats, ReadsRepliesBackAndSeesEveryDamage) {
  const Outcomes outcomes{0x1002, 0, 0x1002};
  const Replies replies{std::string(first_reply), "", std::string(second_reply)};
  std::vector<Byte> blob;
  write_page(name, {outcomes, replies}, blob);
  Outcomes read(3);
  Replies told(3, "old");
  expect_damage_is_seen(blob, [&](Bytes from) { return read_page(name, from, {read, told}); });
  EXPECT_EQ(read, outcomes);
  EXPECT_EQ(told, replies);
  EXPECT_FALSE(read_page(name, blob, {read, {}}));  // a page of push has none

  write_run(name, 1, {Outcomes(2, 0x1003), Replies{"a", "ab"}}, blob);
  expect_damage_is_seen(blob, [&](Bytes from) { return apply_delta(name, from, {read, told}); });
  EXPECT_EQ(told, (Replies{std::string(first_reply), "a", "ab"}));

  const std::vector<Patch> patches{{2, 7, second_reply}, {0, 8, {}}};
  write_scatter(name, patches, blob);
  expect_damage_is_seen(blob, [&](Bytes from) { return apply_delta(name, from, {read, told}); });
  EXPECT_EQ(read, (Outcomes{8, 0x1003, 7}));
  EXPECT_EQ(told, (Replies{"", "a", std::string(second_reply)}));
  EXPECT_FALSE(apply_delta(name, blob, {read, {}}));
}

TEST(LedgerFormats, TakesAReplyAwayWhereALaterWordHasNone) {
  Outcomes read(3);
  Replies told(3, "old");
  std::vector<Byte> blob;
  write_scatter(name, std::vector<Patch>{{0, 9, {}}}, blob);
  ASSERT_TRUE(apply_delta(name, blob, {read, told}));
  write_run(name, 1, {Outcomes{1}, {}}, blob);
  ASSERT_TRUE(apply_delta(name, blob, {read, told}));
  EXPECT_EQ(told, (Replies{"", "", "old"}));
  write_page(name, {Outcomes(3, 2), {}}, blob);
  ASSERT_TRUE(read_page(name, blob, {read, told}));
  EXPECT_EQ(told, Replies(3));
}

TEST(LedgerFormats, RefusesRepliesThatDoNotFit) {
  const std::string run = "0300000000000000070000004d0000";
  Outcomes outcomes(2);
  Replies replies(2);
  const auto applied = [&](const std::string& rest) {
    return apply_delta(name, sealed(run + rest), {outcomes, replies});
  };
  EXPECT_TRUE(applied("0100020002100001610100"));
  EXPECT_FALSE(applied("010002000210000161"));        // one is missing
  EXPECT_FALSE(applied("01000200021000016101"));      // half of one
  EXPECT_FALSE(applied("0100020002100001610200"));    // shares more than there was
  EXPECT_FALSE(applied("0100020002100001610102ff"));  // ends too soon
  EXPECT_FALSE(applied("010002000210000161010000"));  // something behind
  EXPECT_FALSE(applied("ff00020002100001610100"));    // stretches beyond the end
  EXPECT_FALSE(applied("01"));
  EXPECT_FALSE(applied("01000200021000c9" + std::string(402, '6') + "0000"));  // too long
}

TEST(LedgerFormats, KeepsTheWokenOnlyWhereThereAreSome) {
  Counts counts;
  std::vector<Byte> blob;
  write_counts(counts, blob);
  const auto size_without = blob.size();
  counts.woken = 5;
  counts.by_reason[{State::failed, Reason::bad_topic}] = 9;
  write_counts(counts, blob);
  EXPECT_EQ(blob.size(), size_without + 10 + 8);
  expect_damage_is_seen(blob, [](Bytes from) { return read_counts(from).has_value(); });
  EXPECT_EQ(read_counts(blob)->woken, 5U);
  EXPECT_EQ(read_counts(blob)->by_reason, counts.by_reason);
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
