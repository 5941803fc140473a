// `muster-loadgen apns`: from the command line's wishes to a running server and its last word.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "crypto/es256.h"
#include "loadgen/apns_peer.h"
#include "loadgen/serving.h"

namespace muster::loadgen {

struct ApnsWishes {
  ServingWishes serving;
  std::string client_trust_file;  // authority of client certificates
  bool plain = false;
  bool client_required = false;
  std::string token_key_file;  // public PEM
  std::vector<std::string> topics;
  std::string faults_file;
  std::string journal_file;
  std::uint32_t streams = 1000;
  std::uint32_t window = 65'535;
  std::uint32_t delay_ms = 0;
  bool fast = false;
  std::string arrivals_file;  // with fast: when each request came
};

// What the server lives on, in the order it is made.
struct ApnsParts {
  SystemClock clock;
  std::optional<Journal> journal;
  std::optional<crypto::Es256Key> key;
  std::unique_ptr<crypto::TlsContext> tls;
  std::vector<Instant> arrivals;
  ApnsPeer peer;
};
[[nodiscard]] Result<void, Complaint> prepare_apns(const ApnsWishes& wishes, ApnsParts& parts);

// Runs until SIGTERM, SIGINT or idleness, then prints the counts as one line of JSON. Takes the
// signals of the calling thread; to be called from the program's first thread.
[[nodiscard]] Result<void, Complaint> serve_apns(const ApnsWishes& wishes);

}  // namespace muster::loadgen
