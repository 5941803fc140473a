#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "cli/commands.h"
#include "console/accounts.h"

namespace muster::cli {
namespace {

using testing::HasSubstr;

std::string text_of(const std::string& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

class AdminTest : public testing::Test {
 protected:
  AdminTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "muster-cli-XXXXXX";
    dir_ = ::mkdtemp(pattern.data());
    password("four words in a row\n");
  }
  ~AdminTest() override { std::filesystem::remove_all(dir_); }

  void password(const std::string& text) const { std::ofstream(dir_ + "/password") << text; }
  // `muster admin …`; what it said is in said_ and complained_.
  int run(std::vector<std::string> words) {
    words.insert(words.begin(), "admin");
    words.insert(words.end(), {"--data", dir_});
    const auto parsed = parse_arguments(words);
    EXPECT_TRUE(parsed.act) << parsed.complaint;
    EXPECT_EQ(parsed.arguments.verb, Verb::admin);
    const int out = ::open((dir_ + "/out").c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
    const int error = ::open((dir_ + "/error").c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
    Screen screen(parsed.arguments.common.json, out, error);
    const int code = command_admin(parsed.arguments, screen);
    ::close(out);
    ::close(error);
    said_ = text_of(dir_ + "/out");
    complained_ = text_of(dir_ + "/error");
    return code;
  }
  int create(const std::string& name, const std::string& role = "admin") {
    return run({"create", name, "--role", role, "--password-file", dir_ + "/password"});
  }
  std::unique_ptr<console::Accounts> accounts() {
    return std::move(*console::Accounts::open(dir_, clock_));
  }

  std::string dir_;
  SystemClock clock_;
  std::string said_;
  std::string complained_;
};

TEST_F(AdminTest, CreatesTheFirstAdministratorWhoCanLogIn) {
  EXPECT_EQ(create("Mia"), 0) << complained_;
  EXPECT_EQ(said_, "Administrator mia may log in (admin)\n");
  EXPECT_TRUE(accounts()->log_in({"mia", "four words in a row", ""}));
}

TEST_F(AdminTest, RefusesANameThatIsTakenAndAPasswordThatWillNotDo) {
  ASSERT_EQ(create("mia"), 0);
  EXPECT_EQ(create("mia"), 4);
  EXPECT_THAT(complained_, HasSubstr("already"));
  password("short\n");
  EXPECT_EQ(create("noah"), 2);
  EXPECT_THAT(complained_, HasSubstr("12 to 128"));
  EXPECT_THAT(complained_, testing::Not(HasSubstr("short\n")));
}

TEST_F(AdminTest, WantsOneLineInThePasswordFile) {
  for (const std::string text : {"", "\n", "two\nlines\n"}) {
    password(text);
    EXPECT_EQ(create("mia"), 3) << text;
    EXPECT_THAT(complained_, HasSubstr("one line"));
  }
  EXPECT_EQ(run({"create", "mia", "--password-file", dir_ + "/none"}), 3);
  EXPECT_THAT(complained_, HasSubstr("cannot be opened"));
  EXPECT_EQ(run({"create", "mia", "--password-file", dir_}), 3);
  EXPECT_THAT(complained_, HasSubstr("cannot be read"));
}

TEST_F(AdminTest, ListsWhoMayLogIn) {
  EXPECT_EQ(run({"list"}), 0);
  EXPECT_THAT(said_, HasSubstr("Nobody may log in yet"));
  ASSERT_EQ(create("mia", "send"), 0);
  EXPECT_EQ(run({"list"}), 0);
  EXPECT_THAT(said_, HasSubstr("mia"));
  EXPECT_EQ(run({"list", "--json"}), 0);
  EXPECT_THAT(said_, HasSubstr(R"({"administrators":[{"name":"mia","role":"send")"));
  EXPECT_THAT(said_, HasSubstr(R"("disabled":false)"));
}

TEST_F(AdminTest, DisablesAndEnablesForARunningServerToSee) {
  ASSERT_EQ(create("mia"), 0);
  const auto server = accounts();
  const auto session = server->log_in({"mia", "four words in a row", ""});
  ASSERT_TRUE(session);
  EXPECT_EQ(run({"disable", "mia"}), 0) << complained_;
  EXPECT_FALSE(server->check_session(session->secret));
  EXPECT_EQ(run({"enable", "mia"}), 0);
  EXPECT_TRUE(server->log_in({"mia", "four words in a row", ""}));
  EXPECT_EQ(run({"disable", "noah"}), 4);
}

TEST_F(AdminTest, SetsANewPassword) {
  ASSERT_EQ(create("mia"), 0);
  password("another four words here\n");
  EXPECT_EQ(run({"password", "mia", "--password-file", dir_ + "/password"}), 0) << complained_;
  EXPECT_TRUE(accounts()->log_in({"mia", "another four words here", ""}));
  EXPECT_EQ(run({"password", "noah", "--password-file", dir_ + "/password"}), 4);
}

TEST_F(AdminTest, PrintsATokenOnceAndAlone) {
  ASSERT_EQ(run({"token", "create", "nightly", "--scope", "send", "--expires", "30"}), 0)
      << complained_;
  const std::string secret = said_.substr(0, said_.find('\n'));
  EXPECT_EQ(said_, secret + "\n");
  EXPECT_TRUE(accounts()->check_token(secret));
  EXPECT_EQ(run({"token", "list", "--json"}), 0);
  EXPECT_THAT(said_, HasSubstr(R"("name":"nightly","scope":"send")"));
  EXPECT_THAT(said_, HasSubstr(R"("state":"valid")"));
  EXPECT_THAT(said_, testing::Not(HasSubstr(secret)));
}

TEST_F(AdminTest, RevokesATokenForARunningServerToSee) {
  ASSERT_EQ(run({"token", "create", "nightly", "--scope", "read", "--json"}), 0);
  ASSERT_THAT(said_, HasSubstr(R"({"token":"mst_)"));
  const std::string secret = said_.substr(10, 47);
  const auto server = accounts();
  ASSERT_TRUE(server->check_token(secret));
  EXPECT_EQ(run({"token", "revoke", "nightly"}), 0) << complained_;
  EXPECT_FALSE(server->check_token(secret));
  EXPECT_EQ(run({"token", "revoke", "nightly"}), 4);
  EXPECT_EQ(run({"token", "list"}), 0);
  EXPECT_THAT(said_, HasSubstr("revoked"));
}

TEST_F(AdminTest, SaysThatTheDataDirectoryIsNotThere) {
  const auto parsed = parse_arguments({"admin", "list", "--data", dir_ + "/gone"});
  const int error = ::open((dir_ + "/error").c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
  Screen screen(false, error, error);
  EXPECT_EQ(command_admin(parsed.arguments, screen), 3);
  ::close(error);
  EXPECT_THAT(text_of(dir_ + "/error"), HasSubstr("control.db"));
}

TEST(AdminArguments, AreCheckedBeforeAnythingIsOpened) {
  EXPECT_FALSE(parse_arguments({"admin"}).act);
  EXPECT_FALSE(parse_arguments({"admin", "create"}).act);
  EXPECT_FALSE(parse_arguments({"admin", "create", "mia", "--role", "root"}).act);
  EXPECT_FALSE(parse_arguments({"admin", "create", "mia", "--password", "x"}).act);
  EXPECT_FALSE(parse_arguments({"admin", "token", "create", "ci"}).act);
  EXPECT_FALSE(
      parse_arguments({"admin", "token", "create", "ci", "--scope", "read", "--expires", "0"}).act);
}

}  // namespace
}  // namespace muster::cli
