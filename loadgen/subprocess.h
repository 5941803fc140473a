// A child that is read: its standard output comes by a pipe, its errors go to ours.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "loadgen/child.h"

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
  [[nodiscard]] int wait() { return child_.wait(); }

 private:
  Subprocess(Child child, int output) : child_(std::move(child)), output_(output) {}

  Child child_;
  int output_ = -1;
};

}  // namespace muster::loadgen
