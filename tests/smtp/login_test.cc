#include "smtp/login.h"

#include <gtest/gtest.h>

#include "crypto/digest.h"

namespace muster::smtp {
namespace {

using Mechanism = LoginDialog::Mechanism;

std::string decoded(std::string_view text) {
  std::vector<Byte> bytes;
  EXPECT_TRUE(crypto::from_base64(text, bytes)) << text;
  return std::string(as_text(bytes));
}
std::string encoded(std::string_view text) {
  return crypto::base64(as_bytes(text));
}

// The server's side of SCRAM-SHA-256, by RFC 5802 §3.
struct ScramServer {
  std::string password = "pencil";
  std::string salt = "salt of the earth";
  std::uint32_t iterations = 4096;
  std::string client_first;
  std::string server_first;

  std::string hear_first(std::string_view response) {
    const auto text = decoded(response);
    EXPECT_EQ(text.substr(0, 3), "n,,");
    client_first = text.substr(3);
    const auto nonce = client_first.substr(client_first.find(",r=") + 3);
    server_first = "r=" + nonce + "more,s=" + encoded(salt) + ",i=" + std::to_string(iterations);
    return encoded(server_first);
  }
  // Empty: the proof is wrong.
  std::string hear_final(std::string_view response) const {
    const auto text = decoded(response);
    const auto bare = text.substr(0, text.find(",p="));
    const auto said = client_first + "," + server_first + "," + bare;
    const auto salted = crypto::pbkdf2_sha256(as_bytes(password), as_bytes(salt), iterations);
    const auto client_key = crypto::hmac_sha256(salted, as_bytes("Client Key"));
    auto proof = crypto::hmac_sha256(crypto::sha256(client_key), as_bytes(said));
    for (std::size_t i = 0; i < proof.size(); ++i) {
      proof[i] ^= client_key[i];
    }
    if (text.substr(bare.size() + 3) != crypto::base64(proof)) {
      return "";
    }
    const auto key = crypto::hmac_sha256(salted, as_bytes("Server Key"));
    return encoded("v=" + crypto::base64(crypto::hmac_sha256(key, as_bytes(said))));
  }
};

std::string initial(const std::string& command) {
  return command.substr(command.rfind(' ') + 1);
}

TEST(Login, ChoosesTheBestThatIsOffered) {
  Capabilities offered;
  EXPECT_FALSE(LoginDialog::choose(offered));
  offered.auth_login = true;
  EXPECT_EQ(LoginDialog::choose(offered), Mechanism::login);
  offered.auth_plain = true;
  EXPECT_EQ(LoginDialog::choose(offered), Mechanism::plain);
  offered.auth_scram_sha_256 = true;
  EXPECT_EQ(LoginDialog::choose(offered), Mechanism::scram_sha_256);
}

TEST(Login, KeepsALongPasswordOutOfTheCommand) {
  LoginDialog dialog({"user", std::string(400, 'x')}, Mechanism::plain);
  EXPECT_EQ(dialog.begin(), "AUTH PLAIN");
  const auto answer = dialog.answer("");
  ASSERT_TRUE(answer);
  EXPECT_EQ(decoded(*answer), std::string("\0user\0", 6) + std::string(400, 'x'));
  EXPECT_FALSE(dialog.answer(""));
}

TEST(Login, FillsTheCommandToItsLastOctet) {
  // "AUTH PLAIN " and 496 digits would be 509 with CR LF; 500 would be 513.
  LoginDialog fits({"user", std::string(372 - 6, 'x')}, Mechanism::plain);
  EXPECT_EQ(fits.begin().size(), 11U + 496U);
  LoginDialog does_not({"user", std::string(373 - 6, 'x')}, Mechanism::plain);
  EXPECT_EQ(does_not.begin(), "AUTH PLAIN");
}

TEST(Login, AnswersNoThirdQuestionOfLogin) {
  LoginDialog dialog({"user", "pencil"}, Mechanism::login);
  EXPECT_EQ(dialog.begin(), "AUTH LOGIN");
  EXPECT_EQ(dialog.answer("VXNlcg=="), "dXNlcg==");
  EXPECT_EQ(dialog.answer("UGFzcw=="), "cGVuY2ls");
  EXPECT_FALSE(dialog.answer("TW9yZQ=="));
}

TEST(Login, ProvesThatItKnowsThePasswordAndLearnsThatTheServerDoes) {
  LoginDialog dialog({"us,er=1", "pencil"}, Mechanism::scram_sha_256);
  ScramServer server;
  const auto challenge = server.hear_first(initial(dialog.begin()));
  EXPECT_TRUE(server.client_first.starts_with("n=us=2Cer=3D1,r=")) << server.client_first;
  const auto proof = dialog.answer(challenge);
  ASSERT_TRUE(proof);
  const auto signature = server.hear_final(*proof);
  ASSERT_NE(signature, "");
  EXPECT_FALSE(dialog.complete());
  EXPECT_EQ(dialog.answer(signature), "");
  EXPECT_TRUE(dialog.complete());
  EXPECT_FALSE(dialog.answer(signature));
}

TEST(Login, SendsTheFirstMessageWhenAskedWhereItIsTooLongForTheCommand) {
  LoginDialog dialog({std::string(500, 'u'), "pencil"}, Mechanism::scram_sha_256);
  ScramServer server;
  EXPECT_EQ(dialog.begin(), "AUTH SCRAM-SHA-256");
  const auto first = dialog.answer("");
  ASSERT_TRUE(first);
  const auto proof = dialog.answer(server.hear_first(*first));
  ASSERT_TRUE(proof);
  EXPECT_EQ(dialog.answer(server.hear_final(*proof)), "");
  EXPECT_TRUE(dialog.complete());
}

TEST(Login, DoesNotBelieveAServerWithoutThePassword) {
  LoginDialog dialog({"user", "pencil"}, Mechanism::scram_sha_256);
  ScramServer server;
  const auto proof = dialog.answer(server.hear_first(initial(dialog.begin())));
  ASSERT_TRUE(proof);
  EXPECT_FALSE(dialog.answer(encoded("v=" + crypto::base64(crypto::Digest{}))));
  EXPECT_FALSE(dialog.complete());
}

TEST(Login, RefusesChallengesThatMakeNoSense) {
  const auto asked = [](const auto& change) {
    LoginDialog dialog({"user", "pencil"}, Mechanism::scram_sha_256);
    ScramServer server;
    (void)server.hear_first(initial(dialog.begin()));
    return dialog.answer(change(server.server_first)).has_value();
  };
  EXPECT_TRUE(asked([](const std::string& text) { return encoded(text); }));
  EXPECT_FALSE(asked([](const std::string& text) { return text; })) << "not base64";
  EXPECT_FALSE(asked([](const std::string&) { return std::string(); }));
  EXPECT_FALSE(asked([](const std::string& text) { return encoded("x" + text); }));
  EXPECT_FALSE(asked([](const std::string&) { return encoded("r=other,s=eA==,i=4096"); }));
  const auto with_end = [](std::string_view end) {
    return [end](const std::string& text) {
      return encoded(text.substr(0, text.find(",s=")) + std::string(end));
    };
  };
  EXPECT_TRUE(asked(with_end(",s=eA==,i=4096")));
  EXPECT_TRUE(asked(with_end(",s=eA==,i=4096,x=extension")));
  EXPECT_FALSE(asked(with_end(",s=eA==,i=4095")));
  EXPECT_FALSE(asked(with_end(",s=eA==,i=600001")));
  EXPECT_FALSE(asked(with_end(",s=eA==,i=4096x")));
  EXPECT_FALSE(asked(with_end(",s=eA==,i=99999999999")));
  EXPECT_FALSE(asked(with_end(",s=?,i=4096")));
  EXPECT_FALSE(asked(with_end(",s=eA==")));
}

}  // namespace
}  // namespace muster::smtp
