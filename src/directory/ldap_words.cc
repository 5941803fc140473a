#include "directory/ldap_words.h"

#include <ldap.h>

namespace muster::directory {
namespace {

struct Words {
  std::string found;
  std::string mend;
};

// GnuTLS says no more than that of a certificate that nobody vouches for.
constexpr std::string_view says_nothing = "(unknown error code)";

std::string with(const std::string& diagnostic) {
  return diagnostic.empty() || diagnostic == says_nothing ? "" : " (" + diagnostic + ")";
}

Words words_of(const Plan& plan, Doing doing, int code, const std::string& diagnostic) {
  switch (code) {
    case LDAP_INVALID_CREDENTIALS:
      return {"the directory refuses the login of '" + plan.bind_dn + "'",
              "check bind_dn and password_file in [directory]"};
    case LDAP_INAPPROPRIATE_AUTH:
    case LDAP_INSUFFICIENT_ACCESS:
    case LDAP_OPERATIONS_ERROR:  // Active Directory, of whoever has not logged in
      return {"the directory does not let " +
                  (plan.bind_dn.empty() ? "anybody unnamed" : "'" + plan.bind_dn + "'") +
                  " read it" + with(diagnostic),
              "set bind_dn and password_file in [directory] to somebody who may"};
    case LDAP_CONFIDENTIALITY_REQUIRED:
    case LDAP_STRONG_AUTH_REQUIRED:
      return {"the directory wants a secured connection",
              "set start_tls = true in [directory], or write ldaps://"};
    case LDAP_NO_SUCH_OBJECT:
      return {"the directory has no '" + plan.base + "' that it would show",
              "check base in [directory], and who may read it"};
    case LDAP_SIZELIMIT_EXCEEDED:
    case LDAP_ADMINLIMIT_EXCEEDED:
      return {"the directory does not give all its entries" + with(diagnostic),
              "ask its administrator to raise the limit for bind_dn, or to allow paged results"};
    case LDAP_FILTER_ERROR:
      return {"a filter that is none", "check user_filter and group_filter in [directory]"};
    case LDAP_TIMEOUT:
    case LDAP_TIMELIMIT_EXCEEDED:
      return {"the directory is silent", "try again later"};
    default:
      break;
  }
  if (doing == Doing::securing && code != LDAP_SERVER_DOWN && code != LDAP_CONNECT_ERROR) {
    return {"the directory does not secure connections" + with(diagnostic),
            "write ldaps://, or set start_tls = false in [directory] where nothing is secret"};
  }
  if (code == LDAP_CONNECT_ERROR || (code == LDAP_SERVER_DOWN && !diagnostic.empty())) {
    return {"the connection could not be secured" + with(diagnostic),
            "set trust_file in [directory] to the authority that signed its certificate"};
  }
  if (code == LDAP_SERVER_DOWN) {
    return doing == Doing::searching
               ? Words{"the connection was lost half-way", "try again; nothing was stored"}
               : Words{"nobody answers there", "check url in [directory]"};
  }
  return {std::string("the directory says: ") + ldap_err2string(code) + with(diagnostic), ""};
}

}  // namespace

Complaint complaint_of(const Plan& plan, Doing doing, int code, const std::string& diagnostic) {
  auto words = words_of(plan, doing, code, diagnostic);
  return Complaint{plan.url, 0, 0, std::move(words.found), "", std::move(words.mend), {}};
}

}  // namespace muster::directory
