// Certificates as files: reading what Muster must know of one, and making throw-away authorities.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "base/time.h"

namespace muster::crypto {

struct CertificateFacts {
  std::string subject;  // one line
  std::string user_id;  // the subject's UID: the topic of an MDM push certificate; may be empty
  WallTime not_before;
  WallTime not_after;
};
[[nodiscard]] Result<CertificateFacts, Complaint> read_certificate(const std::string& file);

// For the load generator and for tests: an authority that lives as long as its folder.
// Writes DIR/ca.pem, DIR/server.pem + server.key (names `hosts`, e.g. "localhost", "127.0.0.1"),
// DIR/client.pem + client.key (subject UID = topic). Keys are 0600, P-256, valid one day from now.
struct ThrowAwayAuthority {
  std::string dir;
  std::string topic;  // UID of the client certificate; empty: no client certificate
  std::int64_t client_valid_s = 86'400;  // negative: already expired
  std::int64_t server_valid_s = 86'400;
  std::string server_name = "localhost";  // besides 127.0.0.1 and ::1
};
[[nodiscard]] Result<void, Complaint> make_authority(const ThrowAwayAuthority& wanted);

}  // namespace muster::crypto
