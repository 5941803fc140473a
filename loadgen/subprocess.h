// Another program, started to be read: its standard output comes by a pipe, its errors go to ours.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/result.h"

namespace muster::loadgen {

class Subprocess {
 public:
  // `command` begins with the program's path or name. Its input is empty.
  [[nodiscard]] static Result<Subprocess, Complaint> start(const std::vector<std::string>& command);
  ~Subprocess();  // waits for it
  Subprocess(Subprocess&& other) noexcept;
  Subprocess& operator=(Subprocess&&) = delete;

  // The reading end; the caller takes it over (once).
  [[nodiscard]] int take_output();
  // Everything it writes.
  [[nodiscard]] std::string read_all();
  // Waits; its exit code, or 128 + the signal that ended it.
  [[nodiscard]] int wait();

 private:
  Subprocess(pid_t pid, int output) : pid_(pid), output_(output) {}
  pid_t pid_ = -1;
  int output_ = -1;
  int exit_ = -1;
};

}  // namespace muster::loadgen
