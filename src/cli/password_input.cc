#include "cli/password_input.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>

#include "base/result.h"
#include "cli/text.h"

namespace muster::cli {
namespace {

// More than any password has: what is behind it shows that it is none.
constexpr std::size_t bytes_max = 4096;

Failure failure(std::string line) {
  return {FailureKind::cannot_start, std::move(line)};
}

// No echo while it lives.
class Silence {
 public:
  explicit Silence(int fd) : fd_(fd) {
    silent_ = tcgetattr(fd, &before_) == 0;
    if (silent_) {
      termios quiet = before_;
      quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
      quiet.c_lflag |= ECHONL | ICANON;
      silent_ = tcsetattr(fd, TCSAFLUSH, &quiet) == 0;
    }
  }
  ~Silence() {
    if (silent_) {
      tcsetattr(fd_, TCSAFLUSH, &before_);
    }
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;
  [[nodiscard]] bool silent() const { return silent_; }

 private:
  int fd_;
  termios before_{};
  bool silent_ = false;
};

// Up to the line's end; nothing where the input ended or failed before.
std::optional<std::string> read_line(int fd) {
  std::string line;
  for (;;) {
    char c = '\0';
    const ssize_t got = read(fd, &c, 1);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0 || line.size() == bytes_max) {
      return std::nullopt;
    }
    if (c == '\n') {
      return line;
    }
    line += c;
  }
}

// All of it, and one byte more than may be where there is too much; nothing: it failed.
std::optional<std::string> read_all(int fd) {
  std::string content;
  std::array<char, bytes_max> piece{};
  while (content.size() <= bytes_max) {
    const ssize_t got = read(fd, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return std::nullopt;
    }
    if (got == 0) {
      return content;
    }
    content.append(piece.data(), static_cast<std::size_t>(got));
  }
  return content;
}

}  // namespace

Checked<std::string> password_of_file(const std::string& file) {
  const bool standard = file == "-";
  const int fd = standard ? STDIN_FILENO : open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  const std::string name = standard ? "standard input" : shown(file);
  if (fd < 0) {
    return failure("the password file " + name + " cannot be opened: " +
                   words(error_of_errno(errno)) + "; name a file that you may read");
  }
  const auto content = read_all(fd);
  if (!standard) {
    close(fd);
  }
  if (!content) {
    return failure("the password file " + name + " cannot be read; is it a file?");
  }
  std::string password = *content;
  if (password.ends_with('\n')) {
    password.pop_back();
  }
  if (password.ends_with('\r')) {
    password.pop_back();
  }
  if (password.empty() || password.size() > bytes_max || password.find('\n') != std::string::npos) {
    return failure(name + " does not hold one line, the password; write it there alone");
  }
  return password;
}

Checked<std::string> password_of_terminal(int fd, Output& person) {
  if (isatty(fd) != 1) {
    return failure(
        "there is no terminal to ask for the password; give --password-file FILE, or - "
        "for standard input");
  }
  const Silence silence(fd);
  if (!silence.silent()) {
    return failure("the terminal would show the password; give --password-file FILE");
  }
  person.write("New password: ");
  auto first = read_line(fd);
  if (first) {
    person.write("Once more: ");
  }
  const auto second = first ? read_line(fd) : std::nullopt;
  if (!second) {
    return failure("no password was given; nothing was changed");
  }
  if (*first != *second) {
    return failure("the two passwords differ; nothing was changed, try again");
  }
  return std::move(*first);
}

}  // namespace muster::cli
