#include "smtp/composer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/id.h"
#include "tests/smtp/letters.h"

namespace muster::smtp {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

TEST(Composer, WritesTheWholeLetter) {
  const auto letter = written(plain_settings());
  const auto message = message_of(letter);
  EXPECT_EQ(message.substr(0, message.find("<!DOCTYPE")),
            "From: Example School <it@school.example>\r\n"
            "To: Ann Example <ann@school.example>\r\n"
            "Subject: Set up your device\r\n"
            "Date: Mon, 23 Nov 2026 06:05:06 +0000\r\n"
            "Message-ID: <a0b162e3-a4d5-86f7-8000-000000000007@school.example>\r\n"
            "MIME-Version: 1.0\r\n"
            "Auto-Submitted: auto-generated\r\n"
            "Content-Language: en\r\n"
            "Content-Type: multipart/alternative; boundary=\"=_muster\"\r\n"
            "Content-Transfer-Encoding: 7bit\r\n"
            "\r\n"
            "--=_muster\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n"
            "\r\n"
            "Hello,\r\n"
            "\r\n"
            "please sign in:\r\n"
            "\r\n"
            "https://school.example/enrol?a=3D1&b=3D2\r\n"
            "\r\n"
            "Your school\r\n"
            "--=_muster\r\n"
            "Content-Type: text/html; charset=utf-8\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n"
            "\r\n");
  EXPECT_THAT(message, EndsWith("</html>\r\n--=_muster--\r\n"));
  EXPECT_EQ(letter.sender, "it@school.example");
  EXPECT_EQ(letter.recipient, "ann@school.example");
  EXPECT_EQ(letter.id, "a0b162e3-a4d5-86f7-8000-000000000007");
  EXPECT_FALSE(letter.utf8);
}

// What Python's email reads of a letter to `name`: the name as To has it.
std::string name_read(const std::string& name) {
  auto settings = personal_settings();
  settings.templates[0].subject = "{full_name}: your device";
  const auto letter = written(settings, {.address = "ann@school.example", .name = name});
  const auto said = judged(message_of(letter), "parse");
  EXPECT_THAT(said, HasSubstr("address=ann@school.example\n"));
  EXPECT_THAT(said, HasSubstr("to=1 ann@school.example\n"));
  EXPECT_THAT(said, HasSubstr("defects=[]\n"));
  EXPECT_THAT(said, HasSubstr("fields=From To Subject Date Message-ID MIME-Version Auto-Submitted "
                              "Content-Language Content-Type Content-Transfer-Encoding\n"));
  EXPECT_THAT(said, Not(HasSubstr("long=")));
  EXPECT_THAT(said, Not(HasSubstr("bad=")));
  EXPECT_THAT(said, Not(HasSubstr("Traceback")));
  const auto begin = said.find("name=") + 5;
  auto read = said.substr(begin, said.find('\n', begin) - begin);
  EXPECT_THAT(said, HasSubstr("subject=" + read + ": your device\n"));
  EXPECT_THAT(said, HasSubstr("text/plain=Hello " + read + ",|"));
  return read;
}

TEST(Composer, WritesNamesThatAnotherLibraryReadsBack) {
  for (const std::string name :
       {"Ann Example", "O'Brien, Ann", "Ann \"Annie\" Example", "back\\slash\\",
        "(Ann) <x@y>; z:", "Zoë Müller", "田中 太郎", "Ωmega", "=?UTF-8?Q?forged?=", "a  b",
        "🙂 smile", ".dot", "From Ann", "100% & <b>bold</b>", "Ann@school.example", "سارة"}) {
    EXPECT_EQ(name_read(name), name);
  }
}

TEST(Composer, WritesLongNames) {
  const std::string solid(300, 'n');
  EXPECT_EQ(name_read(solid), solid);
  std::string blanks;
  std::string letters;
  std::string quotes;
  for (int i = 0; i < 100; ++i) {
    blanks += i == 0 ? "ab" : " ab";
    letters += "é€🙂";
    quotes += "\"\\x";
  }
  EXPECT_EQ(name_read(blanks), blanks);
  EXPECT_EQ(name_read(letters), letters);
  EXPECT_EQ(name_read(quotes), quotes);
}

TEST(Composer, TakesWhatIsHarmfulOutOfNames) {
  EXPECT_EQ(name_read("Ann\r\nBcc: eve@evil.example"), "AnnBcc: eve@evil.example");
  EXPECT_EQ(name_read(std::string("A\0nn\x7f", 5)), "Ann");
  EXPECT_EQ(name_read("Ann\u202Egnp.exe\u202C \u2066x\u2069\u200E\u200F\u061C"), "Anngnp.exe x");
  EXPECT_EQ(name_read("A\xC3nn"), "A\uFFFDnn");
  EXPECT_EQ(name_read("Ann\u0085\u2028X\uFEFF"), "AnnX");
}

TEST(Composer, AddressesWhoHasNoNameByTheAddress) {
  const auto letter = written(personal_settings(), {.address = "ann@school.example", .name = ""});
  EXPECT_EQ(field_of(letter, "To"), "ann@school.example");
  EXPECT_THAT(message_of(letter), HasSubstr("Hello ann@school.example,\r\n"));
}

TEST(Composer, EscapesValuesWhereTheyStand) {
  auto settings = plain_settings();
  settings.templates[0].url = "https://school.example/?u={email}&n={full_name}";
  settings.templates[0].text = "{full_name} {{full_name}}\n\n{url}\n";
  const auto said = judged(
      message_of(written(settings, {.address = "a+b@school.example", .name = "A&B <c> \"d\" 'e'"})),
      "parse");
  const std::string url =
      "https://school.example/?u=a%2Bb%40school.example&n=A%26B%20%3Cc%3E%20%22d%22%20%27e%27";
  EXPECT_THAT(said, HasSubstr("text/plain=A&B <c> \"d\" 'e' {full_name}||" + url + "\n"));
  auto in_html = url;
  in_html.replace(in_html.find("&n"), 1, "&amp;");
  EXPECT_THAT(said, HasSubstr("A&amp;B &lt;c&gt; &quot;d&quot; &#39;e&#39; {full_name}</p>"));
  EXPECT_THAT(said, HasSubstr("<a href=\"" + in_html + "\" style=\"display:inline-block;"));
  EXPECT_THAT(said, HasSubstr(">Sign In</a>"));
  EXPECT_THAT(said, HasSubstr(">" + in_html + "</a>"));
}

TEST(Composer, WritesTheLettersOwnUrlWhereItHasOne) {
  const std::string own = "https://buy.itunes.example/a?inviteCode=46bc01&mt=8";
  auto settings = plain_settings();
  settings.templates[0].subject = "Sign in at {url}";
  const auto letter = written(settings, {.url = own});
  const auto said = judged(message_of(letter), "parse");
  EXPECT_THAT(said, HasSubstr("please sign in:||" + own + "|"));
  EXPECT_THAT(said,
              HasSubstr("<a href=\"https://buy.itunes.example/a?inviteCode=46bc01&amp;mt=8\""));
  EXPECT_THAT(said, HasSubstr("subject=Sign in at https://school.example/enrol?a=1&b=2\n"))
      << "a subject is no place for a secret";
  const auto shared = judged(message_of(written(settings)), "parse");
  EXPECT_THAT(shared, HasSubstr("please sign in:||https://school.example/enrol?a=1&b=2|"));
  EXPECT_THAT(shared, Not(HasSubstr("inviteCode")));
}

TEST(Composer, GivesALetterWithAUrlOfItsOwnABodyOfItsOwn) {
  const auto composer = Composer::make(plain_settings());
  ASSERT_TRUE(composer);
  Letter letter;
  letter.address = "ann@school.example";
  (*composer)->compose({}, content_of_task(), letter, sent_at);
  EXPECT_FALSE(letter.body.empty()) << "shared by all";
  letter.url = "https://buy.itunes.example/a";
  (*composer)->compose({}, content_of_task(), letter, sent_at);
  EXPECT_TRUE(letter.body.empty());
  letter.url.clear();
  (*composer)->compose({}, content_of_task(), letter, sent_at);
  EXPECT_FALSE(letter.body.empty());
  EXPECT_THAT(std::string(as_text(letter.head)), Not(HasSubstr("buy.itunes")));
}

TEST(Composer, MakesHtmlInTheTemplatesLanguage) {
  auto settings = plain_settings();
  settings.templates[0].subject = "Gerät <neu>";
  settings.templates[0].language = "de-AT";
  settings.templates.push_back(settings.templates[0]);
  settings.templates[1].language = "he";
  settings.templates[1].text = "a\nb";  // no {url}: it is added to the text as well
  const auto german = judged(message_of(written(settings)), "parse");
  EXPECT_THAT(german, HasSubstr("<html lang=\"de-AT\" dir=\"ltr\">"));
  EXPECT_THAT(german, HasSubstr("<title>Gerät &lt;neu&gt;</title>"));
  EXPECT_THAT(german, HasSubstr(">Anmelden</a>"));
  const auto hebrew = written(settings, {}, 1);
  const auto said = judged(message_of(hebrew), "parse");
  EXPECT_EQ(field_of(hebrew, "Content-Language"), "he");
  EXPECT_THAT(said, HasSubstr("text/plain=a|b||https://school.example/enrol?a=1&b=2\n"));
  EXPECT_THAT(said, HasSubstr("dir=\"rtl\""));
  EXPECT_THAT(said, HasSubstr("<p style=\"margin:0 0 16px\">a<br>|b</p>"));
}

TEST(Composer, KeepsHtmlOfItsOwn) {
  auto settings = plain_settings();
  settings.templates[0].html = "<p class='x'>{full_name}: {url} {{}}</p>";
  const auto said = judged(message_of(written(settings, {"a@b.example", "<Ann>"})), "parse");
  EXPECT_THAT(said, HasSubstr("text/html=<p class='x'>&lt;Ann&gt;: "
                              "https://school.example/enrol?a=1&amp;b=2 {}</p>\n"));
}

TEST(Composer, ChoosesTheShorterEncodingForEachPart) {
  auto settings = personal_settings();
  settings.templates[0].text = "こんにちは {full_name}さん、ログインしてください。\n\n{url}";
  const auto letter = written(settings, {.address = "a@b.example", .name = "田中"});
  EXPECT_THAT(message_of(letter), HasSubstr("text/plain; charset=utf-8\r\n"
                                            "Content-Transfer-Encoding: base64\r\n"));
  EXPECT_THAT(judged(message_of(letter), "parse"),
              HasSubstr("text/plain=こんにちは 田中さん、ログインしてください。||https://"));
}

TEST(Composer, BeginsNoLineWithADotOrFrom) {
  auto settings = personal_settings();
  settings.templates[0].text = "{full_name}\n.\n..x\nFrom here\nFine\n{full_name} \n" +
                               std::string(75, 'x') + ".y\n" + std::string(75, 'x') +
                               "From y\n tail \t\n{url}";
  for (const std::string name : {".", "From", "From ", "F", "x"}) {
    const auto said = judged(message_of(written(settings, {"a@b.example", name})), "parse");
    const auto read = name == "From " ? "From" : name;
    EXPECT_THAT(said, Not(HasSubstr("bad=")));
    EXPECT_THAT(said, Not(HasSubstr("long=")));
    EXPECT_THAT(said, HasSubstr("text/plain=" + read + "|.|..x|From here|Fine|" + read + " |"));
    EXPECT_THAT(said, HasSubstr("xFrom y| tail \t|https://"));
  }
}

TEST(Composer, WritesPersonalBodiesAsItWritesSharedOnes) {
  auto shared = plain_settings();
  auto personal = personal_settings();
  const std::string name(70, 'n');
  const std::string before = "Dear = \t. {{x}} é";
  shared.templates[0].text = before + name + " \n.z\n" + name + "F\nend\n{url}";
  personal.templates[0].text = before + "{full_name} \n.z\n{full_name}F\nend\n{url}";
  for (std::size_t pad = 0; pad < 80; ++pad) {
    shared.templates[0].text.insert(0, "x");
    personal.templates[0].text.insert(0, "x");
    const Person person{.address = "a@b.example", .name = name};
    EXPECT_EQ(message_of(written(personal, person)), message_of(written(shared, person))) << pad;
  }
}

TEST(Composer, SharesABodyThatNamesNobody) {
  auto settings = plain_settings();
  settings.templates[0].subject = "For {full_name}";
  const auto composer = *Composer::make(settings);
  Letter first;
  Letter second;
  first.address = second.address = "a@b.example";
  composer->compose({}, content_of_task(), first, sent_at);
  composer->compose({}, content_of_task(), second, sent_at);
  EXPECT_FALSE(first.body.empty());
  EXPECT_EQ(first.body.data(), second.body.data());
}

TEST(Composer, WritesTheEnvelope) {
  auto settings = plain_settings();
  settings.from = "it@bücher.example";
  settings.envelope_from = "bounce+{id}@bücher.example";
  const auto letter = written(settings, {"ann@BÜCHER.example", "Ann"});
  EXPECT_EQ(letter.sender, "bounce+a0b162e3-a4d5-86f7-8000-000000000007@xn--bcher-kva.example");
  EXPECT_EQ(letter.recipient, "ann@xn--bcher-kva.example");
  EXPECT_FALSE(letter.utf8);
  EXPECT_EQ(field_of(letter, "From"), "it@xn--bcher-kva.example");
  EXPECT_EQ(field_of(letter, "Message-ID"),
            "<a0b162e3-a4d5-86f7-8000-000000000007@xn--bcher-kva.example>");
}

TEST(Composer, NeedsSmtpUtf8ForALocalPartBeyondAscii) {
  EXPECT_TRUE(written(plain_settings(), {"änn@school.example", "Ann"}).utf8);
  auto settings = plain_settings();
  settings.reply_to = "büro@school.example";
  EXPECT_TRUE(written(settings).utf8);
  settings = plain_settings();
  settings.envelope_from = "rück@school.example";
  EXPECT_TRUE(written(settings).utf8);
  EXPECT_FALSE(written(plain_settings()).utf8);
}

TEST(Composer, LetsNoAddressForgeALine) {
  const auto letter = written(plain_settings(), {"a\r\nDATA\n <x>@b\r.example", "Ann"});
  EXPECT_EQ(letter.recipient, "aDATAx@b.example");
}

TEST(Composer, OffersToUnsubscribe) {
  auto settings = plain_settings();
  settings.unsubscribe_url = "https://school.example/no?i={id}&x=1";
  settings.templates[0].text = "{url}\n\n{unsubscribe_url}";
  const auto letter = written(settings);
  const std::string url = "https://school.example/no?i=a0b162e3-a4d5-86f7-8000-000000000007&x=1";
  EXPECT_EQ(field_of(letter, "List-Unsubscribe"), "<" + url + ">");
  EXPECT_EQ(field_of(letter, "List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
  EXPECT_THAT(judged(message_of(letter), "parse"), HasSubstr("=1&b=2||" + url + "\n"));
  EXPECT_EQ(field_of(written(plain_settings()), "List-Unsubscribe"), "(none)");
}

TEST(Composer, FallsBackToTheFirstLanguage) {
  EXPECT_EQ(field_of(written(plain_settings(), {}, 9), "Content-Language"), "en");
}

TEST(Composer, AllocatesNothingOnceTheStringsHaveGrown) {
  auto settings = personal_settings();
  settings.templates[0].subject = "For {full_name}";
  settings.envelope_from = "bounce+{id}@school.example";
  const auto composer = *Composer::make(settings);
  Letter letter;
  letter.address = "ann@school.example";
  letter.full_name = "Zoë " + std::string(200, 'x');
  composer->compose({}, content_of_task(), letter, sent_at);
  const auto* head = letter.head.data();
  const auto* recipient = letter.recipient.data();
  const auto* sender = letter.sender.data();
  composer->compose({}, content_of_task(), letter, sent_at);
  EXPECT_EQ(letter.head.data(), head);
  EXPECT_EQ(letter.recipient.data(), recipient);
  EXPECT_EQ(letter.sender.data(), sender);
}

}  // namespace
}  // namespace muster::smtp
