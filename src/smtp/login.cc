#include "smtp/login.h"

#include <array>
#include <charconv>
#include <vector>

#include "crypto/digest.h"

namespace muster::smtp {
namespace {

constexpr std::size_t command_bytes_max = 512 - 2;  // RFC 4954 §4, without CR LF
// RFC 7677 wants 4,096 at least. The most is what a shard can spare: some 0.2 s.
constexpr std::uint32_t iterations_min = 4096;
constexpr std::uint32_t iterations_max = 600'000;

std::string encoded(std::string_view text) {
  return crypto::base64(as_bytes(text));
}

std::optional<std::string> decoded(std::string_view text) {
  std::vector<Byte> bytes;
  if (!crypto::from_base64(text, bytes)) {
    return std::nullopt;
  }
  return std::string(as_text(bytes));
}

// RFC 5802: a user's name may hold neither sign in clear.
std::string scram_name(std::string_view name) {
  std::string written;
  for (const char c : name) {
    if (c == ',') {
      written += "=2C";
    } else if (c == '=') {
      written += "=3D";
    } else {
      written += c;
    }
  }
  return written;
}

// Takes "k=value" from the front of a list parted by commas.
std::optional<std::string_view> take_field(std::string_view& list, char key) {
  const auto field = list.substr(0, list.find(','));
  if (field.size() < 2 || field[0] != key || field[1] != '=') {
    return std::nullopt;
  }
  list.remove_prefix(std::min(field.size() + 1, list.size()));
  return field.substr(2);
}

}  // namespace

std::optional<LoginDialog::Mechanism> LoginDialog::choose(const Capabilities& offered) {
  if (offered.auth_scram_sha_256) {
    return Mechanism::scram_sha_256;
  }
  if (offered.auth_plain) {
    return Mechanism::plain;
  }
  if (offered.auth_login) {
    return Mechanism::login;
  }
  return std::nullopt;
}

LoginDialog::LoginDialog(const Login& login, Mechanism mechanism)
    : login_(login), mechanism_(mechanism) {
  std::array<Byte, 18> random{};
  crypto::fill_random(random);
  nonce_ = crypto::base64(random);  // no "," occurs in it
  first_ = "n=" + scram_name(login_.user) + ",r=" + nonce_;
}

std::string LoginDialog::begin() {
  std::string command;
  std::string initial;
  switch (mechanism_) {
    case Mechanism::login:
      return "AUTH LOGIN";
    case Mechanism::plain:
      command = "AUTH PLAIN";
      initial = '\0' + login_.user + '\0' + login_.password;
      break;
    case Mechanism::scram_sha_256:
      command = "AUTH SCRAM-SHA-256";
      initial = "n,," + first_;
      break;
  }
  const auto response = encoded(initial);
  began_ = command.size() + 1 + response.size() <= command_bytes_max;
  return began_ ? command + ' ' + response : command;
}

std::optional<std::string> LoginDialog::answer(std::string_view challenge) {
  ++step_;
  switch (mechanism_) {
    case Mechanism::plain:
      if (began_ || step_ > 1) {
        return std::nullopt;
      }
      return encoded('\0' + login_.user + '\0' + login_.password);
    case Mechanism::login:
      if (step_ > 2) {
        return std::nullopt;
      }
      return encoded(step_ == 1 ? login_.user : login_.password);
    case Mechanism::scram_sha_256:
      return answer_scram(challenge);
  }
  return std::nullopt;
}

std::optional<std::string> LoginDialog::answer_scram(std::string_view challenge) {
  if (!began_) {  // an empty challenge asks for the first message
    began_ = true;
    step_ = 0;
    return encoded("n,," + first_);
  }
  const auto text = decoded(challenge);
  if (!text) {
    return std::nullopt;
  }
  if (step_ == 1) {
    return prove(*text);
  }
  if (step_ == 2 && verify(*text)) {
    proven_ = true;
    return "";
  }
  return std::nullopt;
}

std::optional<std::string> LoginDialog::prove(std::string_view server_first) {
  auto rest = server_first;
  const auto nonce = take_field(rest, 'r');
  const auto salt_text = nonce ? take_field(rest, 's') : std::nullopt;
  const auto count_text = salt_text ? take_field(rest, 'i') : std::nullopt;
  if (!count_text || nonce->size() <= nonce_.size() || !nonce->starts_with(nonce_)) {
    return std::nullopt;
  }
  std::vector<Byte> salt;
  std::uint32_t iterations = 0;
  const auto [end, error] =
      std::from_chars(count_text->data(), count_text->data() + count_text->size(), iterations);
  if (error != std::errc{} || end != count_text->data() + count_text->size() ||
      iterations < iterations_min || iterations > iterations_max ||
      !crypto::from_base64(*salt_text, salt)) {
    return std::nullopt;
  }
  const auto salted = crypto::pbkdf2_sha256(as_bytes(login_.password), salt, iterations);
  auto proof = crypto::hmac_sha256(salted, as_bytes("Client Key"));
  const auto stored_key = crypto::sha256(proof);
  const auto server_key = crypto::hmac_sha256(salted, as_bytes("Server Key"));
  const auto final_bare = "c=biws,r=" + std::string(*nonce);  // biws: "n,,"
  const auto said = first_ + ',' + std::string(server_first) + ',' + final_bare;
  const auto signature = crypto::hmac_sha256(stored_key, as_bytes(said));
  server_signature_ = crypto::hmac_sha256(server_key, as_bytes(said));
  for (std::size_t i = 0; i < proof.size(); ++i) {
    proof[i] ^= signature[i];
  }
  return encoded(final_bare + ",p=" + crypto::base64(proof));
}

bool LoginDialog::verify(std::string_view server_final) const {
  std::vector<Byte> signature;
  const auto text = take_field(server_final, 'v');
  return text && crypto::from_base64(*text, signature) &&
         crypto::equal_in_constant_time(signature, server_signature_);
}

bool LoginDialog::complete() const {
  return mechanism_ != Mechanism::scram_sha_256 || proven_;
}

}  // namespace muster::smtp
