// Rosters that come in pieces, and archives, as their senders meet them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <utility>

#include "tests/console/archive.h"
#include "tests/console/knocking.h"

namespace muster::console {
namespace {

using testing::HasSubstr;
using testing::Not;

class UploadsApi : public Knocking {
 protected:
  static constexpr const char* uploads = "/api/v1/roster/uploads";

  [[nodiscard]] Heard make(const std::string& body) const {
    return say(Scope::admin, "POST", uploads, body);
  }
  [[nodiscard]] Heard put(const std::string& id, std::uint64_t offset,
                          const std::string& piece) const {
    return say(Scope::admin, "PUT", path_of(id) + "?offset=" + std::to_string(offset), piece,
               {{"Content-Type", "application/octet-stream"}});
  }
  [[nodiscard]] static std::string path_of(const std::string& id) {
    return std::string(uploads) + "/" + id;
  }
  // The id of an upload that has all its bytes.
  [[nodiscard]] std::string upload(const std::string& name, const std::string& content) const {
    const auto made = make(R"({"files":[{"name":")" + name + R"(","bytes":)" +
                           std::to_string(content.size()) + "}]}");
    EXPECT_EQ(made.status(), 201) << made.response.body;
    EXPECT_EQ(put(made.text("id"), 0, content).status(), 200);
    return made.text("id");
  }
  [[nodiscard]] Heard import(const std::string& id, const std::string& more = {}) const {
    return say(Scope::admin, "POST", "/api/v1/roster?upload=" + id + more);
  }
  [[nodiscard]] bool nothing_left() const {
    return std::filesystem::is_empty(folder / "data/uploads");
  }
};

TEST_F(UploadsApi, ImportsWhatHasComeInPieces) {
  open_console();
  const std::string roster = "user_id,full_name\nzoe,Zoe New\n";
  const auto made =
      make(R"({"files":[{"name":"new.csv","bytes":)" + std::to_string(roster.size()) + "}]}");
  ASSERT_EQ(made.status(), 201) << made.response.body;
  const auto id = made.text("id");
  EXPECT_EQ(made.field("Location"), path_of(id));
  EXPECT_EQ(made.number("offset"), 0);
  EXPECT_EQ(made.number("piece_bytes_max"), 1024 * 1024);
  EXPECT_EQ(import(id).status(), 409) << "not whole yet";
  EXPECT_EQ(import(id).number("offset"), 0);
  EXPECT_EQ(put(id, 0, roster.substr(0, 10)).number("offset"), 10);
  EXPECT_EQ(say(Scope::admin, "GET", path_of(id)).number("offset"), 10);
  const auto wrong = put(id, 12, roster.substr(12));
  EXPECT_EQ(wrong.status(), 409);
  EXPECT_EQ(wrong.number("offset"), 10);
  EXPECT_EQ(put(id, 0, roster.substr(0, 10)).status(), 200) << "the last piece again";
  EXPECT_EQ(put(id, 10, roster.substr(10) + "x").status(), 413);
  EXPECT_EQ(put(id, 10, roster.substr(10)).status(), 200);
  const auto tried = import(id, "&dry_run=true");
  EXPECT_EQ(tried.status(), 200) << tried.response.body;
  EXPECT_EQ(get("/api/v1/users/zoe").status(), 404);
  EXPECT_EQ(import(id, "&format=csv").number("users"), 1);
  EXPECT_EQ(get("/api/v1/users/zoe").text("full_name"), "Zoe New");
  EXPECT_EQ(say(Scope::admin, "GET", path_of(id)).status(), 404) << "imported";
  EXPECT_TRUE(nothing_left());
  const auto log = say(Scope::admin, "GET", "/api/v1/audit");
  EXPECT_EQ(log.at("rows").at(0).at("action").text(), "roster.import");
}

TEST_F(UploadsApi, ImportsTheFilesOfAFolder) {
  open_console();
  const std::string members = "group_id,user_id\nall,zoe1\n";
  const std::string both = members + "user_id,full_name\nzoe1,Zoe\nzoe2,Zoe\n";
  const auto made = make(R"({"folder":true,"files":[{"name":"members.csv","bytes":)" +
                         std::to_string(members.size()) + R"(},{"name":"users.csv","bytes":)" +
                         std::to_string(both.size() - members.size()) + "}]}");
  ASSERT_EQ(made.number("bytes"), static_cast<std::int64_t>(both.size())) << made.response.body;
  const auto id = made.text("id");
  ASSERT_EQ(put(id, 0, both.substr(0, 30)).status(), 200) << "into the second file";
  ASSERT_EQ(put(id, 30, both.substr(30)).status(), 200);
  const auto done = import(id);
  EXPECT_EQ(done.status(), 200) << done.response.body;
  EXPECT_EQ(done.number("users"), 2);
  EXPECT_EQ(done.number("memberships"), 1);
}

TEST_F(UploadsApi, SaysWhatIsWrongByTheNamesOfTheSender) {
  open_console();
  const auto id = upload("new.csv", "user_id,full_name\nzoe,Zoe\n\"x\n");
  const auto bad = import(id);
  EXPECT_EQ(bad.status(), 422) << bad.response.body;
  EXPECT_THAT(bad.text("detail"), testing::StartsWith("new.csv:3:"));
  EXPECT_EQ(say(Scope::admin, "GET", path_of(id)).status(), 200) << "it stays";
  EXPECT_EQ(import(id, "&format=pigeon").status(), 400);
  const auto odd = upload("odd.csv", "user_id,full_name,shoes\nzoe,Zoe,7\nzoe,\"Z\ne\",8\n");
  const auto done = import(odd, "&skip_bad=true");
  EXPECT_EQ(done.status(), 200) << done.response.body;
  EXPECT_EQ(done.number("rejected"), 1);
  EXPECT_EQ(done.at("rejects_whole").boolean(), true);
  EXPECT_THAT(done.text("rejects"), HasSubstr("\nodd.csv,3,"));
  EXPECT_THAT(done.response.body, Not(HasSubstr(folder.path())));
}

TEST_F(UploadsApi, TellsNoMoreOfBadRowsThanItMay) {
  open_console();
  std::string rows = "user_id,full_name\n";
  while (rows.size() < 1'000'000) {
    rows += "zoe," + std::string(1000, 'z') + "\x01\n";
  }
  const auto made =
      make(R"({"files":[{"name":"a.csv","bytes":)" + std::to_string(5 * rows.size()) + "}]}");
  for (std::uint64_t at = 0; at < 5; ++at) {
    ASSERT_EQ(put(made.text("id"), at * rows.size(), rows).status(), 200);
  }
  const auto done = import(made.text("id"), "&skip_bad=true&dry_run=true");
  ASSERT_EQ(done.status(), 200) << done.response.body.substr(0, 300);
  EXPECT_EQ(done.at("rejects_whole").boolean(), false);
  const auto rejects = done.text("rejects");
  EXPECT_GT(rejects.size(), limits::rejects_bytes_max / 2);
  EXPECT_LE(rejects.size(), limits::rejects_bytes_max);
  EXPECT_TRUE(rejects.ends_with("\n"));
}

TEST_F(UploadsApi, ImportsASchoolsArchiveAsBodyAndAsUpload) {
  open_console();
  const auto zip = archive({{"students.csv",
                             "person_id,first_name,middle_name,last_name,grade_level,location_id\n"
                             "p1,Zoe,,Pupil,7,L\n"},
                            {"staff.csv", "person_id,first_name,last_name,location_id\n"},
                            {"courses.csv", "course_id,course_name,location_id\n"},
                            {"classes.csv", "class_id,course_id,location_id\n"},
                            {"rosters.csv", "roster_id,class_id,student_id\n"},
                            {"locations.csv", "location_id,location_name\nL,School\n"}});
  const http::Fields type = {{"Content-Type", "application/zip"}};
  const auto tried = say(Scope::admin, "POST", "/api/v1/roster?dry_run=true", zip, type);
  EXPECT_EQ(tried.status(), 200) << tried.response.body;
  EXPECT_EQ(tried.number("users"), 1);
  const auto done = import(upload("school.zip", zip));
  EXPECT_EQ(done.status(), 200) << done.response.body;
  EXPECT_EQ(get("/api/v1/users?query=zoe").at("rows").size(), 1U);
}

TEST_F(UploadsApi, RefusesArchivesThatNobodyShouldOpen) {
  open_console();
  const http::Fields type = {{"Content-Type", "application/zip"}};
  const auto outside = archive({{"../students.csv", "person_id\n"}});
  const auto body = say(Scope::admin, "POST", "/api/v1/roster", outside, type);
  EXPECT_EQ(body.status(), 422);
  EXPECT_THAT(body.text("detail"),
              testing::StartsWith("roster: the archive has a file that would"));
  const auto sent = import(upload("school.zip", outside));
  EXPECT_EQ(sent.status(), 422);
  EXPECT_THAT(sent.text("detail"), testing::StartsWith("school.zip: the archive has a file"));
  const auto bomb = archive({{"students.csv", "person_id\n", 2'000'000'000U}});
  EXPECT_THAT(import(upload("bomb.zip", bomb)).text("detail"), HasSubstr("hold too much"));
  const auto other = archive({{"users.csv", "user_id\nzoe\n"}});
  EXPECT_THAT(import(upload("users.zip", other)).text("detail"), HasSubstr("no school's files"));
  EXPECT_EQ(get("/api/v1/users/zoe").status(), 404);
}

TEST_F(UploadsApi, RefusesOrdersThatCannotBeMeant) {
  open_console();
  for (const auto* body :
       {"{}", R"({"files":[]})", R"({"files":{"name":"a","bytes":1}})", R"({"files":["a"]})",
        R"({"files":[{"name":"a"}]})", R"({"files":[{"name":"a","bytes":-1}]})",
        R"({"files":[{"name":"a","bytes":1,"mode":7}]})",
        R"({"files":[{"name":"../a","bytes":1}]})",
        R"({"files":[{"name":"a","bytes":1}],"folder":1})",
        R"({"files":[{"name":"a","bytes":1}],"fodler":true})"}) {
    EXPECT_EQ(make(body).status(), 400) << body;
  }
  EXPECT_EQ(make(R"({"files":[{"name":"a","bytes":1073741825}]})").status(), 413);
  EXPECT_TRUE(nothing_left());
  const auto id = make(R"({"files":[{"name":"a","bytes":2097152}]})").text("id");
  const http::Fields bytes = {{"Content-Type", "application/octet-stream"}};
  EXPECT_EQ(say(Scope::admin, "PUT", path_of(id), "a", bytes).status(), 400) << "no offset";
  EXPECT_EQ(say(Scope::admin, "PUT", path_of(id) + "?offset=x", "a", bytes).status(), 400);
  EXPECT_EQ(say(Scope::admin, "PUT", path_of(id) + "?offset=0", "{}").status(), 415);
  EXPECT_EQ(put(id, 0, std::string(1024UL * 1024 + 1, 'a')).status(), 413);
  EXPECT_EQ(put(id, 0, std::string(1024UL * 1024, 'a')).status(), 200);
  EXPECT_EQ(say(Scope::admin, "DELETE", path_of(id)).status(), 204);
  EXPECT_EQ(say(Scope::admin, "DELETE", path_of(id)).status(), 404);
  EXPECT_EQ(put(id, 0, "a").status(), 404);
  EXPECT_EQ(import(id).status(), 404);
  EXPECT_EQ(say(Scope::admin, "POST", "/api/v1/roster?upload=x", R"({"paths":[]})").status(), 400);
}

TEST_F(UploadsApi, BelongsToWhoMadeIt) {
  open_console();
  auto accounts = Accounts::open(settings.data_dir, clock);
  ASSERT_TRUE(accounts.has_value());
  const auto made = (*accounts)->create_token({"other", Scope::admin, "", {}}, {"local:test", ""});
  ASSERT_TRUE(made.has_value());
  const auto id = upload("a.csv", "user_id\nzoe\n");
  tokens[Scope::admin] = made->secret;
  EXPECT_EQ(say(Scope::admin, "GET", path_of(id)).status(), 404);
  EXPECT_EQ(import(id).status(), 404);
}

TEST_F(UploadsApi, SaysWhereThereIsNoRoomForMore) {
  ConsoleRoom room;
  room.uploads.uploads_max = 0;
  open_console(room);
  const auto refused = make(R"({"files":[{"name":"a","bytes":1}]})");
  EXPECT_EQ(refused.status(), 503);
  EXPECT_EQ(refused.field("Retry-After"), "60");
}

TEST_F(UploadsApi, SaysWhereTheDiskHasNoRoom) {
  ConsoleRoom room;
  room.uploads.bytes_max = room.uploads.bytes_max_of_all = 1UL << 60;
  open_console(room);
  EXPECT_EQ(make(R"({"files":[{"name":"a","bytes":9007199254740992}]})").status(), 507);
}

}  // namespace
}  // namespace muster::console
