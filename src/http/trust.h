// Whom libcurl believes: the system's authorities and one file of our own besides.
//
// libcurl takes either a file or a blob of certificates, and a directory beside it. So the file of
// our own goes in the blob, and the system's come from its hashed directory, which is asked for the
// one that a chain needs; where there is no such directory its bundle goes in the blob as well.
#pragma once

#include <string>

#include "base/result.h"

namespace muster::http {

struct Trust {
  std::string blob;       // PEM; empty: the directory is all
  std::string directory;  // empty: the blob is all
};
// What libcurl was built to find: "/etc/ssl/certs" and "…/ca-certificates.crt". May be empty.
struct SystemTrust {
  std::string directory;
  std::string bundle;
};
[[nodiscard]] SystemTrust system_trust();
// `file` empty: the system's alone. The complaint names `file`: not there, no certificates.
[[nodiscard]] Result<Trust, Complaint> read_trust(const std::string& file,
                                                  const SystemTrust& system);

}  // namespace muster::http
