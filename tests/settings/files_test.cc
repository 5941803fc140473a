#include "settings/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "model/limits.h"

namespace muster::settings {
namespace {

using testing::HasSubstr;

class MailFiles : public testing::Test {
 protected:
  MailFiles() {
    std::string pattern = (std::filesystem::temp_directory_path() / "muster-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    file_ = folder_ + "/file";
  }
  ~MailFiles() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& text, mode_t mode = 0600) const {
    std::ofstream(file_, std::ios::binary) << text;
    ASSERT_EQ(chmod(file_.c_str(), mode), 0);
  }
  [[nodiscard]] Complaint about_password() const {
    const auto password = read_password(file_);
    EXPECT_FALSE(password.has_value());
    return password ? Complaint{} : password.error();
  }
  [[nodiscard]] Result<std::vector<MailTemplate>, Complaint> load_as_html() const {
    MailSettings mail;
    mail.templates.resize(1);
    mail.templates[0].text = "text";
    mail.templates[0].html_file = file_;
    return load_templates(mail);
  }
  [[nodiscard]] Complaint about_template() const {
    const auto letters = load_as_html();
    EXPECT_FALSE(letters.has_value());
    return letters ? Complaint{} : letters.error();
  }

  std::string folder_;
  std::string file_;
};

TEST_F(MailFiles, ThePasswordIsTheFirstLine) {
  for (const auto* text : {"p\u00e4ss word", "p\u00e4ss word\n", "p\u00e4ss word\r\nnote\n"}) {
    write(text);
    const auto password = read_password(file_);
    ASSERT_TRUE(password.has_value()) << password.error().line_of_text();
    EXPECT_EQ(*password, "p\u00e4ss word");
  }
}

TEST_F(MailFiles, APasswordThatOthersMayReadIsRefused) {
  for (const mode_t mode : {0640U, 0604U, 0620U}) {
    write("secret\n", mode);
    const auto said = about_password();
    EXPECT_EQ(said.file, file_);
    EXPECT_EQ(said.mend, "run: chmod 600 " + file_);
    EXPECT_EQ(said.cause.code, ErrorCode::not_permitted);
    EXPECT_THAT(said.line_of_text(), testing::Not(HasSubstr("secret")));
  }
}

TEST_F(MailFiles, ACredentialOfSystemdShowsAsGroupReadable) {
  write("secret\n", 0440);
  // NOLINTBEGIN(concurrency-mt-unsafe): this test has one thread
  setenv("CREDENTIALS_DIRECTORY", folder_.c_str(), 1);
  const auto password = read_password(file_);
  unsetenv("CREDENTIALS_DIRECTORY");
  // NOLINTEND(concurrency-mt-unsafe)
  ASSERT_TRUE(password.has_value()) << password.error().line_of_text();
  EXPECT_EQ(*password, "secret");
}

TEST_F(MailFiles, WhatIsNoPasswordIsRefused) {
  const std::string long_line(limits::password_bytes_max + 1, 'a');
  for (const auto& text : {std::string(), std::string("\n"), std::string("a\tb\n"),
                           std::string("a\0b\n", 4), long_line}) {
    write(text);
    EXPECT_THAT(about_password().found, HasSubstr("holds no password"));
    EXPECT_EQ(about_password().line, 1U);
  }
}

TEST_F(MailFiles, AFileThatIsNotThereIsNamed) {
  EXPECT_THAT(about_password().found, HasSubstr("No such file"));
  EXPECT_EQ(about_password().cause.code, ErrorCode::not_found);
  EXPECT_EQ(about_template().file, file_);
  file_ = folder_;
  EXPECT_THAT(about_template().found, HasSubstr("Is a directory"));
}

TEST_F(MailFiles, ALetterComesOutOfItsFile) {
  write("\xef\xbb\xbf<p>Gr\u00fc\u00dfe</p>\r\n<p>\tend</p>\n", 0644);
  const auto letters = load_as_html();
  ASSERT_TRUE(letters.has_value()) << letters.error().line_of_text();
  EXPECT_EQ(letters->at(0).html, "<p>Gr\u00fc\u00dfe</p>\n<p>\tend</p>\n");
  EXPECT_EQ(letters->at(0).html_file, "");
  EXPECT_EQ(letters->at(0).text, "text");
}

TEST_F(MailFiles, ATextFileTakesTheTextsPlace) {
  write("Dear {full_name}\n");
  MailSettings mail;
  mail.templates.resize(2);
  mail.templates[1].text_file = file_;
  const auto letters = load_templates(mail);
  ASSERT_TRUE(letters.has_value()) << letters.error().line_of_text();
  EXPECT_EQ(letters->at(1).text, "Dear {full_name}\n");
}

TEST_F(MailFiles, WhatIsNoLetterIsRefused) {
  write("");
  EXPECT_EQ(about_template().found, "is empty");
  write("a\rb\n");
  EXPECT_EQ(about_template().found, "holds a control character");
  write(std::string(limits::template_bytes_max + 1, 'a'));
  EXPECT_EQ(about_template().found, "is larger than 128 KiB");
  write(
      "Gr\xfc\xdf"
      "e\n");
  EXPECT_THAT(about_template().found, HasSubstr("the byte 0xFC"));
}

TEST_F(MailFiles, ATextFileIsReadBeforeItsHtml) {
  MailSettings mail;
  mail.templates.resize(1);
  mail.templates[0].text_file = folder_ + "/text";
  mail.templates[0].html_file = file_;
  const auto letters = load_templates(mail);
  ASSERT_FALSE(letters.has_value());
  EXPECT_EQ(letters.error().file, folder_ + "/text");
}

}  // namespace
}  // namespace muster::settings
