// What Composer::make() refuses before the first letter, and in which words.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/limits.h"
#include "tests/smtp/letters.h"

namespace muster::smtp {
namespace {

using testing::HasSubstr;

constexpr auto address_expected =
    "; expected an address such as it@school.example or Example School <it@school.example>";

ComposerSettings with_template(const std::function<void(Template&)>& change) {
  auto settings = plain_settings();
  change(settings.templates[0]);
  return settings;
}

TEST(ComposerComplains, OfFrom) {
  auto settings = plain_settings();
  settings.from = "";
  EXPECT_EQ(complaint_of(settings), std::string("from is empty") + address_expected);
  settings.from = "Example School";
  EXPECT_EQ(complaint_of(settings), std::string("from has no @") + address_expected);
  settings.from = "School it@school.example>";
  EXPECT_EQ(complaint_of(settings), std::string("from has a '>' without a '<'") + address_expected);
  settings.from = "School\r\nBcc: x <it@school.example>";
  EXPECT_EQ(complaint_of(settings),
            std::string("from holds the control character U+000D") + address_expected);
}

TEST(ComposerComplains, OfReplyTo) {
  auto settings = plain_settings();
  settings.reply_to = "office@";
  EXPECT_EQ(complaint_of(settings), std::string("reply_to has no domain") + address_expected);
}

TEST(ComposerComplains, OfTheEnvelopesSender) {
  auto settings = plain_settings();
  settings.envelope_from = "bounce";
  EXPECT_EQ(complaint_of(settings),
            "envelope_from 'bounce' has no @; expected an address such as "
            "bounce+{id}@school.example");
  settings.envelope_from = "bounce+{user}@school.example";
  EXPECT_EQ(complaint_of(settings),
            "envelope_from has the unknown placeholder {user}; expected {id}; correct it, or write "
            "{{ and }} for braces");
  settings.envelope_from = "bounces-of-the-whole-school-x+{id}@school.example";
  EXPECT_EQ(
      complaint_of(settings),
      "envelope_from 'bounces-of-the-whole-school-x+{id}@school.example' has 66 bytes in front "
      "of the @; at most 64 are allowed, with an id of 36 letters; expected an address such "
      "as bounce+{id}@school.example");
  settings.envelope_from = "bounce@{id}.school.example";
  EXPECT_EQ(complaint_of(settings),
            "envelope_from 'bounce@{id}.school.example' has '{' in its domain; expected an address "
            "such as bounce+{id}@school.example");
}

TEST(ComposerComplains, OfTheUnsubscribeUrl) {
  auto settings = plain_settings();
  settings.unsubscribe_url = "http://school.example/{id}";
  EXPECT_EQ(complaint_of(settings),
            "unsubscribe_url is 'http://school.example/{id}'; expected an address that begins with "
            "https://, as one-click unsubscribing demands");
  settings.unsubscribe_url = "https://school.example/{email}";
  EXPECT_EQ(complaint_of(settings),
            "unsubscribe_url has the unknown placeholder {email}; expected {id}; correct it, or "
            "write {{ and }} for braces");
  settings.unsubscribe_url = "https://school.example/a b";
  EXPECT_THAT(complaint_of(settings),
              HasSubstr("unsubscribe_url holds a character that no address may hold"));
}

TEST(ComposerComplains, OfTheNumberOfTemplates) {
  auto settings = plain_settings();
  settings.templates.clear();
  EXPECT_EQ(complaint_of(settings), "there are 0 mail templates; expected 1 to 64");
  settings.templates.resize(65);
  EXPECT_EQ(complaint_of(settings), "there are 65 mail templates; expected 1 to 64");
}

TEST(ComposerComplains, OfALanguage) {
  EXPECT_EQ(complaint_of(with_template([](auto& one) { one.language = "en\r\nX: y"; })),
            "a mail template has the language 'en  X: y'; expected a language tag such as en or "
            "pt-BR");
  EXPECT_EQ(complaint_of(with_template([](auto& one) { one.language = ""; })),
            "a mail template has the language ''; expected a language tag such as en or pt-BR");
}

TEST(ComposerComplains, OfEmptyTexts) {
  EXPECT_EQ(complaint_of(with_template([](auto& one) { one.subject = " "; })),
            "the subject of the mail template 'en' is empty; expected a subject");
  EXPECT_EQ(complaint_of(with_template([](auto& one) { one.text = "\n"; })),
            "the text of the mail template 'en' is empty; expected a text");
  EXPECT_EQ(complaint_of(with_template([](auto& one) { one.url = ""; })),
            "the url of the mail template 'en' is ''; expected an address that begins with "
            "https://");
}

TEST(ComposerComplains, OfPlaceholders) {
  const std::string known =
      "; expected {full_name}, {email} or {url}; correct it, or write {{ and }} for braces";
  EXPECT_EQ(complaint_of(with_template([](auto& one) { one.subject = "Hi {name}"; })),
            "the subject of the mail template 'en' has the unknown placeholder {name}" + known);
  EXPECT_EQ(complaint_of(with_template([](auto& one) { one.text = "Hi {full_name, {url}"; })),
            "the text of the mail template 'en' has a placeholder that is not closed: "
            "{full_name, {url}" +
                known);
  EXPECT_EQ(complaint_of(with_template([](auto& one) { one.html = "a{b:c}"; })),
            "the html of the mail template 'en' has the unknown placeholder {b:c}" + known);
  EXPECT_EQ(complaint_of(with_template([](auto& one) { one.html = "a } b"; })),
            "the html of the mail template 'en' has a '}' that closes no placeholder: } b" + known);
  EXPECT_EQ(complaint_of(with_template([](auto& one) { one.text = "{unsubscribe_url}"; })),
            "the text of the mail template 'en' has the unknown placeholder {unsubscribe_url}; "
            "expected {full_name}, {email} or {url}; set unsubscribe_url");
  EXPECT_EQ(complaint_of(with_template([](auto& one) { one.url = "https://a.example/{url}"; })),
            "the url of the mail template 'en' has the unknown placeholder {url}; expected "
            "{full_name} or {email}; correct it, or write {{ and }} for braces");
}

TEST(ComposerComplains, OfAUrl) {
  EXPECT_EQ(
      complaint_of(with_template([](auto& one) { one.url = "school.example"; })),
      "the url of the mail template 'en' is 'school.example'; expected an address that begins "
      "with https://");
  EXPECT_EQ(
      complaint_of(with_template([](auto& one) { one.url = "https://schöl.example/"; })),
      "the url of the mail template 'en' holds a character that no address may hold; expected "
      "an address that begins with https://; write it percent-encoded, and the domain in its "
      "xn-- form");
  EXPECT_EQ(complaint_of(with_template(
                [](auto& one) { one.url = "https://a.example/" + std::string(900, 'x'); })),
            "the url of the mail template 'en' has 918 bytes; expected at most 900");
}

TEST(ComposerComplains, OfControlsInTexts) {
  EXPECT_EQ(complaint_of(with_template([](auto& one) { one.subject = "a\nb"; })),
            "the subject of the mail template 'en' holds the control character U+000A; expected "
            "text in UTF-8");
  EXPECT_EQ(complaint_of(with_template([](auto& one) { one.text = std::string("a\0b", 3); })),
            "the text of the mail template 'en' holds the control character U+0000; expected text "
            "in UTF-8");
  EXPECT_EQ(complaint_of(with_template([](auto& one) { one.html = "\xE9"; })),
            "the html of the mail template 'en' holds a byte that is not UTF-8; expected text in "
            "UTF-8");
}

TEST(ComposerComplains, OfALetterThatCouldBeTooLong) {
  const auto said = complaint_of(with_template(
      [](auto& one) { one.html = std::string(limits::letter_bytes_max - 8000, 'x'); }));
  EXPECT_THAT(said, HasSubstr("a letter of the mail template 'en' has up to "));
  EXPECT_THAT(said, HasSubstr(" bytes; expected at most 262144; shorten its text or its html"));
  // The longest name counts: for a usual one these would be a few kilobytes.
  EXPECT_NE(complaint_of(with_template([](auto& one) {
              for (int i = 0; i < 60; ++i) {
                one.text += "{full_name} {full_name}\n";
              }
            })),
            "");
}

}  // namespace
}  // namespace muster::smtp
