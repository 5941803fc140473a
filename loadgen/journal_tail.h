// Follows a journal of lines that another process writes: whole new lines each time it is asked.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace muster::loadgen {

class JournalTail {
 public:
  explicit JournalTail(std::string file) : file_(std::move(file)) {}
  ~JournalTail();
  JournalTail(const JournalTail&) = delete;
  JournalTail& operator=(const JournalTail&) = delete;

  // Calls `hear` for each whole line since the last time, without its end. A file that is not there
  // yet has none.
  [[nodiscard]] Result<void, Complaint> read(const std::function<void(std::string_view)>& hear);

 private:
  std::string file_;
  int fd_ = -1;
  std::string rest_;  // of a line that is not whole yet
};

}  // namespace muster::loadgen
