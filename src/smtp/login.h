// Logging in at a relay: AUTH with PLAIN, LOGIN or SCRAM-SHA-256 (RFC 4954, 4616, 5802, 7677).
//
// One dialog a session. Only SCRAM proves that the server knows the password, too: its success
// counts only with the proof. Whether a login may be tried at all — never in clear, never over an
// unverified session — is the opening's to decide (opening.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/hmac.h"
#include "smtp/capabilities.h"
#include "smtp/session.h"

namespace muster::smtp {

class LoginDialog {
 public:
  enum class Mechanism : std::uint8_t { plain, login, scram_sha_256 };
  // The best of those offered.
  [[nodiscard]] static std::optional<Mechanism> choose(const Capabilities& offered);

  LoginDialog(const Login& login, Mechanism mechanism);
  // The AUTH command, without CR LF.
  [[nodiscard]] std::string begin();
  // The answer to a 334, without CR LF; none: the challenge makes no sense, or is one too many.
  [[nodiscard]] std::optional<std::string> answer(std::string_view challenge);
  // Whether a success may be believed.
  [[nodiscard]] bool complete() const;

 private:
  [[nodiscard]] std::optional<std::string> answer_scram(std::string_view challenge);
  [[nodiscard]] std::optional<std::string> prove(std::string_view server_first);
  [[nodiscard]] bool verify(std::string_view server_final) const;

  const Login login_;
  const Mechanism mechanism_;
  std::string first_;  // SCRAM's client-first-message-bare
  std::string nonce_;
  crypto::Digest server_signature_{};
  int step_ = 0;         // challenges answered so far
  bool began_ = false;   // PLAIN: the initial response went with the command
  bool proven_ = false;  // SCRAM: the server knows the password
};

}  // namespace muster::smtp
