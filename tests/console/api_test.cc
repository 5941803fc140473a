// The API as its users meet it: each subject over real HTTP, on a real dispatcher.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/console/knocking.h"

namespace muster::console {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class Api : public Knocking {
 protected:
  // A body that sends what the preview of `group` names.
  [[nodiscard]] std::string order(const std::string& group, const std::string& more = {}) const {
    const auto preview =
        say(Scope::read, "POST", "/api/v1/previews", R"({"group":")" + group + R"("})");
    EXPECT_EQ(preview.status(), 200) << preview.response.body;
    return R"({"group":")" + group + R"(","preview":")" + preview.text("id") +
           R"(","invitations":)" + std::to_string(preview.number("invitations")) + more + "}";
  }
  [[nodiscard]] std::size_t audited(const std::string& action) const {
    const auto log = say(Scope::admin, "GET", "/api/v1/audit");
    std::size_t count = 0;
    for (std::size_t i = 0; i < log.at("rows").size(); ++i) {
      count += log.at("rows").at(i).at("action").text() == action ? 1 : 0;
    }
    return count;
  }
};

TEST_F(Api, PreviewsWhatASendWouldDo) {
  open_console();
  const auto heard = say(Scope::read, "POST", "/api/v1/previews",
                         R"({"group":"all","audience":"not-enrolled","channels":"push"})");
  EXPECT_EQ(heard.status(), 200);
  EXPECT_EQ(heard.number("invitations"), 2);
  EXPECT_EQ(heard.text("target_name"), "All of the school");
  EXPECT_EQ(heard.at("selector").at("audience").text(), "not-enrolled");
}

TEST_F(Api, SaysWhomASendWouldNotReachAlsoAsAFile) {
  open_console();
  const auto rows =
      say(Scope::read, "POST", "/api/v1/previews/unreached?limit=10", R"({"group":"all"})");
  EXPECT_EQ(rows.status(), 200);
  ASSERT_EQ(rows.at("rows").size(), 1U);
  EXPECT_EQ(rows.at("rows").at(0).at("user_id").text(), "quiet");
  EXPECT_EQ(rows.at("more").boolean(), false);
  const auto file = say(Scope::read, "POST", "/api/v1/previews/unreached", R"({"group":"all"})",
                        {{"Accept", "text/csv"}});
  EXPECT_THAT(file.response.body, StartsWith("user_id,full_name,reason\nquiet,Quiet One,"));
  EXPECT_EQ(file.field("Content-Type"), "text/csv; charset=utf-8");
}

TEST_F(Api, RefusesBodiesThatAreNotWhatTheySay) {
  open_console();
  const auto status_of = [&](const std::string& body, const std::string& type) {
    return say(Scope::read, "POST", "/api/v1/previews", body, {{"Content-Type", type}}).status();
  };
  const std::string json = "application/json";
  EXPECT_EQ(status_of(R"({"group":"all"})", "application/json; charset=utf-8"), 200);
  EXPECT_EQ(status_of(R"({"group":"all"})", "text/plain"), 415);
  EXPECT_EQ(status_of(R"({"group":"all")", json), 400);
  EXPECT_EQ(status_of(R"(["group"])", json), 400);
  EXPECT_EQ(status_of("{\"group\":\"\xff\"}", json), 400);
  EXPECT_EQ(status_of(std::string(10'000, '['), json), 400);
  EXPECT_EQ(status_of(R"({"group":"all","gruop":1})", json), 400);
  EXPECT_EQ(status_of(R"({"group":7})", json), 400);
  EXPECT_EQ(status_of(R"({"group":"a\u0000b"})", json), 400);
  EXPECT_EQ(status_of(R"({"group":"all","user":"ann"})", json), 400);
  EXPECT_EQ(status_of(R"({"group":"all","audience":"everybody"})", json), 400);
  EXPECT_EQ(status_of(R"({"group":"all","channels":"pigeon"})", json), 400);
  EXPECT_EQ(status_of("{\"group\":\"" + std::string(300'000, 'x') + "\"}", json), 413);
  EXPECT_EQ(status_of("{\"group\":\"" + std::string(2'000'000, 'x') + "\"}", json), 413);
  EXPECT_EQ(status_of(R"({"group":"nobody knows"})", json), 404);
}

TEST_F(Api, RefusesParametersThatNobodyKnows) {
  open_console();
  for (const auto* query : {"?limit=0", "?limit=1001", "?limit=x", "?after=-1", "?lmit=1",
                            "?limit=1&limit=2", "?query=%ff", "?after=4294967296"}) {
    EXPECT_EQ(get(std::string("/api/v1/users") + query).status(), 400) << query;
  }
  EXPECT_EQ(get("/api/v1/tasks?state=odd").status(), 400);
}

TEST_F(Api, SendsWhatWasConfirmedAndShowsIt) {
  open_console();
  const auto sent = say(Scope::send, "POST", "/api/v1/tasks", order("all"));
  ASSERT_EQ(sent.status(), 202) << sent.response.body;
  const auto id = sent.text("id");
  EXPECT_EQ(sent.field("Location"), "/api/v1/tasks/" + id);
  EXPECT_EQ(sent.text("by"), "token:send");
  EXPECT_EQ(audited("task.send"), 1U);
  EXPECT_EQ(get("/api/v1/tasks/" + id).number("invitations"), 2);
  EXPECT_EQ(get("/api/v1/tasks").at("tasks").size(), 1U);
  EXPECT_EQ(get("/api/v1/tasks/" + id + "/progress").number("total"), 2);
  const auto rows = get("/api/v1/tasks/" + id + "/invitations?limit=1");
  ASSERT_EQ(rows.at("rows").size(), 1U);
  EXPECT_EQ(rows.at("more").boolean(), true);
  EXPECT_EQ(rows.at("rows").at(0).at("user_full_name").text(), "Ann Lee");
  EXPECT_EQ(rows.at("rows").at(0).at("invitation").integer(), 0);
  const auto rest =
      get("/api/v1/tasks/" + id + "/invitations?after=" + std::to_string(rows.number("next")));
  EXPECT_EQ(rest.at("rows").size(), 1U);
  EXPECT_EQ(rest.at("more").boolean(), false);
  const auto file =
      say(Scope::read, "GET", "/api/v1/tasks/" + id + "/invitations", {}, {{"Accept", "text/csv"}});
  EXPECT_THAT(file.response.body, StartsWith("invitation,user_id,user_full_name,"));
  EXPECT_THAT(file.response.body, HasSubstr("\n1,bob,Bob Ray,d2,"));
  EXPECT_EQ(get("/api/v1/tasks/" + id + "/invitations?state=odd").status(), 422);
  const auto one = get("/api/v1/tasks/" + id + "/invitations/1");
  EXPECT_EQ(one.at("row").at("user_id").text(), "bob");
  EXPECT_EQ(one.at("row").at("invitation").integer(), 1);
  EXPECT_GT(one.at("moments").size(), 0U);
  EXPECT_EQ(get("/api/v1/tasks/" + id + "/invitations/9").status(), 404);
  EXPECT_EQ(get("/api/v1/tasks/" + id + "/invitations/x").status(), 404);
}

TEST_F(Api, SendsNothingWhereTheAudienceHasChanged) {
  open_console();
  const auto before = order("all");
  ASSERT_EQ(say(Scope::admin, "DELETE", "/api/v1/users/bob").status(), 204);
  const auto refused = say(Scope::send, "POST", "/api/v1/tasks", before);
  EXPECT_EQ(refused.status(), 409) << refused.response.body;
  EXPECT_EQ(refused.number("count"), 1);
  EXPECT_FALSE(refused.text("preview").empty());
  EXPECT_EQ(get("/api/v1/tasks").at("tasks").size(), 0U);
  EXPECT_EQ(audited("task.send"), 0U);
}

TEST_F(Api, SendsOnceForOneKey) {
  open_console();
  const auto body = order("all");
  const http::Fields key = {{"Idempotency-Key", "once-1"}};
  const auto first = say(Scope::send, "POST", "/api/v1/tasks", body, key);
  const auto second = say(Scope::send, "POST", "/api/v1/tasks", body, key);
  EXPECT_EQ(first.status(), 202);
  EXPECT_EQ(second.status(), 202);
  EXPECT_EQ(first.text("id"), second.text("id"));
  EXPECT_EQ(get("/api/v1/tasks").at("tasks").size(), 1U);
  EXPECT_EQ(audited("task.send"), 1U);
  const auto wrong =
      say(Scope::send, "POST", "/api/v1/tasks", body, {{"Idempotency-Key", std::string(256, 'k')}});
  EXPECT_EQ(wrong.status(), 400);
}

TEST_F(Api, RefusesOrdersThatCannotBeMeant) {
  open_console();
  const auto status_of = [&](const std::string& more) {
    return say(Scope::send, "POST", "/api/v1/tasks", order("all", more)).status();
  };
  EXPECT_EQ(status_of(R"(,"undo_seconds":61)"), 400);
  EXPECT_EQ(status_of(R"(,"start_at":"tomorrow")"), 400);
  EXPECT_EQ(status_of(R"(,"start_at":"2099-01-01T00:00:00Z","undo_seconds":5)"), 400);
  EXPECT_EQ(status_of(R"(,"rate":-1)"), 400);
  EXPECT_EQ(say(Scope::send, "POST", "/api/v1/tasks", R"({"group":"all"})").status(), 400);
}

TEST_F(Api, UndoesWhatStillWaits) {
  open_console();
  const auto sent =
      say(Scope::send, "POST", "/api/v1/tasks", order("all", R"(,"undo_seconds":60)"));
  ASSERT_EQ(sent.status(), 202) << sent.response.body;
  EXPECT_NE(sent.text("starts_at"), "");
  const auto undone = say(Scope::send, "POST", "/api/v1/tasks/" + sent.text("id") + "/cancel");
  EXPECT_EQ(undone.status(), 200) << undone.response.body;
  EXPECT_EQ(undone.text("state"), "cancelled");
  EXPECT_EQ(undone.number("sent"), 0);
}

TEST_F(Api, PausesAndGoesOnAndCancels) {
  open_console();
  const auto sent = say(Scope::send, "POST", "/api/v1/tasks", order("all"));
  const auto path = "/api/v1/tasks/" + sent.text("id");
  EXPECT_EQ(say(Scope::send, "POST", path + "/pause").text("state"), "paused");
  EXPECT_EQ(say(Scope::send, "POST", path + "/resume").text("state"), "running");
  EXPECT_EQ(say(Scope::send, "POST", path + "/retry", R"({"state":"sent"})").status(), 422);
  EXPECT_EQ(say(Scope::send, "POST", path + "/retry").number("retried"), 0);
  EXPECT_EQ(say(Scope::send, "POST", path + "/cancel").text("state"), "cancelled");
  EXPECT_EQ(say(Scope::send, "POST", path + "/resume").status(), 409);
  EXPECT_EQ(audited("task.pause") + audited("task.resume") + audited("task.cancel"), 3U);
  EXPECT_EQ(say(Scope::send, "POST", "/api/v1/tasks/none/pause").status(), 404);
}

TEST_F(Api, SendsOneInvitationAgain) {
  open_console();
  const auto later = R"(,"start_at":"2099-01-01T00:00:00Z")";
  const auto sent = say(Scope::send, "POST", "/api/v1/tasks", order("art", later));
  ASSERT_EQ(sent.status(), 202) << sent.response.body;
  const auto path = "/api/v1/tasks/" + sent.text("id");
  const auto again = path + "/invitations/0/send-again";
  EXPECT_EQ(say(Scope::send, "POST", again).status(), 409) << "it waits for its time";
  // It can be pushed no more.
  write("devices.csv", "device_id,name,user_id,topic,push_token,push_magic\nd2,Bob's,bob,,,\n");
  const auto report =
      dispatcher->import_roster({{folder / "school/devices.csv"}, "", false, ""}, nullptr);
  ASSERT_TRUE(report) << report.failure().line;
  ASSERT_EQ(say(Scope::send, "POST", path + "/resume").status(), 200);
  ASSERT_TRUE(dispatcher->wait(sent.text("id"), std::chrono::seconds(60)));
  const auto before = get(path + "/invitations/0");
  ASSERT_EQ(before.at("row").at("state").text(), "unreachable");
  const auto begun = say(Scope::send, "POST", again);
  EXPECT_EQ(begun.status(), 200) << begun.response.body;
  ASSERT_TRUE(dispatcher->wait(sent.text("id"), std::chrono::seconds(60)));
  const auto after = get(path + "/invitations/0");
  EXPECT_EQ(after.at("row").at("state").text(), "unreachable");
  EXPECT_NE(after.at("row").at("apns_id").text(), before.at("row").at("apns_id").text());
  EXPECT_EQ(audited("task.send_again"), 1U);
  EXPECT_EQ(say(Scope::send, "POST", path + "/invitations/9/send-again").status(), 404);
  EXPECT_EQ(say(Scope::send, "POST", path + "/invitations/x/send-again").status(), 404);
  EXPECT_EQ(say(Scope::send, "POST", "/api/v1/tasks/none/invitations/0/send-again").status(), 404);
}

TEST_F(Api, SendsNothingAgainOfWhatWasCancelled) {
  open_console();
  const auto later = R"(,"start_at":"2099-01-01T00:00:00Z")";
  const auto sent = say(Scope::send, "POST", "/api/v1/tasks", order("art", later));
  const auto path = "/api/v1/tasks/" + sent.text("id");
  ASSERT_EQ(say(Scope::send, "POST", path + "/cancel").status(), 200);
  const auto again = say(Scope::send, "POST", path + "/invitations/0/send-again");
  EXPECT_EQ(again.status(), 409);
  EXPECT_THAT(again.text("detail"), HasSubstr("was cancelled"));
  EXPECT_EQ(say(Scope::send, "POST", path + "/invitations/9/send-again").status(), 404);
  EXPECT_EQ(audited("task.send_again"), 0U);
}

TEST_F(Api, ShowsAndEditsUsers) {
  open_console();
  const auto found = get("/api/v1/users?query=bob");
  ASSERT_EQ(found.at("rows").size(), 1U);
  EXPECT_EQ(found.at("rows").at(0).at("id").text(), "bob");
  const auto made =
      say(Scope::admin, "POST", "/api/v1/users", R"({"id":"a/b","full_name":"Slash Ed"})");
  EXPECT_EQ(made.status(), 201) << made.response.body;
  EXPECT_EQ(get("/api/v1/users/a%2Fb").text("full_name"), "Slash Ed");
  EXPECT_EQ(say(Scope::admin, "POST", "/api/v1/users", R"({"id":"a/b"})").status(), 409);
  EXPECT_EQ(say(Scope::send, "PATCH", "/api/v1/users/bob", R"({"managed_distribution":"on"})")
                .text("managed_distribution"),
            "on");
  EXPECT_EQ(say(Scope::send, "PATCH", "/api/v1/users/bob", R"({"full_name":"No"})").status(), 403);
  EXPECT_EQ(
      say(Scope::admin, "PATCH", "/api/v1/users/bob", R"({"full_name":"Bobby"})").text("full_name"),
      "Bobby");
  EXPECT_EQ(say(Scope::admin, "POST", "/api/v1/users/bob/erase").status(), 204);
  EXPECT_EQ(say(Scope::admin, "DELETE", "/api/v1/users/nobody").status(), 404);
  EXPECT_EQ(get("/api/v1/users/bob").status(), 404);
  EXPECT_EQ(audited("user.set"), 2U);
}

TEST_F(Api, ShowsAndEditsGroups) {
  open_console();
  EXPECT_EQ(get("/api/v1/groups/all").number("members"), 3);
  const auto members = get("/api/v1/groups/all/members?state=not-invited&query=bob");
  ASSERT_EQ(members.at("rows").size(), 1U);
  EXPECT_EQ(members.at("rows").at(0).at("id").text(), "bob");
  EXPECT_EQ(get("/api/v1/groups/all/members?state=enrolled").at("rows").size(), 0U);
  const auto first = get("/api/v1/groups/all/members?limit=2");
  ASSERT_EQ(first.at("rows").size(), 2U);
  const auto rest = get("/api/v1/groups/all/members?after=" + std::to_string(first.number("next")));
  EXPECT_EQ(rest.at("rows").size(), 1U);
  EXPECT_EQ(get("/api/v1/groups/none/members").status(), 404);
  EXPECT_EQ(get("/api/v1/groups/all/members?state=odd").status(), 400);
  const auto made = say(Scope::admin, "POST", "/api/v1/groups", R"({"id":"g9","name":"Nine"})");
  EXPECT_EQ(made.status(), 201) << made.response.body;
  EXPECT_EQ(say(Scope::admin, "PUT", "/api/v1/groups/g9/members/ann").status(), 204);
  EXPECT_EQ(say(Scope::admin, "PUT", "/api/v1/groups/g9/groups/art").status(), 204);
  EXPECT_EQ(get("/api/v1/groups/g9").number("members"), 3);
  EXPECT_EQ(say(Scope::admin, "PUT", "/api/v1/groups/art/groups/g9").status(), 409);
  EXPECT_EQ(say(Scope::admin, "DELETE", "/api/v1/groups/g9/groups/art").status(), 204);
  EXPECT_EQ(say(Scope::admin, "DELETE", "/api/v1/groups/g9/members/ann").status(), 204);
  EXPECT_EQ(say(Scope::send, "PATCH", "/api/v1/groups/g9", R"({"managed_distribution":"on"})")
                .text("managed_distribution"),
            "on");
  EXPECT_EQ(say(Scope::send, "PATCH", "/api/v1/groups/g9", R"({"name":"x"})").status(), 403);
  EXPECT_EQ(say(Scope::admin, "DELETE", "/api/v1/groups/g9").status(), 204);
  EXPECT_EQ(get("/api/v1/groups/g9").status(), 404);
}

TEST_F(Api, ShowsAndEditsDevices) {
  open_console();
  const auto made =
      say(Scope::admin, "POST", "/api/v1/devices", R"({"id":"d9","name":"Nine","platform":"iOS"})");
  EXPECT_EQ(made.status(), 201) << made.response.body;
  EXPECT_EQ(say(Scope::admin, "PUT", "/api/v1/devices/d9/user", R"({"user":"ann"})").status(), 204);
  EXPECT_EQ(get("/api/v1/devices/d9").text("user_full_name"), "Ann Lee");
  EXPECT_EQ(say(Scope::admin, "PUT", "/api/v1/devices/d9/user", R"({"user":""})").status(), 204);
  EXPECT_EQ(say(Scope::admin, "PUT", "/api/v1/devices/d9/user", "{}").status(), 400);
  EXPECT_EQ(say(Scope::admin, "PATCH", "/api/v1/devices/d9", R"({"name":"Ten"})").text("name"),
            "Ten");
  EXPECT_EQ(get("/api/v1/devices?query=ten").at("rows").size(), 1U);
  EXPECT_EQ(say(Scope::admin, "DELETE", "/api/v1/devices/d9").status(), 204);
  EXPECT_EQ(get("/api/v1/devices/d9").status(), 404);
}

TEST_F(Api, ImportsARosterThatIsSent) {
  open_console();
  const std::string flat =
      "user_id,full_name,group,device_id,name,topic,push_token,push_magic\n"
      "zoe,Zoe New,New,d77,Zoe's,,,\n";
  const http::Fields csv = {{"Content-Type", "text/csv"}};
  const auto tried = say(Scope::admin, "POST", "/api/v1/roster?dry_run=true", flat, csv);
  EXPECT_EQ(tried.status(), 200) << tried.response.body;
  EXPECT_EQ(tried.at("dry_run").boolean(), true);
  EXPECT_EQ(get("/api/v1/users/zoe").status(), 404);
  EXPECT_EQ(say(Scope::admin, "POST", "/api/v1/roster", flat, csv).status(), 200);
  EXPECT_EQ(get("/api/v1/users/zoe").text("full_name"), "Zoe New");
  const auto bad = say(Scope::admin, "POST", "/api/v1/roster", "user_id,full_name\n\"x\n", csv);
  EXPECT_EQ(bad.status(), 422) << bad.response.body;
  EXPECT_EQ(bad.text("detail").find(folder.path()), std::string::npos);
  EXPECT_EQ(say(Scope::admin, "POST", "/api/v1/roster", "{}").status(), 415);
  EXPECT_EQ(audited("roster.import"), 1U);
}

TEST_F(Api, MakesTokensAndRevokesThem) {
  open_console();
  const auto made = say(Scope::admin, "POST", "/api/v1/tokens",
                        R"({"name":"robot","scope":"read","expires_days":3})");
  ASSERT_EQ(made.status(), 201) << made.response.body;
  http::Request request{"GET",
                        url("/api/v1/sessions/current"),
                        {{"Authorization", "Bearer " + made.text("token")}},
                        {}};
  EXPECT_EQ(ask(request).text("how"), "token");
  const auto list = say(Scope::admin, "GET", "/api/v1/tokens");
  EXPECT_EQ(list.at("rows").size(), 4U);
  EXPECT_EQ(list.response.body.find(made.text("token")), std::string::npos);
  EXPECT_EQ(say(Scope::admin, "DELETE", "/api/v1/tokens/" + made.text("id")).status(), 204);
  EXPECT_EQ(ask(request).status(), 401);
  EXPECT_EQ(say(Scope::admin, "DELETE", "/api/v1/tokens/x").status(), 404);
  EXPECT_EQ(say(Scope::admin, "POST", "/api/v1/tokens", R"({"name":"a","scope":"all"})").status(),
            400);
  EXPECT_EQ(say(Scope::admin, "DELETE", "/api/v1/sessions/current").status(), 409);
}

TEST_F(Api, LogsInByPasswordAndOut) {
  open_console();
  {
    auto accounts = Accounts::open(settings.data_dir, clock);
    ASSERT_TRUE(accounts.has_value());
    ASSERT_TRUE(
        (*accounts)
            ->create_administrator("mia", "correct horse battery", Scope::admin, {"local:test", ""})
            .has_value());
  }
  const http::Fields type = {{"Content-Type", "application/json"}};
  const auto wrong =
      ask({"POST", url("/api/v1/sessions"), type, R"({"name":"mia","password":"guess"})"});
  EXPECT_EQ(wrong.status(), 401);
  const auto in = ask({"POST", url("/api/v1/sessions"), type,
                       R"({"name":"mia","password":"correct horse battery"})"});
  ASSERT_EQ(in.status(), 201) << in.response.body;
  const auto set = in.field("Set-Cookie");
  EXPECT_THAT(set, HasSubstr("; HttpOnly; SameSite=Strict"));
  const http::Field cookie{"Cookie", set.substr(0, set.find(';'))};
  const auto current = ask({"GET", url("/api/v1/sessions/current"), {cookie}, {}});
  EXPECT_EQ(current.text("name"), "mia");
  EXPECT_EQ(current.text("expires_at"), in.text("expires_at"));
  EXPECT_FALSE(in.text("expires_at").empty());
  EXPECT_EQ(get("/api/v1/sessions/current").text("expires_at"), "") << "a token has no session";
  EXPECT_EQ(ask({"DELETE", url("/api/v1/sessions/current"), {cookie}, {}}).status(), 403);
  const auto out = ask({"DELETE",
                        url("/api/v1/sessions/current"),
                        {cookie, {"X-CSRF-Token", in.text("csrf_token")}},
                        {}});
  EXPECT_EQ(out.status(), 204);
  EXPECT_EQ(ask({"GET", url("/api/v1/sessions/current"), {cookie}, {}}).status(), 401);
}

TEST_F(Api, SaysWhatTheServerIsAndDoes) {
  open_console();
  EXPECT_EQ(get("/api/v1/about").text("mdm"), "off");
  EXPECT_THAT(get("/api/v1/about").response.body, HasSubstr("\"serves\":true"));
  EXPECT_EQ(get("/api/v1/locations").status(), 200);
  EXPECT_THAT(get("/metrics").response.body, HasSubstr("muster_in_flight 0"));
  EXPECT_THAT(get("/metrics").response.body, HasSubstr("muster_commit_seconds_count 0"));
  EXPECT_EQ(get("/api/v1/metrics-sample").number("in_flight"), 0);
}

TEST_F(Api, RefusesAContentTokenThatIsNone) {
  open_console();
  const auto path = "/api/v1/locations/default/content-token";
  const auto bad = say(Scope::admin, "PUT", path, "nonsense", {{"Content-Type", "text/plain"}});
  EXPECT_EQ(bad.status(), 422) << bad.response.body;
  EXPECT_EQ(say(Scope::admin, "PUT", path, "{}").status(), 415);
  EXPECT_EQ(
      say(Scope::admin, "PUT", path, std::string(70'000, 'x'), {{"Content-Type", "text/plain"}})
          .status(),
      413);
  EXPECT_EQ(say(Scope::admin, "POST", "/api/v1/locations/moon/take-over").status(), 404);
}

}  // namespace
}  // namespace muster::console
