// `muster-loadgen smtp`: from the command line's wishes to a running mail server and its last word.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "loadgen/serving.h"

namespace muster::loadgen {

struct SmtpWishes {
  ServingWishes serving;
  std::string tls;  // "implicit", "starttls", "none"; empty: starttls where there is a certificate
  std::string login;  // "user:password"; empty: nobody needs to log in
  bool no_pipelining = false;
  bool no_chunking = false;
  bool no_limits = false;
  std::uint64_t size_max = 10'485'760;
  std::uint32_t connections = 0;
  std::uint32_t messages_per_connection = 0;
  std::string faults_file;
  std::string journal_file;
  std::uint32_t delay_ms = 0;
  bool fast = false;
};

// Runs until SIGTERM, SIGINT or idleness, then prints the counts as one line of JSON. Takes the
// signals of the calling thread; to be called from the program's first thread.
[[nodiscard]] Result<void, Complaint> serve_smtp(const SmtpWishes& wishes);

}  // namespace muster::loadgen
