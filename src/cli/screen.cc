#include "cli/screen.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>

#include "base/result.h"
#include "cli/text.h"
#include "muster/error.h"

namespace muster::cli {
namespace {

constexpr std::size_t columns_unknown = 80;
constexpr std::size_t answer_bytes_max = 64;
constexpr Duration redraw_interval = std::chrono::milliseconds(100);
constexpr Duration line_interval = std::chrono::seconds(1);
constexpr const char* erase_to_end = "\x1b[K";

}  // namespace

bool Output::write(std::string_view text) {
  while (!text.empty() && os_error_ == 0) {
    const ssize_t written = ::write(fd_, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {  // somebody made our pipe non-blocking
      pollfd watched{.fd = fd_, .events = POLLOUT, .revents = 0};
      poll(&watched, 1, -1);
    } else if (errno != EINTR) {
      os_error_ = errno;
    }
  }
  return os_error_ == 0;
}

bool Output::terminal() const {
  const char* kind = std::getenv("TERM");  // NOLINT(concurrency-mt-unsafe): nobody sets it
  return isatty(fd_) == 1 && kind != nullptr && std::string_view(kind) != "dumb";
}

std::size_t Output::columns() const {
  winsize size{};
  if (ioctl(fd_, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
    return columns_unknown;
  }
  return size.ws_col;
}

void Screen::complain(std::string_view line) {
  error_.write("muster: " + shown(line) + "\n");
}

int Screen::finish(int exit_code) {
  const int os_error = out_.os_error();
  if (os_error == 0 || os_error == EPIPE) {
    return exit_code;
  }
  complain("cannot write to standard output: " + words(error_of_errno(os_error)) +
           "; make room, or write elsewhere");
  return exit_code == 0 ? static_cast<int>(FailureKind::cannot_start) : exit_code;
}

bool LiveLine::due(Instant now) {
  const Duration interval = redrawn_ ? redraw_interval : line_interval;
  if (next_ == Instant{}) {
    next_ = now + interval;
    return false;
  }
  if (now < next_) {
    return false;
  }
  next_ = now + interval;
  return true;
}

void LiveLine::show(const std::string& text) {
  output_.write(redrawn_ ? "\r" + text + erase_to_end : text + "\n");
  drawn_ = redrawn_;
}

void LiveLine::end() {
  if (drawn_) {
    output_.write("\n");
    drawn_ = false;
  }
}

Answer read_answer(int in, Signals& signals) {
  std::string line;
  for (;;) {
    std::array<pollfd, 2> watched{{{.fd = in, .events = POLLIN, .revents = 0},
                                   {.fd = signals.fd(), .events = POLLIN, .revents = 0}}};
    poll(watched.data(), watched.size(), -1);
    if (signals.take()) {
      return Answer::interrupted;
    }
    if (watched[0].revents == 0) {
      continue;
    }
    char c = '\0';
    const ssize_t got = read(in, &c, 1);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) {
      continue;
    }
    if (got <= 0 || c == '\n' || line.size() == answer_bytes_max) {
      const bool ended = got > 0 && c == '\n';
      const bool yes =
          line == "y" || line == "Y" || line == "yes" || line == "Yes" || line == "YES";
      return ended && yes ? Answer::yes : Answer::no;
    }
    line += c;
  }
}

}  // namespace muster::cli
