#include "cli/remote_import.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "cli/read_shapes.h"
#include "cli/remote_upload.h"

namespace muster::cli {
namespace {

namespace fs = std::filesystem;

Failure not_so(const std::string& why) {
  return {FailureKind::usage, why +
                                  "; to a server elsewhere go files, or a folder of CSV files: "
                                  "import anything else on its own machine"};
}

Failure unreadable(const std::string& path, const std::error_code& error) {
  return {FailureKind::cannot_start, path + ": " + error.message()};
}

Checked<Done> add_file(const fs::path& path, RosterFiles& to) {
  std::error_code error;
  const auto kind = fs::status(path, error).type();
  if (kind == fs::file_type::not_found || kind == fs::file_type::none) {
    return unreadable(path.string(),
                      error ? error : std::make_error_code(std::errc::no_such_file_or_directory));
  }
  if (kind != fs::file_type::regular) {
    return not_so(path.string() + " is no file");
  }
  const auto bytes = fs::file_size(path, error);
  if (error) {
    return unreadable(path.string(), error);
  }
  to.files.push_back({path.string(), path.filename().string(), bytes});
  to.bytes += bytes;
  return Done{};
}

// All CSV files in it: which of them mean something, the server knows.
Checked<Done> add_folder(const fs::path& path, RosterFiles& to) {
  to.folder = true;
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator at(path, error); !error && at != fs::directory_iterator();
       at.increment(error)) {
    const auto name = at->path().filename().string();
    if (name.ends_with(".csv") && name.front() != '.') {
      found.push_back(at->path());
    }
  }
  if (error) {
    return unreadable(path.string(), error);
  }
  if (found.empty()) {
    return not_so(path.string() + " has no CSV files");
  }
  std::ranges::sort(found);
  for (const auto& file : found) {
    if (auto added = add_file(file, to); !added) {
      return added;
    }
  }
  return Done{};
}

std::string query_of(const ImportOptions& options, const std::string& upload) {
  return "?upload=" + upload + "&dry_run=" + (options.dry_run ? "true" : "false") +
         "&skip_bad=" + (options.rejects_file.empty() ? "false" : "true") +
         (options.format.empty() ? "" : "&format=" + options.format);
}

Checked<ImportReport> report_of(const json::Tree& answer, const ImportOptions& options) {
  ImportReport report;
  read(answer.root(), report);
  if (options.rejects_file.empty()) {
    return report;
  }
  const auto rows = answer.root().at("rejects").text().value_or("");
  if (auto kept = keep_rejects(options.rejects_file, std::string(rows)); !kept) {
    return kept.failure();
  }
  if (!answer.root().at("rejects_whole").boolean().value_or(true)) {
    report.warnings.push_back(
        "the server tells of the first rows it left out alone; mend them and "
        "import again to see the next");
  }
  return report;
}

}  // namespace

Checked<RosterFiles> roster_files(const ImportOptions& options) {
  RosterFiles files;
  for (const auto& path : options.paths) {
    if (path.find("://") != std::string::npos) {
      return not_so(path + " is an address");
    }
    std::error_code error;
    const bool folder = fs::is_directory(path, error);
    if (folder && options.paths.size() > 1) {
      return not_so(path + " is a folder among others");
    }
    if (auto added = folder ? add_folder(path, files) : add_file(path, files); !added) {
      return added.failure();
    }
  }
  return files;
}

Checked<ImportReport> import_elsewhere(RemoteLink& link, const ImportOptions& options,
                                       const std::function<bool(const ImportProgress&)>& progress) {
  const auto files = roster_files(options);
  if (!files) {
    return files.failure();
  }
  RemoteUpload upload(link, *files);
  if (auto sent = upload.send(progress); !sent) {
    return sent.failure();
  }
  const auto answer = link.ask("POST", "/api/v1/roster" + query_of(options, upload.id()), "{}");
  if (!answer) {
    return answer.failure();
  }
  return report_of(*answer, options);
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
