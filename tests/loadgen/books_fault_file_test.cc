#include "loadgen/books_fault_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "loadgen/books_rules.h"

namespace muster::loadgen {
namespace {

using ::testing::HasSubstr;
using Kind = BooksFault::Kind;

BooksFault only(const std::string& keys) {
  auto plan = read_books_faults("[[fault]]\n" + keys, "f.toml");
  EXPECT_TRUE(plan.has_value()) << (plan ? "" : plan.error().line_of_text());
  return plan && plan->faults().size() == 1 ? plan->faults().front() : BooksFault();
}

std::string complaint(const std::string& text) {
  const auto plan = read_books_faults(text, "f.toml");
  EXPECT_FALSE(plan.has_value()) << text;
  return plan ? "" : plan.error().line_of_text();
}

TEST(BooksFaultFile, ReadsEachKindWithItsKeys) {
  const auto error = only(
      "kind='error'\non='create'\nshare=0.5\nafter=3\ncount=4\nerror=9646\nstatus=503\n"
      "retry_after_s=30\nretry_after_as_date=true");
  EXPECT_EQ(error.kind, Kind::error);
  EXPECT_EQ(error.on, BooksPoint::create);
  EXPECT_EQ(error.share, 0.5);
  EXPECT_EQ(error.after, 3U);
  EXPECT_EQ(error.count, 4U);
  EXPECT_EQ(error.error, 9646);
  EXPECT_EQ(error.status, 503);
  EXPECT_EQ(error.retry_after_s, 30U);
  EXPECT_TRUE(error.retry_after_as_date);
  EXPECT_EQ(only("kind='slow'\nevery=2\ndelay_ms=7").delay, std::chrono::milliseconds(7));
  EXPECT_TRUE(only("kind='close'\nevery=2\nacted=true").acted);
  EXPECT_TRUE(only("kind='revoke'\nevery=2\nas_200=true").as_200);
  EXPECT_EQ(only("kind='expire'\nevery=2").kind, Kind::expire);
  EXPECT_EQ(only("kind='steal'\nevery=2").name, "Other MDM");
  EXPECT_EQ(only("kind='version'\nevery=2\nstrangers=5").strangers, 5U);
  EXPECT_EQ(only("kind='limit'\nevery=2\nname='maxUsers'\nvalue=0").value, 0U);
  EXPECT_EQ(only("kind='repeat'\nevery=2\ntimes=4").times, 4U);
  EXPECT_EQ(only("kind='late'\nevery=2").delay, std::chrono::seconds(1));
  EXPECT_EQ(only("kind='lose'\nevery=2").on, BooksPoint::notification);
  EXPECT_EQ(only("kind='reorder'\nevery=2").kind, Kind::reorder);
}

TEST(BooksFaultFile, KnowsWhereAKindStrikesWhenNothingIsSaid) {
  EXPECT_EQ(only("kind='error'\nevery=1").on, BooksPoint::request);
  EXPECT_EQ(only("kind='version'\nevery=1").on, BooksPoint::users);
  EXPECT_EQ(only("kind='ignore'\nevery=1").on, BooksPoint::user);
}

TEST(BooksFaultFile, MakesFailuresLastOrNotByTheirNumber) {
  EXPECT_TRUE(only("kind='fail'\nshare=0.1\nerror=9603").once);
  EXPECT_TRUE(only("kind='ignore'\nshare=0.1").once);
  const auto lasting = only("kind='fail'\nshare=0.1\nerror=9635");
  EXPECT_FALSE(lasting.once);
  EXPECT_TRUE(lasting.lasting);
  EXPECT_TRUE(only("kind='fail'\nshare=0.1\nerror=9635\nonce=true").once);
  EXPECT_FALSE(only("kind='fail'\nevery=3\nerror=9635").lasting);
}

TEST(BooksFaultFile, NamesTheLineThatIsWrong) {
  EXPECT_THAT(complaint("[[fault]]\nkind='nonsense'\n"), HasSubstr("f.toml:2:6: unknown kind"));
  EXPECT_THAT(complaint("[[fault]]\nevery=1\n"), HasSubstr("a fault without a kind"));
  EXPECT_THAT(complaint("[[fault]]\nkind='error'\n"), HasSubstr("either share or every"));
  EXPECT_THAT(complaint("[[fault]]\nkind='error'\nevery=1\non='nowhere'\n"),
              HasSubstr("f.toml:4:4: unknown on 'nowhere'"));
  EXPECT_THAT(complaint("[[fault]]\nkind='fail'\nevery=1\non='create'\n"),
              HasSubstr("unknown key 'on'"));
  EXPECT_THAT(complaint("[[fault]]\nkind='error'\nevery=1\nerror=9605\n"),
              HasSubstr("f.toml:4:7: Apple has no error 9605"));
  EXPECT_THAT(complaint("[[fault]]\nkind='error'\nevery=1\nretry_after_as_date=true\n"),
              HasSubstr("a date without Retry-After"));
  EXPECT_THAT(complaint("[[fault]]\nkind='limit'\nevery=1\nname='maxFun'\nvalue=1\n"),
              HasSubstr("no limit to change"));
  EXPECT_THAT(complaint("[[fault]]\nkind='limit'\nevery=1\nname='maxUsers'\n"),
              HasSubstr("a limit without a value"));
  EXPECT_THAT(complaint("[[fault]\n"), HasSubstr("f.toml:1:"));
}

TEST(BooksFaultFile, ReadsTheExamplesThatComeAlong) {
  int read = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(MUSTER_SOURCE_DIR "/loadgen/faults")) {
    if (entry.path().filename().string().starts_with("books")) {
      const auto plan = read_books_fault_file(entry.path().string());
      EXPECT_TRUE(plan.has_value()) << plan.error().line_of_text();
      ++read;
    }
  }
  EXPECT_GE(read, 2);
  EXPECT_FALSE(read_books_fault_file("/nowhere/at/all.toml").has_value());
}

TEST(BooksFaults, HaveANameForEveryPoint) {
  EXPECT_EQ(name_of(BooksPoint::request), "request");
  EXPECT_EQ(name_of(BooksPoint::notification), "notification");
}

}  // namespace
}  // namespace muster::loadgen
