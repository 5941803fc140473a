#include "loadgen/subprocess.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace muster::loadgen {

Result<Subprocess, Complaint> Subprocess::start(const std::vector<std::string>& command) {
  std::array<int, 2> pipe{-1, -1};
  const int empty = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (empty < 0 || ::pipe2(pipe.data(), O_CLOEXEC) != 0) {
    Complaint complaint;
    complaint.file = command.front();
    complaint.cause = error_of_errno(errno);
    complaint.found = "cannot start: " + std::generic_category().message(errno);
    ::close(empty);
    return tl::unexpected(std::move(complaint));
  }
  auto child = Child::start(command, {empty, pipe[1], STDERR_FILENO});
  ::close(empty);
  ::close(pipe[1]);
  if (!child) {
    ::close(pipe[0]);
    return tl::unexpected(std::move(child.error()));
  }
  return Subprocess(std::move(*child), pipe[0]);
}

Subprocess::Subprocess(Subprocess&& other) noexcept
    : child_(std::move(other.child_)), output_(std::exchange(other.output_, -1)) {}

Subprocess::~Subprocess() {
  if (output_ >= 0) {
    ::close(output_);
  }
  (void)wait();
}

int Subprocess::take_output() {
  return std::exchange(output_, -1);
}

std::string Subprocess::read_all() {
  std::string text;
  std::array<char, 65'536> piece{};
  for (;;) {
    const auto got = ::read(output_, piece.data(), piece.size());
    if (got > 0) {
      text.append(piece.data(), static_cast<std::size_t>(got));
    } else if (got == 0 || errno != EINTR) {
      return text;
    }
  }
}

}  // namespace muster::loadgen
