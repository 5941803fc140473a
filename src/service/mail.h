// Mail made ready to use: letters' texts checked, TLS context and login read, DNS found.
//
// One route: the relay, or directly to the recipients' mail hosts, which are strangers to us. No
// login goes to those, and no certificate of theirs is verified, since nobody vouches for the name
// that DNS gave (RFC 7435); where the handshake fails a letter goes in clear. Everything here
// outlives the pipeline that was built from it.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "crypto/tls.h"
#include "muster/settings.h"
#include "pipeline/pipeline.h"
#include "smtp/composer.h"
#include "smtp/session.h"

namespace muster::service {

class Mail {
 public:
  // The complaint names the setting, the file and the mend: unknown placeholders, an unreadable
  // key or password, an authority that cannot be read, a DNS server that is none. mail.mode must
  // not be off.
  [[nodiscard]] static Result<std::unique_ptr<Mail>, Complaint> open(const Settings& settings);
  [[nodiscard]] pipeline::MailRoute route() const;
  // By template index, as alert payloads are: language and (unused) text.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> languages() const;

 private:
  Mail() = default;
  [[nodiscard]] Result<void, Complaint> read_letters(const Settings& settings);
  [[nodiscard]] Result<void, Complaint> prepare_relay();
  [[nodiscard]] Result<void, Complaint> prepare_direct();
  [[nodiscard]] Result<void, Complaint> open_tls(const std::string& trust_file);
  void say_relay(pipeline::MailRoute& route) const;
  void say_direct(pipeline::MailRoute& route) const;

  MailSettings settings_;
  std::unique_ptr<smtp::Composer> composer_;
  std::vector<smtp::Template> templates_;
  smtp::SessionSettings session_;            // of every connection
  std::unique_ptr<crypto::TlsContext> tls_;  // null: in clear
};

// The letters' texts: [[mail.template]], or, where there is none, made of [[invitation]].
[[nodiscard]] Result<std::vector<smtp::Template>, Complaint> templates_of(const Settings& settings);

}  // namespace muster::service
