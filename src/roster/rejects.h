// The file of rows that --skip-bad put aside: where each stood, why, and the row itself, as CSV.
//
//   file,line,column,reason,<the columns of its file>      (again whenever another file begins)
//
// Holds push tokens, so it is readable by its owner only.
#pragma once

#include <string>

#include "base/result.h"
#include "roster/row.h"

namespace muster::roster {

class Rejects {
 public:
  [[nodiscard]] static Result<Rejects, Complaint> open(const std::string& path);
  Rejects(Rejects&& other) noexcept;
  Rejects& operator=(Rejects&& other) = delete;
  ~Rejects();

  [[nodiscard]] Result<void, Complaint> write(const Complaint& why, const RowReader& at);
  [[nodiscard]] Result<void, Complaint> close();

 private:
  Rejects(int owned_fd, std::string path) : fd_(owned_fd), path_(std::move(path)) {}
  [[nodiscard]] Result<void, Complaint> flush();

  int fd_;
  std::string path_;
  std::string buffer_;
  std::string file_;  // whose columns were named last
};

}  // namespace muster::roster
