#include "loadgen/smtp_faults.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "loadgen/smtp_fault_file.h"
#include "tests/loadgen/scratch.h"

namespace muster::loadgen {
namespace {

using ::testing::StartsWith;

std::string complaint(const std::string& text) {
  const auto read = read_smtp_faults(text, "f.toml");
  return read ? "fine" : read.error().line_of_text();
}

TEST(SmtpFaults, OfTheMailRehearsalAreReadFromTheirFile) {
  const auto read = read_smtp_fault_file(MUSTER_SOURCE_DIR "/loadgen/faults/mail.toml");
  ASSERT_TRUE(read) << read.error().line_of_text();
  EXPECT_GT(read->faults().size(), 15U);
}

TEST(SmtpFaults, OfTheDemoAreReadFromTheirFile) {
  const auto read = read_smtp_fault_file(MUSTER_SOURCE_DIR "/loadgen/faults/greylist.toml");
  ASSERT_TRUE(read) << read.error().line_of_text();
  EXPECT_EQ(read->faults().size(), 2U);
}

TEST(SmtpFaults, CountEachKindOfEventApart) {
  auto plan =
      read_smtp_faults("[[fault]]\nkind=\"close\"\non=\"rcpt\"\nevery=2\nonce=false\n", "f");
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->next(SmtpEvent::rcpt, 1), nullptr);
  EXPECT_EQ(plan->next(SmtpEvent::mail), nullptr);
  EXPECT_NE(plan->next(SmtpEvent::rcpt, 1), nullptr);
  EXPECT_EQ(plan->struck(), std::vector<std::uint64_t>{1});
}

TEST(SmtpFaults, RefuseTheSameRecipientForGoodAndOthersOnce) {
  auto plan = read_smtp_faults(
      "[[fault]]\nkind=\"reply\"\non=\"rcpt\"\ncode=550\nshare=0.5\n"
      "[[fault]]\nkind=\"reply\"\non=\"rcpt\"\ncode=450\nshare=1.0\n",
      "f");
  ASSERT_TRUE(plan);
  int for_good = 0;
  for (std::uint64_t subject = 1; subject <= 200; ++subject) {
    const auto* first = plan->next(SmtpEvent::rcpt, subject);
    ASSERT_NE(first, nullptr);
    const auto* second = plan->next(SmtpEvent::rcpt, subject);
    EXPECT_EQ(second, first->code == 550 ? first : nullptr);
    for_good += first->code == 550 ? 1 : 0;
  }
  EXPECT_GT(for_good, 60);
  EXPECT_LT(for_good, 140);
}

TEST(SmtpFaultFile, NamesLineAndColumnOfWhatIsWrong) {
  const std::string head = "[[fault]]\n";
  EXPECT_THAT(complaint("wrong = 1\n"), StartsWith("f.toml:1:1: unknown key 'wrong'"));
  EXPECT_THAT(complaint(head + "kind = \"goaway\"\n"),
              StartsWith("f.toml:2:8: unknown kind 'goaway'"));
  EXPECT_THAT(complaint(head + "kind = \"eof\"\non = \"day\"\nevery = 1\n"),
              StartsWith("f.toml:3:6: unknown on 'day'"));
  EXPECT_THAT(complaint(head + "kind = \"inject\"\non = \"dot\"\nevery = 1\n"),
              StartsWith("f.toml:3:6: this kind of fault cannot strike a dot"));
  EXPECT_THAT(complaint(head + "kind = \"reply\"\nevery = 1\n"),
              StartsWith("f.toml:1:1: a reply that is the usual one"));
  EXPECT_THAT(complaint(head + "kind = \"reply\"\ncode = 250\nevery = 1\n"),
              StartsWith("f.toml:3:8: code = 250"));
  EXPECT_THAT(complaint(head + "kind = \"reply\"\ncode = 450\ntext = \"a\\nb\"\nevery = 1\n"),
              StartsWith("f.toml:4:8: text is not one line"));
  EXPECT_THAT(complaint(head + "kind = \"eof\"\n"),
              StartsWith("f.toml:1:1: a fault needs a way to be chosen"));
  EXPECT_THAT(complaint(head + "kind = \"eof\"\non = \"mail\"\nacted = true\nevery = 1\n"),
              StartsWith("f.toml:4:9: acted, but not at the dot"));
  EXPECT_THAT(complaint(head + "kind = \"eof\"\non = \"mail\"\nonce = true\nevery = 1\n"),
              StartsWith("f.toml:4:8: once, where the recipient is not known yet"));
  EXPECT_THAT(complaint(head + "kind = \"reply\"\non=\"rcpt\"\ncode=550\nshare=0.1\ncount=1\n"),
              StartsWith("f.toml:1:1: a refusal for good"));
  EXPECT_THAT(complaint(head + "kind = \"hide\"\nevery = 1\n"),
              StartsWith("f.toml:1:1: nothing to hide"));
  EXPECT_THAT(complaint(head + "kind = \"greylist\"\nshare = 1.0\nlines = 2\n"),
              StartsWith("f.toml:4:1: unknown key 'lines'"));
}

TEST(SmtpFaultFile, ReadsFromDiskAndSaysWhenItCannot) {
  const Scratch scratch;
  EXPECT_EQ(read_smtp_fault_file(scratch / "none.toml").error().cause.code, ErrorCode::not_found);
}

}  // namespace
}  // namespace muster::loadgen
