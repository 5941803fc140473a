// A file of our own beside the data, readable by nobody else and gone at the end: what a request
// brought, for those who read files.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace muster::console {

class OwnFile {
 public:
  // `ending`: ".csv". Names people: 0600.
  [[nodiscard]] static Result<OwnFile> write(const std::string& folder, std::string_view ending,
                                             std::string_view content);
  OwnFile(OwnFile&& other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }
  OwnFile& operator=(OwnFile&&) = delete;
  ~OwnFile();
  [[nodiscard]] const std::string& path() const { return path_; }
  // Its first bytes; empty where it cannot be read.
  [[nodiscard]] std::string read(std::size_t bytes_max) const;

 private:
  explicit OwnFile(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace muster::console
