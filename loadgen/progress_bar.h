// A line on the terminal that says how far long work has come; silent where stderr is not a
// terminal.
#pragma once

#include <cstdint>
#include <string>

namespace muster::loadgen {

class ProgressBar {
 public:
  explicit ProgressBar(std::string label);
  ~ProgressBar();  // ends the line
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void show(std::uint64_t done, std::uint64_t of);

 private:
  std::string label_;
  bool visible_;
  int shown_percent_ = -1;
};

}  // namespace muster::loadgen
