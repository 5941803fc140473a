// `muster config print`, and the two files under config/: every key documented, every default true.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "settings/nearest.h"
#include "settings/period.h"
#include "settings/read.h"

namespace muster::settings {
namespace {

using namespace std::chrono_literals;

const std::string config = std::string(MUSTER_SOURCE_DIR) + "/config/";

std::string text_of_file(const std::string& file) {
  const std::ifstream stream(file);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

// Lines that begin with '#' and a letter or bracket are examples; this makes settings of them.
std::string with_examples(const std::string& text) {
  std::istringstream lines(text);
  std::string out;
  for (std::string line; std::getline(lines, line);) {
    const bool example = line.size() > 1 && line[0] == '#' && line[1] != ' ';
    out += (example ? line.substr(1) : line) + "\n";
  }
  return out;
}

// "apns.credential[2].topic" is known as "apns.credential[].topic".
std::string without_index(std::string name) {
  if (const auto open = name.find('['); open != std::string::npos) {
    name.erase(open + 1, name.find(']') - open - 1);
  }
  return name;
}

SettingLine line_of(const std::vector<SettingLine>& lines, const std::string& name) {
  const auto found = std::find_if(lines.begin(), lines.end(),
                                  [&name](const SettingLine& line) { return line.name == name; });
  return found == lines.end() ? SettingLine{} : *found;
}

TEST(Describe, SaysValueDefaultAndOrigin) {
  Origins origins;
  const auto settings = read_settings_text(
      "[apns]\nport = 8443\nretry_after = [\"1500ms\", \"2m\"]\n"
      "[[invitation]]\nlanguage = \"en\"\ntitle = \"Say \\\"a\\\\b\\\"\"\nbody = \"a\\n\\tb\"\n",
      "m.toml", &origins);
  ASSERT_TRUE(settings.has_value());
  origins["data.dir"] = {"--data"};
  const auto lines = describe(*settings, origins);
  EXPECT_EQ(line_of(lines, "apns.port").value, "8443");
  EXPECT_EQ(line_of(lines, "apns.port").standard, "443");
  EXPECT_EQ(line_of(lines, "apns.port").origin, "m.toml:2");
  EXPECT_EQ(line_of(lines, "apns.retry_after").value, "[\"1500ms\", \"2m\"]");
  EXPECT_EQ(line_of(lines, "apns.expiration").value, "\"7d\"");
  EXPECT_EQ(line_of(lines, "apns.expiration").origin, "default");
  EXPECT_EQ(line_of(lines, "data.dir").origin, "--data");
  EXPECT_EQ(line_of(lines, "invitation[1].title").value, "\"Say \\\"a\\\\b\\\"\"");
  EXPECT_EQ(line_of(lines, "invitation[1].body").value, "\"a\\n\\tb\"");
  EXPECT_EQ(line_of(lines, "invitation[1].body").origin, "m.toml:7");
}

TEST(Describe, KnowsTheLettersAndTheirKeys) {
  Origins origins;
  const auto settings = read_settings_text(
      "[mail.relay]\nper_day = 7\n"
      "[mail.direct]\nallow_loopback = true\n"
      "[[mail.template]]\nlanguage = \"en\"\nsubject = \"Hello\"\ntext_file = \"/a.txt\"\n"
      "[[mail.dkim]]\ndomain = \"a.example\"\nselector = \"s\"\nkey_file = \"/k.pem\"\n",
      "m.toml", &origins);
  ASSERT_TRUE(settings.has_value()) << settings.error().line_of_text();
  const auto lines = describe(*settings, origins);
  EXPECT_EQ(line_of(lines, "mail.relay.per_day").value, "7");
  EXPECT_EQ(line_of(lines, "mail.template[1].text_file").value, "\"/a.txt\"");
  EXPECT_EQ(line_of(lines, "mail.template[1].html").origin, "default");
  EXPECT_EQ(line_of(lines, "mail.dkim[1].key_file").origin, "m.toml:12");
  EXPECT_EQ(line_of(lines, "mail.direct.allow_loopback").value, "true");
  EXPECT_EQ(line_of(lines, "mail.direct.allow_loopback").standard, "false");
}

TEST(ConfigFile, NamesEveryDefaultTruly) {
  Origins origins;
  const auto settings = read_settings(config + "muster.toml", &origins);
  ASSERT_TRUE(settings.has_value()) << settings.error().line_of_text();
  for (const auto& line : describe(*settings, origins)) {
    EXPECT_EQ(line.value, line.standard) << line.name;
    EXPECT_NE(line.origin, "default") << line.name << " is not in config/muster.toml";
  }
  EXPECT_TRUE(settings->apns.credentials.empty());
  EXPECT_TRUE(settings->invitations.empty());
  EXPECT_TRUE(settings->mail.templates.empty());
  EXPECT_TRUE(settings->mail.dkim.empty());
}

TEST(ConfigFile, DocumentsEveryKey) {
  Origins origins;
  const auto settings = read_settings_text(with_examples(text_of_file(config + "muster.toml")),
                                           config + "muster.toml", &origins);
  ASSERT_TRUE(settings.has_value()) << settings.error().line_of_text();
  std::vector<std::string> documented;
  for (const auto& [name, place] : origins) {
    documented.push_back(without_index(name));
  }
  for (const auto& key : known_keys()) {
    EXPECT_THAT(documented, testing::Contains(key));
  }
}

TEST(ConfigFile, RunsAgainstTheLoadGenerator) {
  const auto settings = read_settings(config + "loopback.toml");
  ASSERT_TRUE(settings.has_value()) << settings.error().line_of_text();
  EXPECT_EQ(settings->apns.host, "127.0.0.1");
  EXPECT_EQ(settings->apns.trust_file, config + "ca.pem");
  EXPECT_EQ(settings->mdm.wakes_per_second, 0U);
  EXPECT_EQ(settings->mail.relay.host, "127.0.0.1");
  ASSERT_EQ(settings->apns.credentials.size(), 1U);
  EXPECT_EQ(settings->apns.credentials[0].certificate_file, config + "client.pem");
}

TEST(Period, ReadsEveryUnit) {
  EXPECT_EQ(period_of_text("500ms"), 500ms);
  EXPECT_EQ(period_of_text("0s"), 0ms);
  EXPECT_EQ(period_of_text("2m"), 2min);
  EXPECT_EQ(period_of_text("8h"), 8h);
  EXPECT_EQ(period_of_text("7d"), 7 * 24h);
}

TEST(Period, RefusesEverythingElse) {
  for (const auto* text : {"", "7", "d", "-1s", "1.5h", "7 d", "7dd", " 7d", "99999999d",
                           "99999999999999999999999s", "+1s"}) {
    EXPECT_FALSE(period_of_text(text).has_value()) << text;
  }
}

TEST(Period, WritesTheLargestUnitThatFits) {
  EXPECT_EQ(text_of_period(0ms), "0s");
  EXPECT_EQ(text_of_period(90s), "90s");
  EXPECT_EQ(text_of_period(120s), "2m");
  EXPECT_EQ(text_of_period(24h), "1d");
  EXPECT_EQ(text_of_period(1500ms), "1500ms");
}

TEST(Nearest, CountsInsertionsOmissionsAndReplacements) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("", "port"), 4U);
  EXPECT_EQ(edit_distance("port", ""), 4U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

TEST(Nearest, FindsTheFirstOfTheNearest) {
  EXPECT_EQ(nearest("prt", {"host", "port", "part"}), "port");
  EXPECT_EQ(nearest("prt", {}), "");
}

}  // namespace
}  // namespace muster::settings
