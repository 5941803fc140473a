// The files that Apple School Manager or a school's information system exports: a directory or a
// zip archive of CSV files, which tell by their names whose they are.
//
// Nothing of an archive is unpacked onto the disk. It is refused as a whole where it has a file
// that would lie outside of it, the same file twice, too many files, or holds more than
// limits::archive_bytes_max, whatever it says of its sizes. Files of other names are not looked at,
// and in an archive folders do not matter.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "roster/text_file.h"

namespace muster::roster {

class SchoolFiles {
 public:
  virtual ~SchoolFiles() = default;
  [[nodiscard]] virtual Result<TextFile, Complaint> open(const std::string& name) const = 0;
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  [[nodiscard]] bool has(const std::string& name) const;
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string path_of(const std::string& name) const { return path_ + "/" + name; }

 protected:
  explicit SchoolFiles(std::string path) : path_(std::move(path)) {}
  std::vector<std::string> names_;  // once each, without folders

 private:
  std::string path_;
};

enum class SchoolKind : std::uint8_t { none, apple_school, one_roster };
// What the names say. Refused: files of two kinds beside one another, of which one would be
// forgotten.
[[nodiscard]] Result<SchoolKind, Complaint> school_kind(const SchoolFiles& files);

// Null where `path` is neither a directory nor an archive.
[[nodiscard]] Result<std::unique_ptr<SchoolFiles>, Complaint> open_school_files(
    const std::string& path);
[[nodiscard]] std::unique_ptr<SchoolFiles> open_school_directory(const std::string& path);
[[nodiscard]] Result<std::unique_ptr<SchoolFiles>, Complaint> open_school_archive(
    const std::string& path);

}  // namespace muster::roster
