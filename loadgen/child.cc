#include "loadgen/child.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <thread>
#include <utility>

namespace muster::loadgen {
namespace {

constexpr Duration stop_patience = std::chrono::seconds(40);  // a drain takes up to 30 s
constexpr Duration look_every = std::chrono::milliseconds(5);
constexpr int cannot_run = 127;  // as shells say it

Complaint about(const std::string& file, const std::string& what, int os_error) {
  Complaint complaint;
  complaint.file = file;
  complaint.found = what + ": " + std::generic_category().message(os_error);
  complaint.cause = error_of_errno(os_error);
  return complaint;
}

int open_for(const std::string& file) {
  return ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

// In the new process, where only async-signal-safe calls are allowed. Returns where it failed.
void become(char** arguments, const std::array<int, 3>& ends, pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) {
    ::_exit(cannot_run);  // it is gone already
  }
  sigset_t none;
  sigemptyset(&none);
  ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
  for (int end = 0; end < static_cast<int>(ends.size()); ++end) {
    ::dup2(ends[static_cast<std::size_t>(end)], end);
  }
  ::execvp(arguments[0], arguments);
}

// Forks; `failed` is the end of a pipe that closes where the program runs, and else says why not.
pid_t start_process(const std::vector<std::string>& command, const std::array<int, 3>& ends,
                    int failed) {
  std::vector<std::string> words = command;
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (auto& word : words) {
    arguments.push_back(word.data());
  }
  arguments.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) {
    become(arguments.data(), ends, parent);
    const int why = errno;
    const auto told = ::write(failed, &why, sizeof why);
    ::_exit(told == sizeof why ? cannot_run : cannot_run - 1);
  }
  return pid;
}

}  // namespace

Result<Child, Complaint> Child::start(const std::vector<std::string>& command,
                                      const std::string& out_file, const std::string& err_file) {
  const std::array<int, 3> ends{::open("/dev/null", O_RDONLY | O_CLOEXEC), open_for(out_file),
                                open_for(err_file)};
  const bool opened = ends[0] >= 0 && ends[1] >= 0 && ends[2] >= 0;
  const int refused = opened ? 0 : errno;
  auto child =
      opened ? start(command, ends) : tl::unexpected(about(out_file, "cannot start", refused));
  for (const int end : ends) {
    if (end >= 0) {
      ::close(end);
    }
  }
  return child;
}

Result<Child, Complaint> Child::start(const std::vector<std::string>& command,
                                      const std::array<int, 3>& ends) {
  std::array<int, 2> pipe{-1, -1};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) {
    return tl::unexpected(about(command.front(), "cannot start", errno));
  }
  const pid_t pid = start_process(command, ends, pipe[1]);
  int why = pid < 0 ? errno : 0;
  ::close(pipe[1]);
  if (pid >= 0 && ::read(pipe[0], &why, sizeof why) != sizeof why) {
    why = 0;
  }
  ::close(pipe[0]);
  Child child(pid);
  if (why != 0) {
    return tl::unexpected(about(command.front(), "cannot start", why));
  }
  return child;
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), exit_(std::exchange(other.exit_, std::nullopt)) {}

Child& Child::operator=(Child&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(exit_, other.exit_);
  return *this;
}

Child::~Child() {
  (void)stop(stop_patience);
}

void Child::look(int how) {
  int status = 0;
  if (pid_ > 0 && ::waitpid(pid_, &status, how) == pid_) {
    pid_ = -1;
    exit_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
}

std::optional<int> Child::ended() {
  look(WNOHANG);
  return exit_;
}

int Child::wait() {
  do {
    look(0);
  } while (pid_ > 0 && errno == EINTR);
  return exit_.value_or(-1);
}

int Child::stop(Duration patience) {
  if (pid_ > 0) {
    ::kill(pid_, SIGTERM);
  }
  const SystemClock clock;
  const auto until = clock.now() + patience;
  while (pid_ > 0 && !ended()) {
    if (clock.now() >= until) {
      ::kill(pid_, SIGKILL);
    }
    std::this_thread::sleep_for(look_every);
  }
  return exit_.value_or(-1);
}

}  // namespace muster::loadgen
