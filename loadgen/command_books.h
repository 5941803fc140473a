// `muster-loadgen books`: from the command line's wishes to a running Apps and Books simulator and
// its last word.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "loadgen/serving.h"

namespace muster::loadgen {

struct BooksWishes {
  ServingWishes serving;
  std::string token_file;
  std::string organisation = "Example School";
  std::vector<std::string> domains;  // of Managed Apple Accounts
  std::string faults_file;
  std::string journal_file;
  std::string trust_file;  // of listeners with https (PEM); empty: the system's
  std::uint32_t event_delay_ms = 200;
  std::uint32_t notification_retry_s = 60;
  std::uint32_t page_size = 500;
  std::uint32_t users_max = 100;
  std::uint32_t token_days = 365;
  std::uint64_t seed = 1;
};

// Runs until SIGTERM, SIGINT or idleness, then prints the counts as one line of JSON. Takes the
// signals of the calling thread; to be called from the program's first thread.
[[nodiscard]] Result<void, Complaint> serve_books(const BooksWishes& wishes);

}  // namespace muster::loadgen
