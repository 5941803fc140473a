// Tasks with mailboxes: parts, their pages and marks, and the replies that servers gave.
#include "store/database.h"
#include "tests/ledger/ledger_fixture.h"

namespace muster::ledger {
namespace {

using Kind = Settlement::Kind;
constexpr Layout mixed{limits::page_size + 5, limits::mail_page_size + 4, 0};
constexpr InvitationNumber mail = mixed.devices;  // the first mailbox
constexpr Outcome greylisted{State::deferred, Reason::greylisted, 1};
constexpr Outcome refused{State::failed, Reason::mailbox_unknown, 1};
constexpr std::string_view taken = "250 2.0.0 Ok: queued as 4F1A";
constexpr std::string_view taken_next = "250 2.0.0 Ok: queued as 4F1B";
constexpr std::string_view unknown = "550 5.1.1 no such user";

class LedgerMailTest : public LedgerFixture {
 protected:
  LeasedPage create_and_lease_mail(std::uint32_t mailboxes) {
    create({0, mailboxes, 0});
    attach();
    auto page = lease(Part::mail);
    commit();
    return page;
  }
};
class LedgerMailDeathTest : public LedgerMailTest {};

TEST_F(LedgerMailTest, KeepsTheLayoutAndTheSetsOfATask) {
  create({10, 20, 5});
  const auto reader = std::move(*LedgerReader::open(dir_));
  EXPECT_EQ(task_row().layout, (Layout{10, 20, 5}));
  EXPECT_EQ(task_row().invitations, 30U);
  EXPECT_EQ(task_row().mail_prefix[0], 77);
  EXPECT_EQ(*reader->mailboxes(task_)->at(0), 100'000U);
  EXPECT_EQ(reader->mailboxes(task_)->size(), 20U);
  EXPECT_EQ(reader->fallbacks(task_)->size(), 5U);
  EXPECT_EQ(reader->mailboxes(TaskId{}).error().code, ErrorCode::not_found);
  EXPECT_EQ(reader->fallbacks(TaskId{}).error().code, ErrorCode::not_found);
}

TEST_F(LedgerMailTest, HasNoMailSetsWhereATaskIsPushAlone) {
  create(10);
  const auto reader = std::move(*LedgerReader::open(dir_));
  EXPECT_TRUE(reader->mailboxes(task_)->empty());
  EXPECT_TRUE(reader->fallbacks(task_)->empty());
}

TEST_F(LedgerMailTest, RefusesATaskOfMorePagesThanItCanTellApart) {
  NewTask task;
  task.id = task_;
  task.mailboxes.add_range(0, (1U << 20) * limits::mail_page_size);
  task.devices.add(1);
  EXPECT_EQ(ledger_->create_task(task).error().code, ErrorCode::not_permitted);
  task.mailboxes.add_range(0, UINT32_MAX);
  EXPECT_EQ(ledger_->create_task(task).error().code, ErrorCode::not_permitted);
}

TEST_F(LedgerMailTest, LeasesThePagesOfEachPartInTheirOwnOrder) {
  create(mixed);
  attach();
  const auto first_mail = lease(Part::mail);
  const auto first_push = lease(Part::push);
  const auto second_mail = lease(Part::mail);
  EXPECT_EQ(first_push.page, 0U);
  EXPECT_EQ(first_mail.page, 2U);
  EXPECT_EQ(first_mail.first, mail);
  EXPECT_EQ(second_mail.first, mail + limits::mail_page_size);
  EXPECT_FALSE(*ledger_->lease(0, Part::mail));
  EXPECT_EQ(lease(Part::push).page, 1U);
  EXPECT_FALSE(*ledger_->lease(0, Part::push));
}

TEST_F(LedgerMailTest, KnowsAfterACrashWhichPagesOfEachPartAreInDoubt) {
  create(mixed);
  attach();
  lease(Part::mail);
  commit();
  settle(mail, sent);
  commit();
  reattach();
  EXPECT_FALSE(lease(Part::push).in_doubt);
  const auto page = lease(Part::mail);
  EXPECT_TRUE(page.in_doubt);
  EXPECT_EQ(page.page, 2U);
  EXPECT_EQ(page.mark, 1U);
  EXPECT_EQ(lease(Part::mail).page, 3U);
}

TEST_F(LedgerMailTest, DoubtsOnlyAsManyMailsAsMayHaveBeenWrittenAhead) {
  create_and_lease_mail(200);
  settle_replied(0, sent, taken);
  commit();
  reattach();
  EXPECT_TRUE(lease(Part::mail).in_doubt);
  ledger_->release(0, 0);
  commit();
  EXPECT_EQ(count(State::in_doubt), limits::mail_ahead_of_mark_max);
  EXPECT_EQ(lease(Part::mail).mark, 1U + limits::mail_ahead_of_mark_max);
}

TEST_F(LedgerMailTest, CompletesWhenDevicesAndMailboxesAreAtRest) {
  create({1, 2, 0});
  attach();
  lease(Part::push);
  lease(Part::mail);
  commit();
  settle(0, sent);
  settle_replied(1, sent, taken);
  EXPECT_TRUE(commit().completed.empty());
  settle_replied(2, refused, unknown);
  const auto report = commit();
  EXPECT_EQ(report.completed, std::vector<TaskIndex>{0});
  EXPECT_EQ(report.marks.at(0).page, 1U);
  EXPECT_EQ(task_row().state, TaskState::completed);
}

TEST_F(LedgerMailTest, TellsTheReplyToEveryMail) {
  create_and_lease_mail(100);
  settle_replied(0, sent, taken);
  settle_replied(1, refused, unknown);
  settle_replied(2, sent, taken_next);
  settle(3, sent);
  commit();
  EXPECT_EQ(row(0).reply, taken);
  EXPECT_EQ(row(1).reply, unknown);
  EXPECT_EQ(row(2).reply, taken_next);
  EXPECT_EQ(row(3).reply, "");
  ledger_->release(0, 0);  // folds
  commit();
  EXPECT_EQ(row(0).reply, taken);
  EXPECT_EQ(row(1).reply, unknown);
  EXPECT_EQ(row(2).reply, taken_next);
}

TEST_F(LedgerMailTest, CopiesRepliesBeforeTheirLettersAreUsedAgain) {
  create_and_lease_mail(100);
  std::string letter(taken);
  settle_replied(0, sent, letter);
  letter = unknown;
  settle_replied(1, refused, letter);
  letter.assign(letter.size(), 'x');
  commit();
  EXPECT_EQ(row(0).reply, taken);
  EXPECT_EQ(row(1).reply, unknown);
}

TEST_F(LedgerMailTest, CutsARepliesThatIsTooLong) {
  create_and_lease_mail(100);
  const std::string endless(5000, 'a');
  settle_replied(0, sent, endless);
  settle_replied(1, refused, endless);
  commit();
  EXPECT_EQ(row(0).reply, std::string(limits::reply_bytes_max, 'a'));
  EXPECT_EQ(row(1).reply, std::string(limits::reply_bytes_max, 'a'));
}

TEST_F(LedgerMailTest, KeepsRepliesWhenAPageIsLeasedAgainAndSettles) {
  create_and_lease_mail(3);
  settle_replied(0, sent, taken);
  commit();
  reattach();
  lease(Part::mail);
  settle(1, sent);
  settle_replied(2, sent, taken_next);
  commit();
  EXPECT_EQ(ledger_->pages_in_hand(0), 0U);
  EXPECT_EQ(row(0).reply, taken);
  EXPECT_EQ(row(1).reply, "");
  EXPECT_EQ(row(2).reply, taken_next);
}

TEST_F(LedgerMailTest, GivesAPageInHandNoReplyOfAnEarlierOne) {
  create({0, limits::mail_page_size + 2, 0});
  attach();
  lease(Part::mail);
  for (InvitationNumber n = 0; n < limits::mail_page_size; ++n) {
    settle_replied(n, sent, taken);
  }
  commit();
  lease(Part::mail);
  settle(limits::mail_page_size, sent);
  commit();
  EXPECT_EQ(row(limits::mail_page_size - 1).reply, taken);
  EXPECT_EQ(row(limits::mail_page_size).reply, "");
}

TEST_F(LedgerMailTest, ReplacesTheReplyOfADeferredMailByTheLastOne) {
  create_and_lease_mail(2);
  settle_replied(0, greylisted, "450 4.7.1 greylisted");
  settle_replied(1, greylisted, "450 4.7.1 greylisted");
  commit();
  EXPECT_EQ(row(0).reply, "450 4.7.1 greylisted");
  ASSERT_EQ(ledger_->gather(0, now_, 10, Channel::mail)->size(), 2U);
  commit();
  settle_replied(0, sent, taken, true);
  settle_replied(1, refused, unknown, true);
  EXPECT_EQ(commit().completed.size(), 1U);
  EXPECT_EQ(row(0).outcome, sent);
  EXPECT_EQ(row(0).reply, taken);
  EXPECT_EQ(row(1).reply, unknown);
  ASSERT_TRUE(ledger_->detach(0));  // folds the late word
  EXPECT_EQ(row(0).reply, taken);
  EXPECT_EQ(row(1).reply, unknown);
}

TEST_F(LedgerMailTest, KeepsTheReplyToALateAnswerOfAPageInHand) {
  create_and_lease_mail(3);
  settle_kind(0, Kind::slow);
  commit();
  settle_replied(0, sent, taken, true);
  commit();
  settle_replied(1, sent, taken_next);
  settle_replied(2, sent, taken);
  commit();
  EXPECT_EQ(ledger_->pages_in_hand(0), 0U);
  EXPECT_EQ(row(0).reply, taken);
  EXPECT_EQ(row(1).reply, taken_next);
}

TEST_F(LedgerMailTest, KnowsTheReplyThatCameJustBeforeItsPageWasLeasedAgain) {
  create_and_lease_mail(10);
  settle_replied(3, greylisted, "450 4.7.1 greylisted");
  commit();
  ledger_->release(0, 0);
  commit();
  ASSERT_EQ(ledger_->gather(0, now_, 1, Channel::mail)->size(), 1U);
  commit();
  settle_replied(3, sent, taken, true);
  lease(Part::mail);
  commit();
  ledger_->release(0, 0);
  commit();
  EXPECT_EQ(row(3).reply, taken);
}

TEST_F(LedgerMailTest, GathersEachChannelByItself) {
  create({4, 4, 0});
  attach();
  lease(Part::push);
  lease(Part::mail);
  settle(1, deferred, 700);
  settle(5, greylisted, 500);
  commit();
  EXPECT_EQ(**ledger_->next_due(0), WallTime{700});
  EXPECT_EQ(**ledger_->next_due(0, Channel::mail), WallTime{500});
  const auto push = ledger_->gather(0, WallTime{900}, 1);
  ASSERT_EQ(push->size(), 1U);
  EXPECT_EQ(push->front().invitation, 1U);
  const auto mails = ledger_->gather(0, WallTime{900}, 1, Channel::mail);
  ASSERT_EQ(mails->size(), 1U);
  EXPECT_EQ(mails->front().invitation, 5U);
}

TEST_F(LedgerMailTest, RefusesALedgerWhoseFallbacksSayTheyAreInHand) {
  create({1, 0, 1});
  {
    auto database = store::Database::open(dir_ + "/ledger.db", store::OpenMode::write, format, "");
    ASSERT_TRUE(database->execute("INSERT INTO page VALUES((1 << 20) + 1, 1, 0, x'')"));
  }
  EXPECT_EQ(ledger_->attach(task_, 0).error().code, ErrorCode::store_corrupt);
}

TEST_F(LedgerMailDeathTest, EndsTheProcessWhenAFallbacksPageIsAskedFor) {
  create({1, 0, 1});
  attach();
  EXPECT_DEATH((void)ledger_->lease(0, Part::fallback), "ledger/attaching.cc");
}

TEST_F(LedgerMailDeathTest, EndsTheProcessWhenAMailNamesAPageThatIsNotItsOwn) {
  create_and_lease_mail(300);
  auto told = settlement(280, refused);
  told.page = 0;
  EXPECT_DEATH(settle(told), "ledger/implementation.h");
}

TEST_F(LedgerMailTest, CountsADaysLettersOverRestarts) {
  create_and_lease_mail(10);
  settle_replied(0, sent, taken);
  settle_replied(1, refused, unknown);
  settle(2, Outcome{State::cancelled, Reason::removed, 0});  // never written
  EXPECT_EQ(*ledger_->letters_today(now_), 0U) << "not durable yet";
  commit();
  EXPECT_EQ(*ledger_->letters_today(now_), 2U);
  reopen();
  EXPECT_EQ(*ledger_->letters_today(now_), 2U);
  const WallTime tomorrow{now_.milliseconds + 24LL * 3600 * 1000};
  EXPECT_EQ(*ledger_->letters_today(tomorrow), 0U);
}

}  // namespace
}  // namespace muster::ledger
