// One connection to an LDAP server: secured, bound, searched page by page (libldap).
//
// Together with ldap_words the only place that knows libldap. What the machine's ldap.conf or the
// environment say of certificates does not hold: everything that matters is set here. The thread's
// SIGPIPE is kept away while libldap writes. Referrals are not followed: what they name is another
// server's.
//
// Bounds: a message has limits::directory_message_bytes_max, the server may be silent for
// limits::directory_silence_s, and everything together may take limits::directory_time_max.
#pragma once

#include <memory>

#include "base/time.h"
#include "directory/directory.h"
#include "directory/server.h"

namespace muster::directory {

class LdapSession final : public Server {
 public:
  [[nodiscard]] static Result<std::unique_ptr<LdapSession>, Complaint> open(const Plan& plan,
                                                                            const KeepOn& keep_on,
                                                                            const Clock& clock);
  ~LdapSession() override;

  [[nodiscard]] Result<void, Complaint> search(const Search& search, const Visit& visit) override;
  [[nodiscard]] std::string dn_key(const std::string& dn) const override;

 private:
  struct Implementation;
  explicit LdapSession(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace muster::directory
