#include "cli/remote_import.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace muster::cli {
namespace {

using testing::HasSubstr;

class RemoteImport : public testing::Test {
 protected:
  RemoteImport() {
    std::string pattern = testing::TempDir() + "muster-import-XXXXXX";
    dir_ = ::mkdtemp(pattern.data());
  }
  ~RemoteImport() override { std::filesystem::remove_all(dir_); }

  std::string file(const std::string& name, const std::string& text) const {
    std::ofstream(dir_ + "/" + name, std::ios::binary) << text;
    return dir_ + "/" + name;
  }
  static Failure refusal(const ImportOptions& options) {
    const auto body = roster_body(options);
    EXPECT_FALSE(body);
    return body ? Failure{} : body.failure();
  }

  std::string dir_;
};

TEST_F(RemoteImport, SendsAFlatFileAsItIs) {
  const auto path = file("roster.csv", "user_id,full_name\nann,Ann Lee\n");
  const auto body = roster_body({{path}, "", false, ""});
  ASSERT_TRUE(body) << body.failure().line;
  EXPECT_EQ(body->content_type, "text/csv");
  EXPECT_EQ(body->query, "?dry_run=false&skip_bad=false");
  EXPECT_EQ(body->bytes, "user_id,full_name\nann,Ann Lee\n");
}

TEST_F(RemoteImport, SaysWhatIsWanted) {
  const auto path = file("roster.txt", "{\"user_id\":\"ann\"}\n");
  const auto body = roster_body({{path}, "ndjson", true, dir_ + "/rejects"});
  ASSERT_TRUE(body) << body.failure().line;
  EXPECT_EQ(body->content_type, "application/x-ndjson");
  EXPECT_EQ(body->query, "?dry_run=true&skip_bad=true");
}

TEST_F(RemoteImport, RefusesWhatIsNotOneSmallFlatFile) {
  const auto csv = file("roster.csv", "user_id\n");
  const auto large = file("large.csv", std::string(1024UL * 1024 + 1, 'x'));
  struct Row {
    std::vector<std::string> paths;
    std::string why;
  };
  for (const auto& row :
       {Row{{csv, csv}, "2 paths"}, Row{{"ldap://ldap.school.example/dc=example"}, "an address"},
        Row{{dir_}, "a directory"}, Row{{file("school.zip", "PK")}, "neither .csv nor .ndjson"},
        Row{{large}, "1048577 bytes"}}) {
    const auto refused = refusal({row.paths, "", false, ""});
    EXPECT_EQ(refused.kind, FailureKind::usage);
    EXPECT_THAT(refused.line, HasSubstr(row.why));
    EXPECT_THAT(refused.line, HasSubstr("on its own machine"));
  }
}

TEST_F(RemoteImport, NamesTheFileThatIsNotThere) {
  const auto refused = refusal({{dir_ + "/nowhere.csv"}, "", false, ""});
  EXPECT_EQ(refused.kind, FailureKind::cannot_start);
  EXPECT_THAT(refused.line, HasSubstr("nowhere.csv"));
}

TEST_F(RemoteImport, KeepsTheRowsThatWereLeftOut) {
  ASSERT_TRUE(keep_rejects(dir_ + "/rejects", "bad,row\n"));
  std::ifstream kept(dir_ + "/rejects");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(kept), {}), "bad,row\n");
  const auto lost = keep_rejects(dir_ + "/no/rejects", "bad,row\n");
  ASSERT_FALSE(lost);
  EXPECT_THAT(lost.failure().line, HasSubstr("/no/rejects"));
}

}  // namespace
}  // namespace muster::cli
