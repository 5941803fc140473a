#include "model/layout.h"

#include <gtest/gtest.h>

namespace muster {
namespace {

constexpr Layout three{limits::page_size + 10, limits::mail_page_size + 3,
                       2 * limits::mail_page_size};

TEST(Layout, CountsPagesPartByPart) {
  EXPECT_EQ(three.pages(Part::push), 2U);
  EXPECT_EQ(three.pages(Part::mail), 2U);
  EXPECT_EQ(three.pages(Part::fallback), 2U);
  EXPECT_EQ(three.first_page(Part::push), 0U);
  EXPECT_EQ(three.first_page(Part::mail), 2U);
  EXPECT_EQ(three.first_page(Part::fallback), 4U);
  EXPECT_EQ(three.rows(), limits::page_size + 10 + 3 * limits::mail_page_size + 3);
}

TEST(Layout, BeginsEachPartWithAPageOfItsOwn) {
  EXPECT_EQ(three.first_of(1), limits::page_size);
  EXPECT_EQ(three.size_of(1), 10U);
  EXPECT_EQ(three.first_of(2), limits::page_size + 10);
  EXPECT_EQ(three.size_of(2), limits::mail_page_size);
  EXPECT_EQ(three.size_of(3), 3U);
  EXPECT_EQ(three.first_of(4), three.first(Part::fallback));
  EXPECT_EQ(three.size_of(5), limits::mail_page_size);
}

TEST(Layout, FindsEveryInvitationInItsPageAndPart) {
  InvitationNumber next = 0;
  for (std::uint32_t page = 0; page < 6; ++page) {
    ASSERT_EQ(three.first_of(page), next);
    for (std::uint32_t at = 0; at < three.size_of(page); ++at, ++next) {
      ASSERT_EQ(three.page_of(next), page);
      ASSERT_EQ(three.part_of(next), three.part_of_page(page));
      ASSERT_EQ(three.first(three.part_of(next)) + three.rank_of(next), next);
    }
  }
  EXPECT_EQ(next, three.rows());
}

TEST(Layout, SkipsPartsThatAreEmpty) {
  constexpr Layout accounts{0, 0, 0, 3};
  EXPECT_EQ(accounts.part_of(0), Part::account);
  EXPECT_EQ(accounts.part_of_page(0), Part::account);
  constexpr Layout mail{0, 5, 0};
  EXPECT_EQ(mail.part_of(0), Part::mail);
  EXPECT_EQ(mail.page_of(4), 0U);
  EXPECT_EQ(mail.part_of_page(0), Part::mail);
  constexpr Layout without_mailboxes{7, 0, 5};
  EXPECT_EQ(without_mailboxes.part_of(7), Part::fallback);
  EXPECT_EQ(without_mailboxes.page_of(7), 1U);
  EXPECT_EQ(without_mailboxes.part_of_page(1), Part::fallback);
}

TEST(Layout, PutsAccountsBehindWhatStoodThereBefore) {
  constexpr Layout four{three.devices, three.mailboxes, three.fallbacks, limits::page_size + 1};
  for (InvitationNumber n = 0; n < three.rows(); ++n) {
    ASSERT_EQ(four.page_of(n), three.page_of(n));
    ASSERT_EQ(four.part_of(n), three.part_of(n));
  }
  EXPECT_EQ(four.rows(), three.rows() + limits::page_size + 1);
  EXPECT_EQ(four.first(Part::account), three.rows());
  EXPECT_EQ(four.first_page(Part::account), three.pages());
  EXPECT_EQ(four.pages(), three.pages() + 2);
  EXPECT_EQ(four.size_of(three.pages()), limits::page_size);
  EXPECT_EQ(four.size_of(three.pages() + 1), 1U);
  const auto last = static_cast<InvitationNumber>(four.rows() - 1);
  EXPECT_EQ(four.part_of(last), Part::account);
  EXPECT_EQ(four.page_of(last), three.pages() + 1);
  EXPECT_EQ(four.rank_of(last), limits::page_size);
}

TEST(Layout, HoldsAsManyAsNumbersGo) {
  constexpr Layout most{UINT32_MAX, 0, 0};
  EXPECT_EQ(most.pages(Part::push), 1U << 20);
  EXPECT_EQ(most.page_of(UINT32_MAX - 1), (1U << 20) - 1);
  EXPECT_EQ(most.size_of((1U << 20) - 1), limits::page_size - 1);
}

TEST(Layout, SendsMailLessFarAheadThanPush) {
  EXPECT_EQ(Layout::ahead_of_mark(Part::push), limits::ahead_of_mark_max);
  EXPECT_EQ(Layout::ahead_of_mark(Part::mail), limits::mail_ahead_of_mark_max);
  EXPECT_EQ(Layout::ahead_of_mark(Part::account), limits::page_size) << "nothing is sent";
  EXPECT_EQ(channel_of(Part::push), Channel::push);
  EXPECT_EQ(channel_of(Part::account), Channel::account);
  EXPECT_EQ(channel_of(Part::fallback), Channel::mail);
}

}  // namespace
}  // namespace muster
