// Managed Distribution at the dispatcher's door: content tokens, audiences with Managed Apple
// Accounts, and what answers devices. Apple's side is nobody: a port that refuses.
#include <gmock/gmock.h>

#include <functional>
#include <thread>

#include "crypto/digest.h"
#include "crypto/hmac.h"
#include "http/client.h"
#include "registrar/progress.h"
#include "service/wording.h"
#include "store/registration_store.h"
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

// Her device is none of the task's, and is not pushed by a second send all the same.
TEST_F(ServiceManaged, InvitesNobodyTwiceWhoHasAnAccount) {
  const auto dispatcher = open_with_account();
  ASSERT_TRUE(dispatcher->install_content_token("default", good_token(), "token"));
  const auto preview = dispatcher->preview(group("all"));
  ASSERT_TRUE(preview);
  ASSERT_TRUE(dispatcher->send(*preview));
  const auto after = dispatcher->preview(group("all"));
  ASSERT_TRUE(after);
  EXPECT_EQ(after->users_not_invited, 0U);
  EXPECT_EQ(after->invitations, 0U);
}

// Ann is of a location whose token another MDM server holds, Bob of one that is fine.
class ServiceStoppedLocation : public ServiceManaged {
 protected:
  std::unique_ptr<Dispatcher> open_with_stopped() {
    write("users.csv", "user_id,full_name,location\nann,Ann Lee,north\nbob,Bob Ray,\n");
    write("groups.csv", "group_id,name\nall,All of the school\n");
    write("members.csv", "group_id,user_id\nall,ann\nall,bob\n");
    write("devices.csv", "device_id,name,user_id,topic,push_token,push_magic\n" +
                             device("d1", "ann", mdm_topic, "1") +
                             device("d2", "bob", mdm_topic, "2"));
    {
      const auto dispatcher = open();
      EXPECT_TRUE(dispatcher->import_roster({{folder / "school"}, "", false, ""}, nullptr));
      EXPECT_TRUE(dispatcher->install_content_token("default", good_token(), "token"));
      EXPECT_TRUE(dispatcher->install_content_token("north", good_token(), "token"));
    }
    auto store = store::RegistrationStore::open(settings.data_dir, store::OpenMode::write);
    EXPECT_TRUE(store);
    EXPECT_TRUE(store->begin());
    const auto rows = store->locations();
    EXPECT_TRUE(rows);
    for (auto row : *rows) {
      if (row.id == "north") {
        row.standing = static_cast<std::uint8_t>(registrar::Hold::foreign);
        row.standing_text = "another MDM server, 'Other MDM', holds this content token";
        EXPECT_TRUE(store->put_location(row));
      }
    }
    EXPECT_TRUE(store->commit());
    return open();
  }
  static Invitation row_of(Dispatcher& dispatcher, const std::string& task, std::uint32_t number) {
    const auto rows = dispatcher.invitations(task, number, 1);
    EXPECT_TRUE(rows && rows->rows.size() == 1);
    return rows && rows->rows.size() == 1 ? rows->rows.front() : Invitation{};
  }
  static void wait_for(const std::function<bool()>& done) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!done() && std::chrono::steady_clock::now() < until) {
      std::this_thread::yield();
    }
    EXPECT_TRUE(done());
  }
};

TEST_F(ServiceStoppedLocation, IsSaidBeforeASendAndWhoseTokenItIs) {
  const auto dispatcher = open_with_stopped();
  const auto preview = dispatcher->preview(group("all"));
  ASSERT_TRUE(preview);
  EXPECT_THAT(preview->warnings, testing::Contains(testing::AllOf(
                                     HasSubstr("1 of the users"), HasSubstr("location north"),
                                     HasSubstr("Example School"), HasSubstr("'Other MDM'"))));
  const auto reader = open(Access::read);
  const auto same = reader->preview(group("all"));
  ASSERT_TRUE(same);
  EXPECT_EQ(same->warnings, preview->warnings);
  const auto bob = dispatcher->preview(user("bob"));
  ASSERT_TRUE(bob);
  EXPECT_THAT(bob->warnings, Not(testing::Contains(HasSubstr("north"))));
}

TEST_F(ServiceStoppedLocation, StopsASendThatWouldReachNobodyElse) {
  const auto dispatcher = open_with_stopped();
  const auto preview = dispatcher->preview(user("ann"));
  ASSERT_TRUE(preview);
  EXPECT_THAT(refusal(dispatcher->send(*preview), FailureKind::refused), HasSubstr("'Other MDM'"));
}

TEST_F(ServiceStoppedLocation, EndsItsUsersAtOnceUntilItIsMended) {
  const auto dispatcher = open_with_stopped();
  const auto preview = dispatcher->preview(group("all"));
  ASSERT_TRUE(preview);
  const auto task = dispatcher->send(*preview);
  ASSERT_TRUE(task) << task.failure().line;
  wait_for([&] { return row_of(*dispatcher, *task, 0).state == "failed"; });
  EXPECT_EQ(row_of(*dispatcher, *task, 0).reason, "ContentTokenForeign");
  EXPECT_EQ(row_of(*dispatcher, *task, 1).state, "registering");
  ASSERT_TRUE(dispatcher->take_over_content_token("north"));
  const auto again = dispatcher->retry(*task);
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, 1U);
  wait_for([&] { return row_of(*dispatcher, *task, 0).state == "registering"; });
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

TEST_F(ServiceManaged, HearsNanoMdmInsteadOfItsDevices) {
  settings.mdm.mode = "nanomdm";
  settings.mdm.nanomdm_key_file = folder / "key";
  settings.mdm.nanomdm_secret_file = folder / "secret";
  for (const auto& file : {settings.mdm.nanomdm_key_file, settings.mdm.nanomdm_secret_file}) {
    std::ofstream(file) << "hush\n";
    std::filesystem::permissions(file, std::filesystem::perms::owner_read);
  }
  const auto dispatcher = open_with_account();
  const auto port = dispatcher->listen();
  ASSERT_TRUE(port) << port.failure().line;
  EXPECT_EQ(status_of(*port, "PUT", "/mdm/checkin"), 404);
  EXPECT_EQ(status_of(*port, "GET", "/hooks/nanomdm"), 405);
  EXPECT_EQ(status_of(*port, "POST", "/hooks/nanomdm"), 401) << "it is not signed";
  const std::string event = R"({"topic":"mdm.GetToken"})";
  const auto signature = crypto::base64(crypto::hmac_sha256(as_bytes("hush"), as_bytes(event)));
  auto client = http::Client::open({});
  ASSERT_TRUE(client);
  http::Request request;
  request.method = "POST";
  request.url = "http://127.0.0.1:" + std::to_string(*port) + "/hooks/nanomdm";
  request.fields = {{"X-Hmac-Signature", signature}};
  request.body = event;
  const auto answers = (*client)->exchange({&request, 1});
  ASSERT_TRUE(answers.front());
  EXPECT_EQ(answers.front()->status, 200);
  request.body = "no JSON";
  request.fields = {{"X-Hmac-Signature", crypto::base64(crypto::hmac_sha256(
                                             as_bytes("hush"), as_bytes(request.body)))}};
  EXPECT_EQ((*client)->exchange({&request, 1}).front()->status, 400);
}

TEST_F(ServiceManaged, SaysWhatNanoMdmLacks) {
  settings.mdm.mode = "nanomdm";
  settings.mdm.nanomdm_key_file = folder / "none";
  EXPECT_THAT(refusal(open_with_account()->listen(), FailureKind::cannot_start), HasSubstr("none"));
  settings.data_dir = folder / "other";
  settings.server.listen = "0.0.0.0:0";
  settings.server.certificate_file = folder / "tls/server.pem";
  settings.server.key_file = folder / "tls/server.key";
  EXPECT_THAT(refusal(open_with_account()->listen(), FailureKind::cannot_start),
              HasSubstr("mdm.nanomdm_secret_file"));
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
  EXPECT_TRUE(service::is_managed(service::write_asked({selector, true, {}, {}, 0, {}})));
  EXPECT_FALSE(service::is_managed(service::write_asked({selector, false, {}, {}, 0, {}})));
  EXPECT_FALSE(service::is_managed(R"({"group":"all"})"));  // of before
  EXPECT_FALSE(service::is_managed("{"));
}

}  // namespace
}  // namespace muster
