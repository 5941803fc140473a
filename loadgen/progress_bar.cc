#include "loadgen/progress_bar.h"

#include <unistd.h>

#include <cstdio>
#include <utility>

namespace muster::loadgen {

ProgressBar::ProgressBar(std::string label)
    : label_(std::move(label)), visible_(::isatty(STDERR_FILENO) == 1) {}

ProgressBar::~ProgressBar() {
  if (visible_ && shown_percent_ >= 0) {
    std::fputc('\n', stderr);
  }
}

void ProgressBar::show(std::uint64_t done, std::uint64_t of) {
  constexpr int cells = 40;
  const int percent = of == 0 ? 100 : static_cast<int>(done * 100 / of);
  if (!visible_ || std::exchange(shown_percent_, percent) == percent) {
    return;
  }
  std::string bar(static_cast<std::size_t>(percent * cells / 100), '#');
  bar.resize(cells, '.');
  std::fprintf(stderr, "\r%s [%s] %3d %%  %llu of %llu", label_.c_str(), bar.c_str(), percent,
               static_cast<unsigned long long>(done), static_cast<unsigned long long>(of));
  std::fflush(stderr);
}

}  // namespace muster::loadgen
