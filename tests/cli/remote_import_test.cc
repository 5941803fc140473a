#include "cli/remote_import.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/cli/upload_server.h"

namespace muster::cli {
namespace {

using testing::HasSubstr;

class RemoteImport : public UploadServer {
 protected:
  static Failure refusal(const ImportOptions& options) {
    const auto files = roster_files(options);
    EXPECT_FALSE(files);
    return files ? Failure{} : files.failure();
  }
  [[nodiscard]] std::string rejects() const { return dir_ + "/rejects"; }
  [[nodiscard]] std::string kept_rejects() const {
    std::ifstream kept(rejects());
    return {std::istreambuf_iterator<char>(kept), {}};
  }
};

TEST_F(RemoteImport, SendsOneFileUnderItsOwnName) {
  const auto path = file("Grade 7.txt", "user_id\nann\n");
  const auto files = roster_files({{path}, "csv", false, ""});
  ASSERT_TRUE(files) << files.failure().line;
  ASSERT_EQ(files->files.size(), 1U);
  EXPECT_EQ(files->files[0].name, "Grade 7.txt");
  EXPECT_EQ(files->files[0].path, path);
  EXPECT_EQ(files->bytes, 12U);
  EXPECT_FALSE(files->folder);
}

TEST_F(RemoteImport, SendsTheCsvFilesOfAFolder) {
  (void)file("students.csv", "abc");
  (void)file("staff.csv", "");
  (void)file("notes.txt", "no");
  (void)file(".hidden.csv", "no");
  const auto files = roster_files({{dir_ + "/"}, "", false, ""});
  ASSERT_TRUE(files) << files.failure().line;
  EXPECT_TRUE(files->folder);
  EXPECT_EQ(files->bytes, 3U);
  ASSERT_EQ(files->files.size(), 2U);
  EXPECT_EQ(files->files[0].name, "staff.csv");
  EXPECT_EQ(files->files[1].name, "students.csv");
}

TEST_F(RemoteImport, SendsSeveralFilesEachByItself) {
  const auto files =
      roster_files({{file("users.csv", "ab"), file("more.csv", "c")}, "", false, ""});
  ASSERT_TRUE(files) << files.failure().line;
  EXPECT_FALSE(files->folder);
  EXPECT_EQ(files->bytes, 3U);
}

TEST_F(RemoteImport, RefusesWhatIsNoFile) {
  const auto csv = file("roster.csv", "user_id\n");
  std::filesystem::create_directory(dir_ + "/blank");
  std::filesystem::create_directory(dir_ + "/odd");
  std::filesystem::create_directory(dir_ + "/odd/users.csv");
  struct Row {
    std::vector<std::string> paths;
    std::string why;
  };
  for (const auto& row :
       {Row{{"ldap://ldap.school.example/dc=example"}, "an address"},
        Row{{csv, dir_}, "a folder among others"}, Row{{dir_ + "/blank"}, "has no CSV files"},
        Row{{dir_ + "/odd"}, "users.csv is no file"}, Row{{"/dev/null"}, "/dev/null is no file"}}) {
    const auto refused = refusal({row.paths, "", false, ""});
    EXPECT_EQ(refused.kind, FailureKind::usage) << row.why;
    EXPECT_THAT(refused.line, HasSubstr(row.why));
    EXPECT_THAT(refused.line, HasSubstr("on its own machine"));
  }
  const auto nowhere = refusal({{dir_ + "/nowhere.csv"}, "", false, ""});
  EXPECT_EQ(nowhere.kind, FailureKind::cannot_start);
  EXPECT_THAT(nowhere.line, HasSubstr("nowhere.csv: No such file"));
}

TEST_F(RemoteImport, SaysWhatIsWantedAndTellsWhatTheServerSays) {
  serve();
  answer_to_import_ = R"({"users":3,"rejected":1,"rejects":"bad,row\n","rejects_whole":true})";
  const auto report =
      import_elsewhere(*link_, {{file("roster.txt", "{}\n")}, "ndjson", false, rejects()}, nullptr);
  ASSERT_TRUE(report) << report.failure().line;
  EXPECT_EQ(report->users, 3U);
  EXPECT_TRUE(report->warnings.empty());
  EXPECT_EQ(kept_rejects(), "bad,row\n");
  EXPECT_EQ(imported_, "upload=u1&dry_run=false&skip_bad=true&format=ndjson");
  EXPECT_EQ(bytes_kept(), "{}\n");
}

TEST_F(RemoteImport, SaysThatNotAllRejectsAreTold) {
  serve();
  answer_to_import_ = R"({"rejected":9,"rejects":"bad,row\n","rejects_whole":false})";
  const auto report =
      import_elsewhere(*link_, {{file("a.csv", "a\n")}, "", true, rejects()}, nullptr);
  ASSERT_TRUE(report) << report.failure().line;
  ASSERT_EQ(report->warnings.size(), 1U);
  EXPECT_THAT(report->warnings[0], HasSubstr("the first rows"));
  EXPECT_EQ(imported_, "upload=u1&dry_run=true&skip_bad=true");
  EXPECT_TRUE(removed_) << "a dry run leaves nothing at the server";
}

TEST_F(RemoteImport, LeavesNothingOfWhatTheServerRefused) {
  serve();
  status_of_import_ = 422;
  answer_to_import_ = R"({"detail":"a.csv:1:1: odd","kind":"cannot_start"})";
  const auto report = import_elsewhere(*link_, {{file("a.csv", "a\n")}, "", false, ""}, nullptr);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.failure().line, "a.csv:1:1: odd");
  EXPECT_EQ(report.failure().kind, FailureKind::cannot_start);
  EXPECT_TRUE(removed_);
}

TEST_F(RemoteImport, AsksNobodyForWhatIsNotThere) {
  serve();
  const auto report = import_elsewhere(*link_, {{dir_ + "/none.csv"}, "", false, ""}, nullptr);
  EXPECT_FALSE(report);
  EXPECT_EQ(requests_, 0U);
}

TEST_F(RemoteImport, KeepsTheRowsThatWereLeftOut) {
  ASSERT_TRUE(keep_rejects(rejects(), "bad,row\n"));
  EXPECT_EQ(kept_rejects(), "bad,row\n");
  const auto lost = keep_rejects(dir_ + "/no/rejects", "bad,row\n");
  ASSERT_FALSE(lost);
  EXPECT_THAT(lost.failure().line, HasSubstr("/no/rejects"));
  serve();
  answer_to_import_ = R"({"rejects":"bad,row\n"})";
  const auto report =
      import_elsewhere(*link_, {{file("a.csv", "a\n")}, "", false, dir_ + "/no/rejects"}, nullptr);
  ASSERT_FALSE(report);
  EXPECT_THAT(report.failure().line, HasSubstr("the roster was imported"));
}

}  // namespace
}  // namespace muster::cli
