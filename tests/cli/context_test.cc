#include "cli/context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace muster::cli {
namespace {

using testing::HasSubstr;

class Context : public testing::Test {
 protected:
  Context() {
    std::string name = (std::filesystem::temp_directory_path() / "muster_context_XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  ~Context() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  [[nodiscard]] std::string file(const char* name, const char* text) const {
    const std::string path = (folder_ / name).string();
    std::ofstream(path) << text;
    return path;
  }
  std::filesystem::path folder_;
};

TEST_F(Context, SettingsComeFromTheOptionThenTheEnvironmentThenTheSystem) {
  const std::string system = file("muster.toml", "");
  EXPECT_EQ(settings_file("a.toml", "b.toml", system), "a.toml");
  EXPECT_EQ(settings_file("", "b.toml", system), "b.toml");
  EXPECT_EQ(settings_file("", "", system), system);
  EXPECT_EQ(settings_file("", nullptr, system), system);
  EXPECT_EQ(settings_file("", nullptr, (folder_ / "none").string()), "");
}

TEST_F(Context, ADataDirectoryOnTheCommandLineReplacesTheOneInTheFile) {
  const std::string settings = file("muster.toml", "[data]\ndir = \"/somewhere\"\n");
  const auto read = load_settings(
      {.config = settings, .data = "", .server = "", .token_file = "", .json = false});
  ASSERT_TRUE(read) << read.failure().line;
  EXPECT_EQ(read->settings.data_dir, "/somewhere");
  const auto replaced = load_settings(
      {.config = settings, .data = "/d", .server = "", .token_file = "", .json = false});
  ASSERT_TRUE(replaced);
  EXPECT_EQ(replaced->settings.data_dir, "/d");
  EXPECT_EQ(replaced->origins.at("data.dir").file, "--data");
}

TEST_F(Context, SettingsThatCannotBeReadKeepACommandFromStarting) {
  const auto read = load_settings({.config = (folder_ / "none.toml").string(),
                                   .data = "",
                                   .server = "",
                                   .token_file = "",
                                   .json = false});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.failure().kind, FailureKind::cannot_start);
  EXPECT_THAT(read.failure().line, HasSubstr("none.toml"));
}

}  // namespace
}  // namespace muster::cli
