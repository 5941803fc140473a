// A roster for a server that cannot read our files: sent in pieces, and imported there.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "cli/remote_link.h"
#include "muster/dispatcher.h"

namespace muster::cli {

// What is to be sent.
struct RosterFiles {
  struct File {
    std::string path;
    std::string name;  // without its folder: what the server knows it by
    std::uint64_t bytes = 0;
  };
  std::vector<File> files;
  bool folder = false;  // all CSV files of one folder
  std::uint64_t bytes = 0;
};

// Usage where the import is of something that no files hold, or not of one roster; cannot_start
// where it cannot be read.
[[nodiscard]] Checked<RosterFiles> roster_files(const ImportOptions& options);

// What is shown and told of it is the same as of an import here; the rows that the server left out
// are written to the file that was asked for. `progress` is of the sending: bytes of bytes; false
// stops it, and nothing was stored.
[[nodiscard]] Checked<ImportReport> import_elsewhere(
    RemoteLink& link, const ImportOptions& options,
    const std::function<bool(const ImportProgress&)>& progress);

// The rows that the server left out, into the file that was asked for.
[[nodiscard]] Checked<Done> keep_rejects(const std::string& file, const std::string& rows);

}  // namespace muster::cli
