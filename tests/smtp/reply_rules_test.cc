#include "smtp/reply_rules.h"

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace muster::smtp {
namespace {

struct Row {
  Phase phase;
  const char* reply;
  bool relay;
  Reason reason;
};

void PrintTo(const Row& row, std::ostream* to) {
  *to << row.reply << " in phase " << static_cast<int>(row.phase);
}

Reply reply_of(std::string_view line) {
  Reply reply;
  reply.code = static_cast<std::uint16_t>(std::stoi(std::string(line.substr(0, 3))));
  reply.text = line.size() > 4 ? line.substr(4) : "";
  reply.enhanced = enhanced_of(reply.text, reply.kind());
  return reply;
}

class ReplyRules : public testing::TestWithParam<Row> {};

TEST_P(ReplyRules, TellWhatARefusalMeans) {
  const auto& row = GetParam();
  EXPECT_EQ(name_of(reason_of(row.phase, reply_of(row.reply), row.relay)), name_of(row.reason));
}

INSTANTIATE_TEST_SUITE_P(
    Opening, ReplyRules,
    testing::Values(Row{Phase::greeting, "450 busy", false, Reason::server_busy},
                    Row{Phase::greeting, "554 no", false, Reason::server_refused},
                    Row{Phase::hello, "452 no", false, Reason::server_busy},
                    Row{Phase::hello, "550 no", false, Reason::server_refused},
                    Row{Phase::starttls, "454 no TLS now", false, Reason::tls_refused},
                    Row{Phase::login, "535 5.7.8 wrong", true, Reason::login_refused},
                    Row{Phase::login, "504 no such mechanism", true, Reason::login_impossible},
                    Row{Phase::login, "534 5.7.9 too weak", true, Reason::login_impossible},
                    Row{Phase::login, "538 5.7.11 encryption", true, Reason::login_impossible},
                    Row{Phase::login, "454 4.7.0 temporary", true, Reason::server_busy},
                    Row{Phase::login, "454 4.7.0 Too many login attempts", true,
                        Reason::quota_used_up}));

INSTANTIATE_TEST_SUITE_P(
    Mail, ReplyRules,
    testing::Values(Row{Phase::mail, "451 4.3.0 busy", false, Reason::server_busy},
                    Row{Phase::mail, "452 4.3.1 storage", false, Reason::server_busy},
                    Row{Phase::mail, "450 4.7.1 Greylisted", false, Reason::greylisted},
                    Row{Phase::mail, "550 5.7.1 no", false, Reason::sender_refused},
                    Row{Phase::mail, "552 too big", false, Reason::message_too_large},
                    Row{Phase::mail, "530 5.7.0 Must issue a STARTTLS command first", false,
                        Reason::tls_refused},
                    Row{Phase::mail, "530 5.7.0 Authentication required", false,
                        Reason::login_impossible},
                    Row{Phase::mail, "553 5.6.7 SMTPUTF8", false, Reason::needs_utf8}));

INSTANTIATE_TEST_SUITE_P(
    Rcpt, ReplyRules,
    testing::Values(Row{Phase::rcpt, "550 5.1.1 unknown", false, Reason::mailbox_unknown},
                    Row{Phase::rcpt, "550 no such user", false, Reason::mailbox_unknown},
                    Row{Phase::rcpt, "550 4.1.1 classes disagree", false, Reason::mailbox_unknown},
                    Row{Phase::rcpt, "550 5.4.1 Recipient address rejected: Access denied", false,
                        Reason::mailbox_unknown},
                    Row{Phase::rcpt, "550 5.2.1 disabled", false, Reason::mailbox_disabled},
                    Row{Phase::rcpt, "551 moved", false, Reason::mailbox_disabled},
                    Row{Phase::rcpt, "550 5.1.6 moved", false, Reason::mailbox_disabled},
                    Row{Phase::rcpt, "552 full", false, Reason::mailbox_full},
                    Row{Phase::rcpt, "452 4.2.2 full", false, Reason::mailbox_full},
                    Row{Phase::rcpt, "550 5.2.2 over quota", true, Reason::mailbox_full},
                    Row{Phase::rcpt, "452 storage", false, Reason::mailbox_full},
                    Row{Phase::rcpt, "452 4.3.1 storage", false, Reason::mail_deferred},
                    Row{Phase::rcpt, "452 4.5.3 too many", false, Reason::mail_deferred},
                    Row{Phase::rcpt, "553 what", false, Reason::address_refused},
                    Row{Phase::rcpt, "501 5.1.3 what", false, Reason::address_refused},
                    Row{Phase::rcpt, "501 what", false, Reason::address_refused},
                    Row{Phase::rcpt, "550 5.1.2 where", false, Reason::no_such_domain},
                    Row{Phase::rcpt, "556 5.1.10 null", false, Reason::null_mx},
                    Row{Phase::rcpt, "550 5.7.1 no", false, Reason::policy_refused},
                    Row{Phase::rcpt, "550 blocked by a list", false, Reason::policy_refused},
                    Row{Phase::rcpt, "554 5.5.0 no", false, Reason::mail_refused},
                    Row{Phase::rcpt, "450 4.2.0 Greylisted, see", false, Reason::greylisted},
                    Row{Phase::rcpt, "451 4.7.1 try again later", false, Reason::greylisted},
                    Row{Phase::rcpt, "451 4.7.1 no", false, Reason::mail_deferred},
                    Row{Phase::rcpt, "450 4.2.1 too fast", false, Reason::mail_deferred}));

INSTANTIATE_TEST_SUITE_P(
    Message, ReplyRules,
    testing::Values(Row{Phase::data, "451 later", false, Reason::mail_deferred},
                    Row{Phase::body, "554 no", false, Reason::mail_refused},
                    Row{Phase::body, "550 5.7.26 no DMARC", false, Reason::policy_refused},
                    Row{Phase::body, "554 looks like spam", false, Reason::policy_refused},
                    Row{Phase::body, "552 too big", false, Reason::message_too_large},
                    Row{Phase::body, "552 5.2.2 full", false, Reason::mailbox_full},
                    Row{Phase::body, "554 5.3.4 too big", false, Reason::message_too_large},
                    Row{Phase::data, "550 5.1.1 unknown", false, Reason::mailbox_unknown}));

INSTANTIATE_TEST_SUITE_P(
    Quota, ReplyRules,
    testing::Values(
        Row{Phase::mail, "550 5.4.5 Daily user sending limit exceeded", true,
            Reason::quota_used_up},
        Row{Phase::mail, "550 5.4.5 Daily user sending limit exceeded", false,
            Reason::sender_refused},
        Row{Phase::body, "432 4.3.2 recipient limit", true, Reason::quota_used_up},
        Row{Phase::body, "432 4.3.2 Concurrent connections limit exceeded", true,
            Reason::server_busy},
        Row{Phase::body, "432 4.3.2 sender thread limit exceeded", true, Reason::server_busy},
        Row{Phase::rcpt, "452 4.5.3 too many messages", true, Reason::quota_used_up},
        Row{Phase::rcpt, "452 4.5.3 too many messages", false, Reason::mail_deferred},
        Row{Phase::rcpt, "550 mailbox quota exceeded", true, Reason::mailbox_unknown},
        Row{Phase::mail, "454 4.7.0 too many", true, Reason::quota_used_up},
        Row{Phase::body, "554 5.2.0 submission quota exceeded", true, Reason::quota_used_up}));

TEST(ReplyTable, EveryCodeHasItsRow) {
  for (int phase = 0; phase <= static_cast<int>(Phase::body); ++phase) {
    for (int code = 400; code < 600; ++code) {
      const auto reason =
          reason_of(static_cast<Phase>(phase), reply_of(std::to_string(code)), false);
      EXPECT_NE(reason, Reason::none) << phase << " " << code;
      EXPECT_NE(reason, Reason::quota_used_up) << phase << " " << code;
    }
  }
}

TEST(ReplyTable, TellsTheRouteFromTheLetter) {
  EXPECT_TRUE(refuses_route(Reason::quota_used_up));
  EXPECT_TRUE(refuses_route(Reason::tls_refused));
  EXPECT_FALSE(refuses_route(Reason::sender_refused));
  EXPECT_FALSE(refuses_route(Reason::server_busy));
}

}  // namespace
}  // namespace muster::smtp
