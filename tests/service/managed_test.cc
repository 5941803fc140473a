// Managed Distribution at the dispatcher's door: content tokens, audiences with Managed Apple
// Accounts, and what answers devices. Apple's side is nobody: a port that refuses.
#include <gmock/gmock.h>

#include "crypto/digest.h"
#include "http/client.h"
#include "service/wording.h"
#include "tests/service/house.h"

namespace muster {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class ServiceManaged : public House {
 protected:
  ServiceManaged() {
    settings.books.url = "http://127.0.0.1:" + std::to_string(nobody_.port()) + "/mdm/v2";
    settings.server.listen = "127.0.0.1:0";
    settings.mdm.mode = "builtin";
  }
  static std::string token(const std::string& until) {
    const std::string json =
        R"({"token":"c2VjcmV0LXRva2Vu","expDate":")" + until + R"(","orgName":"Example School"})";
    return crypto::base64(as_bytes(json));
  }
  static std::string good_token() { return token("2099-11-08T22:33:22-0700"); }

  // Ann has a Managed Apple Account.
  std::unique_ptr<Dispatcher> open_with_account() const {
    write("users.csv",
          "user_id,full_name,managed_apple_account\nann,Ann Lee,ann@account.school.example\n"
          "bob,Bob Ray,\n");
    write("groups.csv", "group_id,name\nall,All of the school\n");
    write("members.csv", "group_id,user_id\nall,ann\nall,bob\n");
    write("devices.csv", "device_id,name,user_id,topic,push_token,push_magic\n" +
                             device("d1", "ann", mdm_topic, "1") +
                             device("d2", "bob", mdm_topic, "2"));
    auto dispatcher = open();
    const auto report = dispatcher->import_roster({{folder / "school"}, "", false, ""}, nullptr);
    EXPECT_TRUE(report) << report.failure().line;
    return dispatcher;
  }

  static std::uint16_t status_of(std::uint16_t port, const std::string& method,
                                 const std::string& path, const std::string& type = "") {
    auto client = http::Client::open({});
    EXPECT_TRUE(client);
    http::Request request;
    request.method = method;
    request.url = "http://127.0.0.1:" + std::to_string(port) + path;
    if (!type.empty()) {
      request.fields.push_back({"Content-Type", type});
    }
    const auto answers = (*client)->exchange({&request, 1});
    EXPECT_TRUE(answers.front());
    return answers.front() ? answers.front()->status : std::uint16_t{0};
  }

 private:
  const DeafPeer nobody_{DeafPeer::Kind::closed};
};

TEST_F(ServiceManaged, InstallsATokenAndSaysWhoseItIs) {
  {
    const auto dispatcher = open();
    const auto installed = dispatcher->install_content_token("north", good_token(), "north.token");
    ASSERT_TRUE(installed) << installed.failure().line;
  }
  const auto reader = open(Access::read);
  const auto locations = reader->locations();
  ASSERT_TRUE(locations) << locations.failure().line;
  ASSERT_EQ(locations->size(), 1U);
  EXPECT_EQ(locations->front().id, "north");
  EXPECT_EQ(locations->front().organisation, "Example School");
  EXPECT_THAT(locations->front().expires_at, HasSubstr("2099-11-09"));
  EXPECT_GT(locations->front().days_left, 365);
  EXPECT_EQ(locations->front().condition, "unproved");
}

TEST_F(ServiceManaged, SaysWhichFileIsNoTokenAndNothingOfWhatItHolds) {
  const auto dispatcher = open();
  const auto line =
      refusal(dispatcher->install_content_token("default", "secret stuff", "my.token"),
              FailureKind::cannot_start);
  EXPECT_THAT(line, HasSubstr("my.token"));
  EXPECT_THAT(line, Not(HasSubstr("secret")));
}

TEST_F(ServiceManaged, RefusesATokenThatHasExpired) {
  const auto dispatcher = open();
  const auto line = refusal(
      dispatcher->install_content_token("default", token("2014-08-15T18:13:52-0700"), "old.token"),
      FailureKind::refused);
  EXPECT_THAT(line, HasSubstr("expired"));
}

TEST_F(ServiceManaged, CannotTakeOverWhatIsNotThere) {
  const auto dispatcher = open();
  EXPECT_THAT(refusal(dispatcher->take_over_content_token("south"), FailureKind::refused),
              HasSubstr("south"));
}

TEST_F(ServiceManaged, HasNoLocationsAtFirst) {
  const auto locations = open()->locations();
  ASSERT_TRUE(locations);
  EXPECT_THAT(*locations, IsEmpty());
}

TEST_F(ServiceManaged, SetsUsersWithAnAccountApartOnceThereIsAToken) {
  const auto dispatcher = open_with_account();
  const auto before = dispatcher->preview(group("all"));
  ASSERT_TRUE(before);
  EXPECT_EQ(before->accounts, 0U);
  EXPECT_EQ(before->pushes, 2U);
  ASSERT_TRUE(dispatcher->install_content_token("default", good_token(), "token"));
  const auto after = dispatcher->preview(group("all"));
  ASSERT_TRUE(after);
  EXPECT_EQ(after->accounts, 1U);
  EXPECT_EQ(after->pushes, 1U);
  EXPECT_EQ(after->users_by_device, 1U);
  EXPECT_EQ(after->invitations, 2U);
  EXPECT_NE(after->id, before->id);
  EXPECT_THAT(refusal(dispatcher->send(*before), FailureKind::refused), HasSubstr("changed"));
}

TEST_F(ServiceManaged, HoldsInvitationsUntilTheirUsersAreRegistered) {
  const auto dispatcher = open_with_account();
  ASSERT_TRUE(dispatcher->install_content_token("default", good_token(), "token"));
  const auto preview = dispatcher->preview(group("all"));
  ASSERT_TRUE(preview);
  const auto task = dispatcher->send(*preview);
  ASSERT_TRUE(task) << task.failure().line;
  // Nobody answers at Apple's: nothing is pushed, and nothing fails either.
  EXPECT_FALSE(dispatcher->wait(*task, std::chrono::milliseconds(300)));
  const auto pending = dispatcher->pending(*task, Goal::sent);
  ASSERT_TRUE(pending);
  EXPECT_EQ(*pending, 2U);
  const auto rows = dispatcher->invitations(*task, 0, 10);
  ASSERT_TRUE(rows) << rows.failure().line;
  ASSERT_EQ(rows->rows.size(), 2U);
  EXPECT_EQ(rows->rows[0].channel, "push");
  EXPECT_EQ(rows->rows[0].user_id, "bob");
  EXPECT_EQ(rows->rows[0].state, "registering");
  EXPECT_EQ(rows->rows[1].channel, "account");
  EXPECT_EQ(rows->rows[1].user_id, "ann");
  const auto shown = dispatcher->task(*task);
  ASSERT_TRUE(shown);
  EXPECT_EQ(shown->users, 2U);
  EXPECT_EQ(shown->users_enrolled, 0U);
  EXPECT_TRUE(dispatcher->cancel(*task));
}

TEST_F(ServiceManaged, GoesOnWithAManagedTaskOnlyWhereItsRegistrationsAre) {
  std::string task;
  {
    const auto dispatcher = open_with_account();
    ASSERT_TRUE(dispatcher->install_content_token("default", good_token(), "token"));
    const auto preview = dispatcher->preview(group("all"));
    ASSERT_TRUE(preview);
    const auto sent = dispatcher->send(*preview);
    ASSERT_TRUE(sent) << sent.failure().line;
    task = *sent;
  }
  for (const auto* name : {"/control.db", "/control.db-wal", "/control.db-shm"}) {
    std::filesystem::remove(settings.data_dir + name);
  }
  const auto dispatcher = open();
  EXPECT_THAT(refusal(dispatcher->resume(task), FailureKind::cannot_start),
              HasSubstr("control.db is not there"));
}

TEST_F(ServiceManaged, AnswersOnItsRoutesAlone) {
  const auto dispatcher = open_with_account();
  const auto port = dispatcher->listen();
  ASSERT_TRUE(port) << port.failure().line;
  EXPECT_EQ(status_of(*port, "GET", "/healthz"), 200);
  EXPECT_EQ(status_of(*port, "POST", "/healthz"), 405);
  EXPECT_EQ(status_of(*port, "GET", "/elsewhere"), 404);
  EXPECT_EQ(status_of(*port, "GET", "/mdm/checkin"), 405);
  EXPECT_EQ(status_of(*port, "PUT", "/mdm/checkin", "text/plain"), 415);
  EXPECT_EQ(status_of(*port, "GET", "/hooks/books"), 405);
  EXPECT_EQ(status_of(*port, "POST", "/hooks/books"), 401);
}

TEST_F(ServiceManaged, ListensToNoDeviceWhereAnotherServerManagesThem) {
  settings.mdm.mode = "off";
  const auto dispatcher = open_with_account();
  const auto port = dispatcher->listen();
  ASSERT_TRUE(port) << port.failure().line;
  EXPECT_EQ(status_of(*port, "PUT", "/mdm/checkin"), 404);
}

TEST_F(ServiceManaged, ListensToOthersOnlyWithACertificateAndAnAuthorityOfDevices) {
  settings.server.listen = "0.0.0.0:0";
  const auto dispatcher = open_with_account();
  EXPECT_THAT(refusal(dispatcher->listen(), FailureKind::cannot_start),
              HasSubstr("server.certificate_file"));
  settings.server.certificate_file = folder / "tls/server.pem";
  settings.server.key_file = folder / "tls/server.key";
  settings.data_dir = folder / "other";
  EXPECT_THAT(refusal(open_with_account()->listen(), FailureKind::cannot_start),
              HasSubstr("mdm.device_trust_file"));
}

TEST_F(ServiceManaged, SaysWhereItCannotListen) {
  const DeafPeer taken(DeafPeer::Kind::silent);
  settings.server.listen = "127.0.0.1:" + std::to_string(taken.port());
  EXPECT_THAT(refusal(open_with_account()->listen(), FailureKind::cannot_start),
              HasSubstr(std::to_string(taken.port())));
}

TEST_F(ServiceManaged, KnowsManagedTasksByTheirSelector) {
  const Selector selector = group("all");
  EXPECT_TRUE(service::is_managed(service::write_selector(selector, true)));
  EXPECT_FALSE(service::is_managed(service::write_selector(selector, false)));
  EXPECT_FALSE(service::is_managed(R"({"group":"all"})"));  // of before
  EXPECT_FALSE(service::is_managed("{"));
}

}  // namespace
}  // namespace muster
