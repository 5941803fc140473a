#include "loadgen/school_screen.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace muster::loadgen {
namespace {

constexpr Duration redraw_every = std::chrono::milliseconds(200);
constexpr Duration say_every = std::chrono::seconds(5);

std::string bar_of(std::uint64_t done, std::uint64_t of) {
  constexpr std::uint64_t cells = 30;
  const auto full = std::min(cells, done * cells / std::max<std::uint64_t>(of, 1));
  return "[" + std::string(full, '#') + std::string(cells - full, '.') + "] ";
}

}  // namespace

SchoolScreen::SchoolScreen() : terminal_(::isatty(STDERR_FILENO) == 1) {}

void SchoolScreen::begin(const std::string& stage) {
  stage_ = stage;
  began_ = shown_ = clock_.now();
  std::fprintf(stderr, terminal_ ? "%s …" : "%s …\n", stage.c_str());
}

void SchoolScreen::show(std::uint64_t done, std::uint64_t of, const std::string& more) {
  const auto now = clock_.now();
  if (now - shown_ < (terminal_ ? redraw_every : say_every)) {
    return;
  }
  shown_ = now;
  const auto count = of == 0 ? std::string() : std::to_string(done) + " of " + std::to_string(of);
  if (terminal_) {
    std::fprintf(stderr, "\r\x1b[K%s %s%s %s", stage_.c_str(),
                 of == 0 ? "" : bar_of(done, of).c_str(), count.c_str(), more.c_str());
  } else {
    std::fprintf(stderr, "  %s %s\n", count.c_str(), more.c_str());
  }
}

double SchoolScreen::end() {
  const auto seconds = std::chrono::duration<double>(clock_.now() - began_).count();
  if (terminal_) {
    std::fprintf(stderr, "\r\x1b[K%s: %.1f s\n", stage_.c_str(), seconds);
  } else {
    std::fprintf(stderr, "  %.1f s\n", seconds);
  }
  return seconds;
}

}  // namespace muster::loadgen
