// A roster for a server that cannot read our files: one flat file, sent whole.
#pragma once

#include <string>

#include "muster/dispatcher.h"

namespace muster::cli {

struct RosterBody {
  std::string content_type;
  std::string query;  // "?dry_run=true&skip_bad=false"
  std::string bytes;  // at most a server's bound for a request's body, 1 MiB
};

// Usage where the import is not of one such file; cannot_start where it cannot be read.
[[nodiscard]] Checked<RosterBody> roster_body(const ImportOptions& options);

// The rows that the server left out, into the file that was asked for.
[[nodiscard]] Checked<Done> keep_rejects(const std::string& file, const std::string& rows);

}  // namespace muster::cli
