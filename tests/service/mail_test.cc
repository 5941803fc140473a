// What a dispatcher knows of mail before any of it is sent.
#include "service/mail.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "service/audience.h"
#include "service/fallbacks.h"
#include "tests/reactor/dns_server.h"
#include "tests/service/house.h"

namespace muster {
namespace {

using testing::HasSubstr;
constexpr double day_s = 24 * 3600;

// A school whose users have addresses, and a relay that nobody listens at.
class MailHouse : public House {
 protected:
  MailHouse() {
    // Push and mail open a ring each. ThreadSanitizer does not see liburing's own system calls and
    // takes two rings at one address, one after the other, for one that two threads write.
    settings.reactor.kind = "epoll";
    settings.mail.mode = "relay";
    settings.mail.from = "Example School <it@school.example>";
    settings.mail.relay.host = "127.0.0.1";
    settings.mail.relay.tls = "none";
    settings.invitations = {{"en", "You are invited", "Sign in {now}.", "https://school.example"}};
  }
  [[nodiscard]] std::unique_ptr<Dispatcher> open_addressed() const {
    write_school();
    write("users.csv",
          "user_id,full_name,email\nann,Ann Lee,ann@school.example\nbob,Bob Ray,\n"
          "quiet,Quiet One,quiet@school.example\nappy,Appy Two,appy@school.example\n");
    auto dispatcher = open();
    EXPECT_TRUE(dispatcher->import_roster({{folder / "school"}, "", false, ""}, nullptr));
    return dispatcher;
  }
  [[nodiscard]] Preview preview(Dispatcher& dispatcher, Channels channels) const {
    Selector selector;
    selector.group = "all";
    selector.channels = channels;
    auto seen = dispatcher.preview(selector);
    EXPECT_TRUE(seen) << seen.failure().line;
    return seen ? *seen : Preview{};
  }
  [[nodiscard]] std::string complaint() const {
    const auto opened = service::Mail::open(settings);
    return opened ? "" : opened.error().line_of_text();
  }
};

TEST_F(MailHouse, PreviewsPushesMailsAndFallbacksOfEachChannel) {
  const auto dispatcher = open_addressed();
  struct Row {
    Channels channels;
    std::uint64_t pushes, mails, fallbacks, unreached;
  };
  // Ann has both, Bob a device, Quiet an address.
  for (const auto& row :
       {Row{Channels::push, 2, 0, 0, 1}, Row{Channels::mail, 0, 2, 0, 1},
        Row{Channels::push_and_mail, 2, 2, 0, 0}, Row{Channels::push_then_mail, 2, 1, 1, 0}}) {
    const auto seen = preview(*dispatcher, row.channels);
    EXPECT_EQ(seen.pushes, row.pushes);
    EXPECT_EQ(seen.mails, row.mails);
    EXPECT_EQ(seen.fallbacks, row.fallbacks);
    EXPECT_EQ(seen.invitations, row.pushes + row.mails);
    EXPECT_EQ(seen.unreached.size(), row.unreached);
  }
}

TEST_F(MailHouse, PushThenMailIsPlainPushWhileMailIsOff) {
  settings.mail.mode = "off";
  const auto dispatcher = open_addressed();
  const auto seen = preview(*dispatcher, Channels::push_then_mail);
  EXPECT_EQ(seen.mails + seen.fallbacks, 0U);
  EXPECT_EQ(seen.pushes, 2U);
}

TEST_F(MailHouse, APreviewOfMailKnowsWhatItsQuotaTakes) {
  settings.mail.relay.per_day = 1;
  const auto dispatcher = open_addressed();
  EXPECT_DOUBLE_EQ(preview(*dispatcher, Channels::mail).seconds_estimated, day_s);
}

TEST(MailTime, IsTheSlowestPaceAndWholeDaysOfQuotas) {
  MailSettings mail;
  EXPECT_DOUBLE_EQ(service::seconds_of_mails(1000, mail), 0);
  mail.relay.per_second = 10;
  EXPECT_DOUBLE_EQ(service::seconds_of_mails(1000, mail), 100);
  mail.relay.per_minute = 30;
  EXPECT_DOUBLE_EQ(service::seconds_of_mails(1000, mail), 2000);
  mail.relay.per_day = 400;
  EXPECT_DOUBLE_EQ(service::seconds_of_mails(1000, mail), 2 * day_s + 400);
  EXPECT_DOUBLE_EQ(service::seconds_of_mails(400, mail), 800) << "a day's quota is one day";
  EXPECT_DOUBLE_EQ(service::seconds_of_mails(0, mail), 0);
}

TEST_F(MailHouse, MakesLettersOfTheInvitationsWhereThereIsNoTemplate) {
  const auto templates = service::templates_of(settings);
  ASSERT_TRUE(templates);
  ASSERT_EQ(templates->size(), 1U);
  EXPECT_EQ(templates->front().subject, "You are invited");
  EXPECT_EQ(templates->front().text, "Sign in {{now}}.") << "an alert's braces are braces";
  EXPECT_EQ(complaint(), "");
}

TEST_F(MailHouse, TakesTemplatesBeforeInvitations) {
  settings.mail.templates = {
      {"de", "Einladung", "Hallo {full_name}", "", "", "", "https://school.example"}};
  const auto mail = service::Mail::open(settings);
  ASSERT_TRUE(mail) << mail.error().line_of_text();
  ASSERT_EQ((*mail)->languages().size(), 1U);
  EXPECT_EQ((*mail)->languages().front().first, "de");
}

TEST_F(MailHouse, ComplainsOfWhatCannotBeSentBeforeAnythingIs) {
  EXPECT_EQ(complaint(), "");
  settings.mail.templates = {{"en", "Hello", "Dear {name}", "", "", "", "https://school.example"}};
  EXPECT_THAT(complaint(), HasSubstr("{name}"));
  settings.mail.templates = {{"en", "Hello", "", "/nowhere/letter.txt", "", "", ""}};
  EXPECT_THAT(complaint(), HasSubstr("/nowhere/letter.txt"));
  settings.mail.templates.clear();
  settings.invitations.clear();
  EXPECT_THAT(complaint(), HasSubstr("no text for letters"));
}

// A mail server's side of a conversation that a route opens, and one letter to send in it.
class Server {
 public:
  explicit Server(std::unique_ptr<wire::DeliverySession> opened) : session(std::move(opened)) {
    letter_.sender = "it@school.example";
    letter_.recipient = "ann@school.example";
    letter_.body = as_bytes("Hello.\r\n");
    job_.channel = Channel::mail;
    job_.letter = &letter_;
    session->connected({});
  }
  // What the session says next, once it was told `reply`.
  std::string after(const std::string& reply) {
    session->receive(as_bytes(reply), {});
    std::string said;
    std::array<Byte, 4096> room{};
    for (std::size_t size = 0; (size = session->transmit(room, {})) != 0;) {
      said += as_text(Bytes(room).first(size));
    }
    return said;
  }
  // Until MAIL, which it returns.
  std::string begin_letter(const std::string& offer = "250 mx\r\n") {
    (void)after("220 mx\r\n");
    (void)after(offer);
    session->submit(0, job_, {}, {});
    return after("");
  }

  std::unique_ptr<wire::DeliverySession> session;

 private:
  Letter letter_;
  Job job_;
};

constexpr const char* no_more_today = "550 5.4.5 Daily user sending limit exceeded\r\n";

TEST_F(MailHouse, BelievesARelayThatItsQuotaIsUsedUp) {
  const auto mail = service::Mail::open(settings);
  ASSERT_TRUE(mail) << mail.error().line_of_text();
  Server relay((*mail)->route().pool.open_session({}));
  (void)relay.begin_letter();
  (void)relay.after(no_more_today);
  EXPECT_EQ(relay.session->vitals().refusal, Reason::quota_used_up) << "with a login or without";
}

TEST_F(MailHouse, LetsAPoolNarrowWhatTheSettingsAllow) {
  settings.mail.relay.messages_per_connection = 5;
  const auto mail = service::Mail::open(settings);
  ASSERT_TRUE(mail) << mail.error().line_of_text();
  Server relay((*mail)->route().pool.open_session({false, 1}));
  (void)relay.begin_letter();
  (void)relay.after("250 Ok\r\n");
  (void)relay.after("250 Ok\r\n");
  EXPECT_THAT(relay.after("354 go on\r\n"), HasSubstr("Hello."));
  EXPECT_THAT(relay.after("250 taken\r\n"), HasSubstr("QUIT"));
}

// Mail straight to the recipients' hosts, as DNS names them.
class DirectHouse : public MailHouse {
 protected:
  DirectHouse() {
    settings.mail.mode = "direct";
    settings.mail.own_name = "mail.school.example";
    settings.mail.direct.resolver = dns.resolver();
    settings.mail.relay = {};
  }
  [[nodiscard]] std::unique_ptr<service::Mail> open_mail() const {
    auto opened = service::Mail::open(settings);
    EXPECT_TRUE(opened) << opened.error().line_of_text();
    return opened ? std::move(*opened) : nullptr;
  }
  reactor::DnsServer dns;
};

TEST_F(DirectHouse, SendsToAllMailHostsByOneRoute) {
  settings.mail.direct.port = 2525;
  settings.mail.direct.connections = 7;
  settings.mail.relay.per_day = 1;
  const auto mail = open_mail();
  const auto route = mail->route();
  ASSERT_TRUE(route.direct.has_value());
  EXPECT_EQ(route.direct->site.port, 2525);
  EXPECT_NE(route.direct->site.tls, nullptr);
  EXPECT_EQ(route.direct->connections_max, 7U);
  EXPECT_EQ(route.policy.attempts, settings.mail.attempts);
  EXPECT_EQ(route.policy.retry_after.size(), settings.mail.retry_after.size());
  EXPECT_EQ(route.pace.per_day, 0U) << "what a relay grants is nobody else's";
}

TEST_F(DirectHouse, FindsMailHostsWithTheResolverThatIsSet) {
  dns.say("school.example", reactor::mx(10, "mx.school.example"));
  dns.say("mx.school.example", reactor::a("127.0.0.1"));
  settings.mail.direct.allow_loopback = true;
  const auto mail = open_mail();
  Doorbell bell;
  const auto finder = mail->route().direct->open_finder(bell);
  finder->ask("school.example");
  std::vector<wire::MailHosts> answers;
  while (answers.empty()) {
    bell.doze();
    finder->take(answers);
    if (answers.empty()) {
      bell.wait(std::chrono::seconds(30));
    }
    bell.awake();
  }
  ASSERT_EQ(answers.front().hosts.size(), 1U);
  EXPECT_EQ(answers.front().hosts.front().address, "127.0.0.1");
}

TEST_F(DirectHouse, MakesTlsWhereItIsOfferedAndNotWhereItFailed) {
  const auto mail = open_mail();
  const auto open_session = mail->route().direct->site.open_session;
  for (const bool in_clear : {false, true}) {
    Server host(open_session({in_clear, 0}));
    EXPECT_EQ(host.after("220 mx\r\n"), "EHLO mail.school.example\r\n");
    EXPECT_EQ(host.after("250-mx\r\n250 STARTTLS\r\n"), in_clear ? "" : "STARTTLS\r\n");
  }
}

TEST_F(DirectHouse, MakesNoTlsWhereItIsNotWanted) {
  settings.mail.direct.tls = "none";
  const auto mail = open_mail();
  const auto route = mail->route();
  EXPECT_EQ(route.direct->site.tls, nullptr);
  Server host(route.direct->site.open_session({}));
  (void)host.after("220 mx\r\n");
  EXPECT_EQ(host.after("250-mx\r\n250 STARTTLS\r\n"), "");
}

TEST_F(DirectHouse, TakesAStrangersQuotaForItsOwnAffair) {
  const auto mail = open_mail();
  Server host(mail->route().direct->site.open_session({}));
  (void)host.begin_letter();
  (void)host.after(no_more_today);
  EXPECT_EQ(host.session->vitals().refusal, Reason::none);
}

TEST_F(DirectHouse, AsksAMailHostForNothingThatIsARelaysAffair) {
  settings.mail.relay.chunking = "on";
  settings.mail.relay.delivery_status = "on";
  settings.mail.relay.user = "it";
  const auto mail = open_mail();
  Server host(mail->route().direct->site.open_session({}));
  EXPECT_EQ(host.begin_letter("250-mx\r\n250-CHUNKING\r\n250-AUTH PLAIN\r\n250 DSN\r\n"),
            "MAIL FROM:<it@school.example>\r\n");
  EXPECT_EQ(host.after("250 Ok\r\n"), "RCPT TO:<ann@school.example>\r\n");
  EXPECT_EQ(host.after("250 Ok\r\n"), "DATA\r\n");
}

TEST_F(DirectHouse, ComplainsOfAResolverThatIsNone) {
  settings.mail.direct.resolver = "dns.school.example:53";
  EXPECT_THAT(complaint(), HasSubstr("mail.direct.resolver is \"dns.school.example:53\""));
  const auto dispatcher = open_addressed();
  const auto refused = dispatcher->send(preview(*dispatcher, Channels::mail), {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.failure().kind, FailureKind::cannot_start);
  EXPECT_TRUE(dispatcher->tasks()->empty());
}

TEST_F(DirectHouse, APreviewOfMailKnowsNoQuota) {
  settings.mail.relay.per_day = 1;
  const auto dispatcher = open_addressed();
  EXPECT_DOUBLE_EQ(preview(*dispatcher, Channels::mail).seconds_estimated, 0);
}

TEST_F(DirectHouse, APreviewOfMailWarnsOfWhatMailHostsRefuse) {
  settings.mail.own_name = "localhost";
  const auto dispatcher = open_addressed();
  EXPECT_THAT(preview(*dispatcher, Channels::mail).warnings,
              testing::ElementsAre(HasSubstr("greeted as \"localhost\""),
                                   HasSubstr("large providers refuse unsigned mail")));
  EXPECT_THAT(preview(*dispatcher, Channels::push).warnings,
              testing::Not(testing::Contains(HasSubstr("unsigned"))))
      << "nobody gets a letter";
}

TEST_F(MailHouse, RefusesAPasswordThatOthersMayRead) {
  settings.mail.relay.tls = "implicit";
  settings.mail.relay.user = "it";
  settings.mail.relay.password_file = folder / "password";
  std::ofstream(folder / "password") << "secret\n";
  ASSERT_EQ(::chmod((folder / "password").c_str(), 0644), 0);
  EXPECT_THAT(complaint(), HasSubstr("chmod 600"));
  ASSERT_EQ(::chmod((folder / "password").c_str(), 0600), 0);
  EXPECT_EQ(complaint(), "");
}

TEST_F(MailHouse, ComplainsOfAnAuthorityThatCannotBeRead) {
  settings.mail.relay.tls = "required";
  settings.mail.relay.trust_file = "/nowhere/ca.pem";
  EXPECT_THAT(complaint(), HasSubstr("/nowhere/ca.pem"));
}

// Ann's device is none of the task's, and is not pushed afterwards all the same.
TEST_F(MailHouse, InvitesNobodyByPushWhoWasInvitedByMail) {
  const DeafPeer relay(DeafPeer::Kind::silent);
  settings.mail.relay.port = relay.port();
  const auto dispatcher = open_addressed();
  ASSERT_TRUE(dispatcher->send(preview(*dispatcher, Channels::mail), {}));
  const auto after = preview(*dispatcher, Channels::push);
  EXPECT_EQ(after.users_not_invited, 1U) << "Bob has no address";
  EXPECT_EQ(after.pushes, 1U);
}

TEST_F(MailHouse, AMailsRowNamesItsUserAndNoDevice) {
  const DeafPeer relay(DeafPeer::Kind::silent);
  settings.mail.relay.port = relay.port();
  const auto dispatcher = open_addressed();
  const auto task = dispatcher->send(preview(*dispatcher, Channels::push_and_mail), {});
  ASSERT_TRUE(task) << task.failure().line;
  const auto page = dispatcher->invitations(*task, 0, 100, "");
  ASSERT_TRUE(page);
  ASSERT_EQ(page->rows.size(), 4U);
  EXPECT_EQ(page->rows[0].channel, "push");
  EXPECT_EQ(page->rows[2].channel, "mail");
  EXPECT_EQ(page->rows[2].user_full_name, "Ann Lee");
  EXPECT_EQ(page->rows[2].device_id, "");
  EXPECT_EQ(page->rows[3].user_id, "quiet");
}

}  // namespace
}  // namespace muster
