#include "smtp/dkim.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "crypto/digest.h"
#include "smtp/canonical.h"
#include "tests/smtp/letters.h"

namespace muster::smtp {
namespace {

using crypto::SigningKey;
using testing::HasSubstr;

std::string canonical_body(std::string_view body) {
  Octets octets;
  add_canonical_body(octets, body);
  return std::string(as_text(octets));
}
std::string canonical_fields(std::string_view fields) {
  Octets octets;
  add_canonical_fields(octets, fields);
  return std::string(as_text(octets));
}

TEST(Canonical, AgreesWithTheExampleOfRfc6376) {  // §3.4.5
  EXPECT_EQ(canonical_fields("A: X\r\nB : Y\t\r\n\tZ  \r\n"), "a:X\r\nb:Y Z\r\n");
  EXPECT_EQ(canonical_body(" C \r\nD \t E\r\n\r\n\r\n"), " C\r\nD E\r\n");
}

TEST(Canonical, KnowsTheEdgesOfABody) {  // §3.4.4
  EXPECT_EQ(canonical_body(""), "");
  EXPECT_EQ(canonical_body("\r\n\r\n"), "");
  EXPECT_EQ(canonical_body(" \t \r\n"), "");
  EXPECT_EQ(canonical_body("a"), "a\r\n");
  EXPECT_EQ(canonical_body("a\r\n"), "a\r\n");
  EXPECT_EQ(canonical_body("\r\na\r\n \r\n\r\nb\t\r\n"), "\r\na\r\n\r\n\r\nb\r\n");
  EXPECT_EQ(canonical_body("\t a\t\tb"), " a b\r\n");
}

TEST(Canonical, KnowsTheEdgesOfAField) {  // §3.4.2
  EXPECT_EQ(canonical_fields("SUBJect:   a\r\n   b\r\n\tc  \r\nX:\r\nY: \r\n z\r\n"),
            "subject:a b c\r\nx:\r\ny:z\r\n");
  EXPECT_EQ(canonical_fields("A: b: c\r\n"), "a:b: c\r\n");
}

class DkimTest : public testing::Test {
 public:
  DkimTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "muster-XXXXXX").string();
    folder = mkdtemp(pattern.data());
  }
  ~DkimTest() override { std::filesystem::remove_all(folder); }
  DkimTest(const DkimTest&) = delete;
  DkimTest& operator=(const DkimTest&) = delete;

  [[nodiscard]] std::string file_of(const std::string& pem, const std::string& name,
                                    mode_t mode = 0600) const {
    auto file = folder + "/" + name;
    std::ofstream(file) << pem;
    EXPECT_EQ(chmod(file.c_str(), mode), 0);
    return file;
  }
  // A key for school.example, and what DNS says of it.
  void add_key(ComposerSettings& settings, SigningKey::Kind kind, unsigned bits = 2048) {
    const auto key = SigningKey::generate(kind, bits);
    const auto selector = "s" + std::to_string(settings.dkim.size());
    settings.dkim.push_back({.domain = "school.example",
                             .selector = selector,
                             .key_file = file_of(key.private_pem(), selector)});
    dns += " '" + selector + "._domainkey.school.example.=v=DKIM1; k=" +
           (kind == SigningKey::Kind::rsa ? "rsa" : "ed25519") + "; p=" + key.public_text() + "'";
  }
  [[nodiscard]] std::string verified(const Letter& letter) const {
    return judged(message_of(letter), "verify" + dns);
  }
  [[nodiscard]] std::string complaint(const DkimKey& key) const {
    auto settings = plain_settings();
    settings.dkim = {key};
    return complaint_of(settings);
  }

  std::string folder;
  std::string dns;
};

TEST_F(DkimTest, IsVerifiedByAnotherLibraryWithRsa) {
  auto settings = plain_settings();
  add_key(settings, SigningKey::Kind::rsa);
  EXPECT_EQ(verified(written(settings)), "rsa-sha256 school.example s0 1795413906 True\n");
}

TEST_F(DkimTest, IsVerifiedByAnotherLibraryWithEd25519) {
  auto settings = plain_settings();
  add_key(settings, SigningKey::Kind::ed25519);
  EXPECT_EQ(verified(written(settings)), "ed25519-sha256 school.example s0 1795413906 True\n");
}

TEST_F(DkimTest, SignsTheBodyOfALetterWithAUrlOfItsOwn) {
  auto settings = plain_settings();
  add_key(settings, SigningKey::Kind::ed25519);
  EXPECT_EQ(verified(written(settings, {.url = "https://buy.itunes.example/a?b=1"})),
            "ed25519-sha256 school.example s0 1795413906 True\n");
}

TEST_F(DkimTest, SignsWithEveryKeyWhateverTheLetterHolds) {
  auto settings = personal_settings();
  settings.unsubscribe_url = "https://school.example/no/{id}";
  settings.reply_to = "\"Büro, links\" <office@schöl.example>";
  settings.templates[0].subject = "{full_name},   set up your device";
  settings.templates[0].text += "\n   indented   and {full_name}   spaced   \n.\n\n\n";
  add_key(settings, SigningKey::Kind::rsa);
  add_key(settings, SigningKey::Kind::ed25519);
  add_key(settings, SigningKey::Kind::rsa, 4096);
  const Person person{.address = "ann@bücher.example", .name = std::string(300, 'x') + " \"ß\\"};
  EXPECT_EQ(verified(written(settings, person)),
            "rsa-sha256 school.example s0 1795413906 True\n"
            "ed25519-sha256 school.example s1 1795413906 True\n"
            "rsa-sha256 school.example s2 1795413906 True\n");
}

TEST_F(DkimTest, IsNoLongerVerifiedOnceTheLetterIsChanged) {
  auto settings = personal_settings();
  add_key(settings, SigningKey::Kind::ed25519);
  const auto letter = written(settings);
  auto message = message_of(letter);
  message.replace(message.find("Hello"), 5, "Hallo");
  EXPECT_THAT(judged(message, "verify" + dns), HasSubstr("False"));
  auto second_from = message_of(letter);
  second_from.insert(second_from.find("From: "), "From: Eve <eve@evil.example>\r\n");
  EXPECT_THAT(judged(second_from, "verify" + dns), HasSubstr("False"));
}

TEST_F(DkimTest, SignsEveryFieldAndFromTwice) {
  auto settings = plain_settings();
  settings.reply_to = "office@school.example";
  settings.unsubscribe_url = "https://school.example/no/{id}";
  add_key(settings, SigningKey::Kind::ed25519);
  const auto value = field_of(written(settings), "DKIM-Signature");
  EXPECT_THAT(value, HasSubstr(" h=from:reply-to:to:subject:date:message-id:list-unsubscribe:"
                               "  list-unsubscribe-post:mime-version:auto-submitted:"
                               "content-language:  content-type:content-transfer-encoding:from;"));
  EXPECT_THAT(value, HasSubstr("v=1; a=ed25519-sha256; c=relaxed/relaxed; d=school.example; s=s0; "
                               "t=1795413906; h="));
}

// Appendix A: Ed25519 is deterministic, so the signature itself must come out.
TEST_F(DkimTest, ReproducesTheSignatureOfRfc8463) {
  const auto key =
      SigningKey::read(file_of("-----BEGIN PRIVATE KEY-----\n"
                               "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
                               "-----END PRIVATE KEY-----\n",
                               "rfc8463"));
  ASSERT_TRUE(key.has_value()) << key.error().line_of_text();
  EXPECT_EQ(key->public_text(), "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
  Octets room;
  const auto hash =
      body_hash("Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n", room);
  EXPECT_EQ(std::string(hash.begin(), hash.end()), "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=");
  Octets canonical;
  add_canonical_fields(canonical,
                       "From: Joe SixPack <joe@football.example.com>\r\n"
                       "To: Suzie Q <suzie@shopping.example.net>\r\n"
                       "Subject: Is dinner ready?\r\n"
                       "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"
                       "Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n");
  add_canonical_field(canonical,
                      "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"
                      " d=football.example.com; i=@football.example.com;\r\n"
                      " q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"
                      " subject : date : message-id : from : subject : date;\r\n"
                      " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
                      " b=");
  std::array<Byte, 64> signature{};
  key->sign(crypto::sha256(canonical), signature);
  EXPECT_EQ(crypto::base64(signature),
            "/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus"
            "Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==");
}

TEST_F(DkimTest, SaysWhetherSigningIsSlow) {
  auto settings = plain_settings();
  EXPECT_FALSE((*Composer::make(settings))->slow());
  add_key(settings, SigningKey::Kind::ed25519);
  EXPECT_FALSE((*Composer::make(settings))->slow());
  add_key(settings, SigningKey::Kind::rsa);
  EXPECT_TRUE((*Composer::make(settings))->slow());
}

TEST_F(DkimTest, ComplainsOfItsSettings) {
  const auto file = file_of(SigningKey::generate(SigningKey::Kind::ed25519).private_pem(), "key");
  EXPECT_EQ(
      complaint({.domain = "", .selector = "s", .key_file = file}),
      "the DKIM domain '' has no domain; expected the domain whose DNS holds the key, such as "
      "school.example");
  EXPECT_EQ(complaint({.domain = "school.example", .selector = "s;x", .key_file = file}),
            "the DKIM selector 's;x' is no name in DNS; expected the name in front of "
            "._domainkey in DNS, such as muster1");
  const auto open = file_of("", "open", 0644);
  EXPECT_EQ(complaint({.domain = "school.example", .selector = "s", .key_file = open}),
            open +
                ": this private key can be read by others than its owner; expected a file that "
                "only its owner may read; run: chmod 600 " +
                open);
  auto settings = plain_settings();
  settings.dkim.resize(9);
  EXPECT_EQ(complaint_of(settings), "there are 9 DKIM keys; expected at most 8");
}

}  // namespace
}  // namespace muster::smtp
