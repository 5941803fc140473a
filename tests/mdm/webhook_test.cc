#include <gtest/gtest.h>

#include "crypto/digest.h"
#include "crypto/hmac.h"
#include "json/writer.h"
#include "mdm/nanomdm.h"
#include "model/limits.h"
#include "tests/mdm/plists.h"

namespace muster::mdm {
namespace {

constexpr std::string_view hook_secret = "hook secret";

std::string event(std::string_view topic, std::string_view member, std::string_view id,
                  std::string_view payload) {
  json::Writer writer;
  writer.begin_object().key("topic").text(topic).key("event_id").text("e-1");
  writer.key("created_at").text("2026-11-23T10:00:00Z").key(member).begin_object();
  writer.key("udid").text("U1").key("url_params").null();
  if (!id.empty()) {
    writer.key("ids").begin_object().key("id").text(id).key("type").text("User").end();
  }
  writer.key("raw_payload").text(crypto::base64(as_bytes(payload))).end().end();
  return writer.result();
}

std::string signature_of(std::string_view body) {
  return crypto::base64(crypto::hmac_sha256(as_bytes(hook_secret), as_bytes(body)));
}

TEST(Webhook, BringsCheckIns) {
  for (const std::string topic : {"mdm.Authenticate", "mdm.TokenUpdate", "mdm.CheckOut"}) {
    const auto body = event(topic, "checkin_event", "U1:5B0E", check_out("U1"));
    const auto heard = read_webhook(body, signature_of(body), hook_secret);
    ASSERT_TRUE(heard) << topic;
    EXPECT_EQ(heard->kind, Heard::Kind::check_in);
    EXPECT_EQ(heard->enrolment, "U1:5B0E");
    EXPECT_EQ(heard->plist, check_out("U1"));
  }
}

TEST(Webhook, BringsReports) {
  const auto body = event("mdm.Connect", "acknowledge_event", "", idle("U1"));
  const auto heard = read_webhook(body, "", "");
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->kind, Heard::Kind::report);
  EXPECT_EQ(heard->enrolment, "");
  EXPECT_EQ(heard->plist, idle("U1"));
}

TEST(Webhook, IsNotListenedToAboutOtherThings) {
  for (const std::string topic :
       {"mdm.UserAuthenticate", "mdm.SetBootstrapToken", "mdm.GetBootstrapToken",
        "mdm.DeclarativeManagement", "mdm.GetToken", "mdm.New"}) {
    const auto heard = read_webhook("{\"topic\":\"" + topic + "\"}", "", "");
    ASSERT_TRUE(heard) << topic;
    EXPECT_EQ(heard->kind, Heard::Kind::nothing);
  }
}

TEST(Webhook, LeavesOutAnswersThatAreLargerThanOnesToUs) {
  const auto body = event("mdm.Connect", "acknowledge_event", "U1",
                          std::string(limits::plist_bytes_max + 1, 'x'));
  const auto heard = read_webhook(body, "", "");
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->kind, Heard::Kind::nothing);
  EXPECT_EQ(heard->plist, "");
}

TEST(Webhook, MustBeSignedByOurSecret) {
  const auto body = event("mdm.Connect", "acknowledge_event", "U1", idle("U1"));
  ASSERT_TRUE(read_webhook(body, signature_of(body), hook_secret));
  for (const std::string& wrong :
       {std::string(), std::string("AAAA"), std::string("not base64!"), signature_of(body + " "),
        signature_of(body).substr(4), signature_of(body) + "AAAA"}) {
    const auto heard = read_webhook(body, wrong, hook_secret);
    ASSERT_FALSE(heard) << wrong;
    const auto line = heard.error().line_of_text();
    EXPECT_EQ(line.find(hook_secret), std::string::npos);
    EXPECT_EQ(line.find(signature_of(body)), std::string::npos);
  }
}

TEST(Webhook, RefusesWhatNanoMdmDoesNotSay) {
  for (const std::string body :
       {"", "hello", "[]", "{}", "{\"topic\":1}", "{\"topic\":\"mdm.Connect\"}",
        "{\"topic\":\"mdm.Connect\",\"acknowledge_event\":{}}",
        "{\"topic\":\"mdm.Connect\",\"acknowledge_event\":{\"raw_payload\":\"%%%\"}}",
        "{\"topic\":\"mdm.Authenticate\",\"acknowledge_event\":{\"raw_payload\":\"AAAA\"}}"}) {
    const auto heard = read_webhook(body, "", "");
    ASSERT_FALSE(heard) << body;
    EXPECT_FALSE(heard.error().found.empty());
  }
}

}  // namespace
}  // namespace muster::mdm
