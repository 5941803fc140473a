// Another program that runs beside this one and never outlives it.
//
// It is started in a process group of its own, so that Ctrl-C on the terminal reaches us alone and
// we stop our children in good order; should we be killed, the kernel ends them (PDEATHSIG: to be
// started by the program's first thread). Its input is empty, and no signal is blocked for it.
#pragma once

#include <sys/types.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace muster::loadgen {

class Child {
 public:
  // `command` begins with the program's path or name. The files are made, or emptied.
  [[nodiscard]] static Result<Child, Complaint> start(const std::vector<std::string>& command,
                                                      const std::string& out_file,
                                                      const std::string& err_file);
  // With these as its input, output and errors; they stay the caller's.
  [[nodiscard]] static Result<Child, Complaint> start(const std::vector<std::string>& command,
                                                      const std::array<int, 3>& ends);
  ~Child();  // stops it
  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;

  [[nodiscard]] pid_t pid() const { return pid_; }
  // Its exit code, or 128 + the signal that ended it; nothing while it runs.
  [[nodiscard]] std::optional<int> ended();
  // Waits for its end.
  int wait();
  // Asks it to end (SIGTERM), and ends it (SIGKILL) once it has had so long. Its exit code.
  int stop(Duration patience);

 private:
  explicit Child(pid_t pid) : pid_(pid) {}
  void look(int how);  // `how` as waitpid() knows it

  pid_t pid_ = -1;  // until it was waited for
  std::optional<int> exit_;
};

}  // namespace muster::loadgen
