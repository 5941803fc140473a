#include "loadgen/journal_tail.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace muster::loadgen {

JournalTail::~JournalTail() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

Result<void, Complaint> JournalTail::read(const std::function<void(std::string_view)>& hear) {
  if (fd_ < 0) {
    fd_ = ::open(file_.c_str(), O_RDONLY | O_CLOEXEC);
  }
  std::array<char, 65'536> piece{};
  while (fd_ >= 0) {
    const auto got = ::read(fd_, piece.data(), piece.size());
    if (got < 0 && errno != EINTR) {
      Complaint complaint;
      complaint.file = file_;
      complaint.found = "cannot read: " + std::generic_category().message(errno);
      complaint.cause = error_of_errno(errno);
      return tl::unexpected(std::move(complaint));
    }
    if (got == 0) {
      break;
    }
    rest_.append(piece.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
    std::size_t from = 0;
    for (auto end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n', from)) {
      hear(std::string_view(rest_).substr(from, end - from));
      from = end + 1;
    }
    rest_.erase(0, from);
  }
  return {};
}

}  // namespace muster::loadgen
