// The server's side of AUTH: PLAIN (RFC 4616), LOGIN, SCRAM-SHA-256 (RFC 5802, 7677).
//
// Sans-I/O: begun with the AUTH command's argument, continued with the client's lines, each step
// says what to reply. One exchange an object; the password is known, so SCRAM's salt is chance and
// its keys are derived on the spot.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace muster::loadgen {

class SmtpLogin {
 public:
  struct Step {
    enum class Kind : std::uint8_t {
      challenge,  // 334 and `text` in base64
      accepted,   // 235
      refused,    // 535
      malformed,  // 501: `text` says what was wrong; the client's slip
      unknown,    // 504: a mechanism that was not offered
    };
    Kind kind = Kind::malformed;
    std::string text;
  };

  SmtpLogin(std::string user, std::string password)
      : user_(std::move(user)), password_(std::move(password)) {}

  // `argument` is what follows "AUTH ".
  [[nodiscard]] Step begin(std::string_view argument);
  // The client's answer to a challenge, as it came.
  [[nodiscard]] Step go_on(std::string_view line);

  static constexpr std::string_view mechanisms = "PLAIN LOGIN SCRAM-SHA-256";

 private:
  enum class Stage : std::uint8_t {
    plain,
    login_user,
    login_password,
    scram_first,
    scram_final,
    scram_end
  };
  [[nodiscard]] Step take(std::string_view message);
  [[nodiscard]] Step take_plain(std::string_view message) const;
  [[nodiscard]] Step take_scram_first(std::string_view message);
  [[nodiscard]] Step take_scram_final(std::string_view message);
  [[nodiscard]] static Step malformed(std::string_view why);
  [[nodiscard]] static Step verdict(bool right);

  std::string user_;
  std::string password_;
  Stage stage_ = Stage::plain;
  bool right_ = false;  // so far
  // SCRAM: what AuthMessage is made of (RFC 5802 §3).
  std::string gs2_header_;
  std::string client_first_bare_;
  std::string server_first_;
  std::string nonce_;
  std::string salt_;
};

}  // namespace muster::loadgen
