#include "loadgen/subprocess.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace muster::loadgen {
namespace {

Complaint cannot_start(const std::string& program, int os_error) {
  Complaint complaint;
  complaint.file = program;
  complaint.found = "cannot start: " + std::generic_category().message(os_error);
  complaint.cause = error_of_errno(os_error);
  return complaint;
}

}  // namespace

Result<Subprocess, Complaint> Subprocess::start(const std::vector<std::string>& command) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return tl::unexpected(cannot_start(command.front(), errno));
  }
  std::vector<std::string> words = command;
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (auto& word : words) {
    arguments.push_back(word.data());
  }
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  pid_t pid = -1;
  const int refused =
      ::posix_spawnp(&pid, arguments.front(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  if (refused != 0) {
    ::close(ends[0]);
    return tl::unexpected(cannot_start(command.front(), refused));
  }
  return Subprocess(pid, ends[0]);
}

Subprocess::Subprocess(Subprocess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      output_(std::exchange(other.output_, -1)),
      exit_(other.exit_) {}

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

int Subprocess::wait() {
  int status = 0;
  while (pid_ > 0 && ::waitpid(pid_, &status, 0) < 0) {
    if (errno != EINTR) {
      break;
    }
  }
  if (std::exchange(pid_, -1) > 0) {
    exit_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  return exit_;
}

}  // namespace muster::loadgen
