#include "loadgen/apns_request.h"

#include <gtest/gtest.h>

#include <functional>

namespace muster::loadgen {
namespace {

const std::string token(64, 'a');

ApnsRequest fine() {
  ApnsRequest request;
  request.headers = {{":method", "POST"},
                     {":scheme", "https"},
                     {":path", "/3/device/" + token},
                     {":authority", "api.push.apple.com"},
                     {"apns-topic", "com.apple.mgmt.External.x"},
                     {"apns-push-type", "mdm"},
                     {"apns-id", "01234567-89ab-8def-8123-456789abcdef"},
                     {"apns-expiration", "1700000000"},
                     {"apns-priority", "10"}};
  request.body = R"({"mdm":"A-MAGIC"})";
  return request;
}

void set(ApnsRequest& request, const std::string& name, const std::string& value) {
  for (auto& [key, old] : request.headers) {
    if (key == name) {
      old = value;
      return;
    }
  }
  request.headers.emplace_back(name, value);
}

void drop(ApnsRequest& request, const std::string& name) {
  std::erase_if(request.headers, [&name](const auto& header) { return header.first == name; });
}

struct Wrong {
  Reason reason;
  std::uint16_t status;
  std::function<void(ApnsRequest&)> break_it;
};

TEST(ApnsRequestJudge, AcceptsAnMdmWakeAndKnowsItsDeviceAndId) {
  const auto verdict = judge(fine(), {});
  EXPECT_EQ(verdict.answer.status, 200);
  EXPECT_EQ(verdict.answer.body(), "");
  ASSERT_TRUE(verdict.facts.token && verdict.facts.apns_id);
  EXPECT_EQ(verdict.facts.token->front(), 0xaa);
  EXPECT_EQ(verdict.facts.apns_id->back(), 0xef);
}

TEST(ApnsRequestJudge, AnswersEveryMistakeWithApplesReason) {
  const std::vector<Wrong> wrongs{
      {Reason::bad_path, 404, [](auto& r) { set(r, ":path", "/2/device/" + token); }},
      {Reason::bad_path, 404, [](auto& r) { drop(r, ":path"); }},
      {Reason::method_not_allowed, 405, [](auto& r) { set(r, ":method", "GET"); }},
      {Reason::missing_device_token, 400, [](auto& r) { set(r, ":path", "/3/device/"); }},
      {Reason::bad_device_token, 400, [](auto& r) { set(r, ":path", "/3/device/abcd"); }},
      {Reason::bad_device_token, 400,
       [](auto& r) { set(r, ":path", "/3/device/" + std::string(64, 'x')); }},
      {Reason::duplicate_headers, 400,
       [](auto& r) { r.headers.emplace_back("apns-priority", "5"); }},
      {Reason::bad_message_id, 400, [](auto& r) { set(r, "apns-id", "not-a-uuid"); }},
      {Reason::bad_message_id, 400,
       [](auto& r) { set(r, "apns-id", "01234567-89AB-8DEF-8123-456789ABCDEF"); }},
      {Reason::invalid_push_type, 400, [](auto& r) { set(r, "apns-push-type", "wake"); }},
      {Reason::bad_expiration_date, 400, [](auto& r) { set(r, "apns-expiration", "-1"); }},
      {Reason::bad_expiration_date, 400, [](auto& r) { set(r, "apns-expiration", "soon"); }},
      {Reason::bad_priority, 400, [](auto& r) { set(r, "apns-priority", "7"); }},
      {Reason::bad_priority, 400, [](auto& r) { set(r, "apns-push-type", "background"); }},
      {Reason::bad_collapse_id, 400,
       [](auto& r) { set(r, "apns-collapse-id", std::string(65, 'c')); }},
      {Reason::missing_topic, 400, [](auto& r) { drop(r, "apns-topic"); }},
      {Reason::bad_topic, 400, [](auto& r) { set(r, "apns-topic", "spaces are wrong"); }},
      {Reason::topic_disallowed, 400, [](auto& r) { set(r, "apns-topic", "com.example.app"); }},
      {Reason::payload_empty, 400, [](auto& r) { r.body.clear(); }},
      {Reason::payload_empty, 400, [](auto& r) { r.body = "not json"; }},
      {Reason::payload_too_large, 413, [](auto& r) { r.body.assign(4097, ' '); }},
      {Reason::payload_too_large, 413, [](auto& r) { r.body_too_large = true; }},
      {Reason::invalid_push_type, 400, [](auto& r) { r.body = R"({"mdm":"x","aps":{}})"; }},
      {Reason::invalid_push_type, 400, [](auto& r) { r.body = R"({"mdm":""})"; }},
      {Reason::invalid_push_type, 400, [](auto& r) {
         set(r, "apns-push-type", "alert");
         set(r, "apns-topic", "com.example.app");
       }}};
  for (const auto& wrong : wrongs) {
    auto request = fine();
    wrong.break_it(request);
    const auto answer = judge(request, {}).answer;
    EXPECT_EQ(name_of(answer.reason), name_of(wrong.reason));
    EXPECT_EQ(answer.status, wrong.status) << name_of(wrong.reason);
    EXPECT_EQ(answer.body(), "{\"reason\":\"" + std::string(name_of(wrong.reason)) + "\"}");
  }
}

TEST(ApnsRequestJudge, AllowsOnlyTheTopicsItWasTold) {
  EXPECT_EQ(judge(fine(), {{"com.apple.mgmt.External.x"}, ""}).answer.status, 200);
  EXPECT_EQ(judge(fine(), {{"com.apple.mgmt.External.y"}, ""}).answer.reason,
            Reason::topic_disallowed);
  EXPECT_EQ(judge(fine(), {{}, "com.apple.mgmt.External.y"}).answer.reason,
            Reason::topic_disallowed);
}

TEST(ApnsRequestJudge, TakesTheCertificatesTopicWhereNoneIsSent) {
  auto request = fine();
  drop(request, "apns-topic");
  EXPECT_EQ(judge(request, {{}, "com.apple.mgmt.External.x"}).answer.status, 200);
}

TEST(ApnsRequestJudge, AcceptsAnAlertAndNotesWhatWasLeftOut) {
  auto request = fine();
  set(request, "apns-push-type", "alert");
  set(request, "apns-topic", "com.example.app");
  request.body = R"({"aps":{"alert":{"title":"a","body":"b"}}})";
  EXPECT_EQ(judge(request, {}).answer.status, 200);
  drop(request, "apns-push-type");
  drop(request, "apns-expiration");
  drop(request, "apns-id");
  const auto verdict = judge(request, {});
  EXPECT_EQ(verdict.answer.status, 200);
  EXPECT_TRUE(verdict.facts.without_push_type);
  EXPECT_TRUE(verdict.facts.without_expiration);
  EXPECT_FALSE(verdict.facts.apns_id);
}

TEST(ApnsRequestJudge, WritesTimestampsAndInventedReasons) {
  EXPECT_EQ((ApnsAnswer{410, Reason::unregistered, 1700000000123, {}}.body()),
            R"({"reason":"Unregistered","timestamp":1700000000123})");
  EXPECT_EQ((ApnsAnswer{418, Reason::unknown_answer, 0, "Tea"}.body()), R"({"reason":"Tea"})");
}

TEST(ApnsRequestJudge, KnowsTheStatusOfEveryReason) {
  EXPECT_EQ(status_of(Reason::none), 200);
  EXPECT_EQ(status_of(Reason::expired_provider_token), 403);
  EXPECT_EQ(status_of(Reason::unregistered), 410);
  EXPECT_EQ(status_of(Reason::too_many_requests), 429);
  EXPECT_EQ(status_of(Reason::internal_server_error), 500);
  EXPECT_EQ(status_of(Reason::shutdown), 503);
  EXPECT_EQ(status_of(Reason::gave_up), 500);
}

}  // namespace
}  // namespace muster::loadgen
