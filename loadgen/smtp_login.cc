#include "loadgen/smtp_login.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/bytes.h"
#include "crypto/digest.h"
#include "loadgen/smtp_command.h"

namespace muster::loadgen {
namespace {

using Digest = std::array<Byte, 32>;
constexpr std::uint32_t iterations = 4096;  // the least that RFC 7677 §4 allows
constexpr std::size_t random_bytes = 18;

std::string text_of(Bytes bytes) {
  return std::string(as_text(bytes));
}

// RFC 2104, over SHA-256.
Digest keyed_hash(std::string_view key, std::string_view message) {
  constexpr std::size_t block = 64;
  auto padded = key.size() > block ? text_of(crypto::sha256(as_bytes(key))) : std::string(key);
  padded.resize(block, '\0');
  auto inner = padded;
  for (std::size_t i = 0; i < block; ++i) {
    inner[i] = static_cast<char>(inner[i] ^ 0x36);
    padded[i] = static_cast<char>(padded[i] ^ 0x5c);
  }
  inner += message;
  padded += as_text(crypto::sha256(as_bytes(inner)));
  return crypto::sha256(as_bytes(padded));
}

void mix_in(Digest& to, const Digest& from) {
  std::transform(to.begin(), to.end(), from.begin(), to.begin(),
                 [](Byte a, Byte b) { return static_cast<Byte>(a ^ b); });
}

// RFC 8018 §5.2, one block.
Digest salted_password(const std::string& password, const std::string& salt) {
  auto round = keyed_hash(password, salt + std::string("\0\0\0\1", 4));
  auto sum = round;
  for (std::uint32_t i = 1; i < iterations; ++i) {
    round = keyed_hash(password, as_text(round));
    mix_in(sum, round);
  }
  return sum;
}

std::string random_text() {
  std::array<Byte, random_bytes> bytes{};
  crypto::fill_random(bytes);
  return crypto::base64(bytes);
}

// RFC 5802 §5.1: a comma and an equals sign in a user's name are written in hexadecimal.
std::string scram_name(std::string_view name) {
  std::string made;
  for (const char c : name) {
    made += c == ',' ? "=2C" : c == '=' ? "=3D" : std::string(1, c);
  }
  return made;
}

}  // namespace

SmtpLogin::Step SmtpLogin::malformed(std::string_view why) {
  return {Step::Kind::malformed, std::string(why)};
}

SmtpLogin::Step SmtpLogin::verdict(bool right) {
  return {right ? Step::Kind::accepted : Step::Kind::refused, {}};
}

SmtpLogin::Step SmtpLogin::begin(std::string_view argument) {
  const auto space = argument.find(' ');
  const auto mechanism = lower_case(argument.substr(0, space));
  std::string prompt;
  if (mechanism == "plain") {
    stage_ = Stage::plain;
  } else if (mechanism == "login") {
    stage_ = Stage::login_user;
    prompt = "Username:";
  } else if (mechanism == "scram-sha-256") {
    stage_ = Stage::scram_first;
  } else {
    return {Step::Kind::unknown, {}};
  }
  if (space == std::string_view::npos) {
    return {Step::Kind::challenge, prompt};
  }
  const auto initial = argument.substr(space + 1);
  // RFC 4954 §4: an initial response that is empty is written as one equals sign.
  return initial == "=" ? take({}) : go_on(initial);
}

SmtpLogin::Step SmtpLogin::go_on(std::string_view line) {
  if (line == "*") {
    return malformed("cancelled");
  }
  std::vector<Byte> message;
  if (!crypto::from_base64(line, message)) {
    return malformed("not base64");
  }
  return take(as_text(message));
}

SmtpLogin::Step SmtpLogin::take(std::string_view message) {
  switch (stage_) {
    case Stage::plain:
      return take_plain(message);
    case Stage::login_user:
      right_ = message == user_;
      stage_ = Stage::login_password;
      return {Step::Kind::challenge, "Password:"};
    case Stage::login_password:
      return verdict(right_ && message == password_);
    case Stage::scram_first:
      return take_scram_first(message);
    case Stage::scram_final:
      return take_scram_final(message);
    case Stage::scram_end:
      return message.empty() ? verdict(true) : malformed("words behind SCRAM's end");
  }
  return malformed("");
}

SmtpLogin::Step SmtpLogin::take_plain(std::string_view message) const {
  const auto first = message.find('\0');
  const auto second = first == std::string_view::npos ? first : message.find('\0', first + 1);
  if (second == std::string_view::npos ||
      message.find('\0', second + 1) != std::string_view::npos) {
    return malformed("PLAIN without two NULs");
  }
  const auto authority = message.substr(0, first);
  return verdict((authority.empty() || authority == user_) &&
                 message.substr(first + 1, second - first - 1) == user_ &&
                 message.substr(second + 1) == password_);
}

// "n,,n=user,r=nonce"
SmtpLogin::Step SmtpLogin::take_scram_first(std::string_view message) {
  const auto first = message.find(',');
  const auto second = first == std::string_view::npos ? first : message.find(',', first + 1);
  if (second == std::string_view::npos || (message[0] != 'n' && message[0] != 'y')) {
    return malformed("SCRAM without its header");
  }
  gs2_header_ = message.substr(0, second + 1);
  client_first_bare_ = message.substr(second + 1);
  const auto comma = client_first_bare_.find(",r=");
  if (!client_first_bare_.starts_with("n=") || comma == std::string::npos ||
      comma + 3 == client_first_bare_.size()) {
    return malformed("SCRAM's first message without a name or nonce");
  }
  right_ = client_first_bare_.substr(2, comma - 2) == scram_name(user_);
  nonce_ = client_first_bare_.substr(comma + 3) + random_text();
  salt_ = random_text();
  server_first_ =
      "r=" + nonce_ + ",s=" + crypto::base64(as_bytes(salt_)) + ",i=" + std::to_string(iterations);
  stage_ = Stage::scram_final;
  return {Step::Kind::challenge, server_first_};
}

// "c=biws,r=nonce,p=proof"
SmtpLogin::Step SmtpLogin::take_scram_final(std::string_view message) {
  const auto at = message.rfind(",p=");
  std::vector<Byte> proof;
  if (at == std::string_view::npos || !crypto::from_base64(message.substr(at + 3), proof) ||
      proof.size() != Digest{}.size()) {
    return malformed("SCRAM's last message without a proof");
  }
  const auto without_proof = message.substr(0, at);
  if (without_proof != "c=" + crypto::base64(as_bytes(gs2_header_)) + ",r=" + nonce_) {
    return malformed("SCRAM's last message with another header or nonce");
  }
  const auto auth = client_first_bare_ + "," + server_first_ + "," + std::string(without_proof);
  const auto salted = salted_password(password_, salt_);
  const auto stored = crypto::sha256(keyed_hash(as_text(salted), "Client Key"));
  auto client_key = keyed_hash(as_text(stored), auth);
  Digest proven{};
  std::copy(proof.begin(), proof.end(), proven.begin());
  mix_in(client_key, proven);
  if (!right_ || crypto::sha256(client_key) != stored) {
    return verdict(false);
  }
  const auto server_key = keyed_hash(as_text(salted), "Server Key");
  stage_ = Stage::scram_end;
  return {Step::Kind::challenge, "v=" + crypto::base64(keyed_hash(as_text(server_key), auth))};
}

}  // namespace muster::loadgen
