// The exchange before the first letter: greeting, EHLO, STARTTLS, EHLO again, AUTH.
//
//   step       reply        next
//   ─────────  ───────────  ───────────────────────────────────────────────────────────────────
//   greeting   2yz          EHLO → hello
//   hello      2yz          STARTTLS → starttls, where it is wanted and offered;
//                           AUTH → login, where a login is set; else done
//              500, 502     HELO → hello, once
//   starttls   2yz          handshake: nothing may come until secured(), then EHLO → hello
//              4yz, 5yz     opportunistic: as if it had not been offered; required: refused
//   login      334          the dialog's answer → login
//              2yz          done
//   any        4yz, 5yz     refused, by reply_rules.h
//   any        anything     refused: protocol_error
//
// What was learnt in clear is forgotten with STARTTLS (RFC 3207 §4.2). A login is sent only over
// TLS that was verified: otherwise the opening is refused as login_impossible. Every command waits
// for its reply.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/outcome.h"
#include "smtp/capabilities.h"
#include "smtp/exchange.h"
#include "smtp/login.h"
#include "smtp/reply.h"
#include "smtp/reply_rules.h"
#include "smtp/session.h"

namespace muster::smtp {

class Opening {
 public:
  enum class Step : std::uint8_t { greeting, hello, starttls, handshake, login, done, refused };

  // `settings` outlives it.
  explicit Opening(const SessionSettings& settings);
  // A line of a reply, its last one too.
  void hear_line(std::string_view line);
  // The whole reply. What is to be said next is appended to `say`.
  void hear(const Reply& reply, std::string& say);
  void secured(std::string& say);

  [[nodiscard]] Step step() const { return step_; }
  [[nodiscard]] Command awaited() const;  // what the reply to come answers
  [[nodiscard]] Reason refusal() const { return refusal_; }
  [[nodiscard]] const Capabilities& offered() const { return offered_; }

 private:
  void say_hello(std::string_view verb, std::string& say);
  void hear_greeting(const Reply& reply, std::string& say);
  void hear_hello(const Reply& reply, std::string& say);
  void hear_starttls(const Reply& reply, std::string& say);
  void hear_login(const Reply& reply, std::string& say);
  void begin_login(std::string& say);
  void refuse(Phase phase, const Reply& reply);
  void refuse(Reason reason);

  const SessionSettings& settings_;
  Step step_ = Step::greeting;
  Reason refusal_ = Reason::none;
  Capabilities offered_;
  std::optional<LoginDialog> dialog_;
  std::string challenge_;  // of a 334
  std::uint32_t lines_ = 0;
  bool extended_ = true;    // EHLO was said, not HELO
  bool tls_tried_ = false;  // there is TLS, or the server refused it
  bool secure_ = false;
};

}  // namespace muster::smtp
