#include "cli/remote_import.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

namespace muster::cli {
namespace {

constexpr std::uintmax_t body_bytes_max = 1024UL * 1024;

Failure not_so(const std::string& why) {
  return {FailureKind::usage,
          why +
              "; a server elsewhere takes one CSV or NDJSON file of at most 1 MiB at a time: "
              "import anything else on its own machine"};
}

}  // namespace

Checked<RosterBody> roster_body(const ImportOptions& options) {
  if (options.paths.size() != 1) {
    return not_so(std::to_string(options.paths.size()) + " paths are named");
  }
  const auto& path = options.paths.front();
  if (path.find("://") != std::string::npos) {
    return not_so(path + " is an address");
  }
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error) {
    return std::filesystem::is_directory(path)
               ? Checked<RosterBody>(not_so(path + " is a directory"))
               : Failure{FailureKind::cannot_start, path + ": " + error.message()};
  }
  const auto extension = std::filesystem::path(path).extension();
  const auto format = !options.format.empty()  ? options.format
                      : extension == ".csv"    ? std::string("csv")
                      : extension == ".ndjson" ? std::string("ndjson")
                                               : std::string();
  if (format != "csv" && format != "ndjson") {
    return not_so(path + " is neither .csv nor .ndjson (--format says which it is)");
  }
  if (size > body_bytes_max) {
    return not_so(path + " has " + std::to_string(size) + " bytes");
  }
  std::ifstream file(path, std::ios::binary);
  RosterBody body{format == "csv" ? "text/csv" : "application/x-ndjson",
                  std::string("?dry_run=") + (options.dry_run ? "true" : "false") +
                      "&skip_bad=" + (options.rejects_file.empty() ? "false" : "true"),
                  {std::istreambuf_iterator<char>(file), {}}};
  if (!file) {
    return Failure{FailureKind::cannot_start, path + ": " + std::generic_category().message(errno)};
  }
  return body;
}

Checked<Done> keep_rejects(const std::string& file, const std::string& rows) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << rows;
  out.close();
  return out ? Checked<Done>(Done{})
             : Failure{FailureKind::cannot_start, file + ": " +
                                                      std::generic_category().message(errno) +
                                                      "; the roster was imported, what it left "
                                                      "out could not be written"};
}

}  // namespace muster::cli
