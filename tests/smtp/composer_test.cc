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

}  // namespace
}  // namespace muster::smtp
