// The lock file := pid " " boot id "\n". What is written inside is for the message only; the lock
// itself is the kernel's and goes with the process. An open-file lock rather than flock(2), because
// asking who holds it must not take it, not even for a moment.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <utility>

#include "store/database.h"

namespace muster::store {
namespace {

std::string lock_file_of(const std::string& dir) {
  return dir + "/muster.lock";
}

struct flock whole_file(short type) {
  struct flock lock{};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

std::string boot_id() {
  std::ifstream in("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(in, id);
  return id;
}

std::string words_of_holder(int fd) {
  std::array<char, 128> text{};
  const auto size = ::pread(fd, text.data(), text.size(), 0);
  const std::string_view held(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  const auto space = held.find(' ');
  if (space == std::string_view::npos) {
    return "another process works in this directory";
  }
  const std::string pid(held.substr(0, space));
  if (held.substr(space + 1) != boot_id() + "\n") {
    return "process " + pid + " of another machine works in this directory";
  }
  return "process " + pid + " works in this directory";
}

Complaint complaint_about(const std::string& file, int os_error) {
  Complaint complaint;
  complaint.file = file;
  complaint.cause = error_of_errno(os_error);
  complaint.found = "cannot use this directory: " + words(complaint.cause);
  complaint.mend = "name a directory that the user of muster may write";
  return complaint;
}

}  // namespace

Result<DirectoryLock, Complaint> DirectoryLock::take(const std::string& dir) {
  if (::mkdir(dir.c_str(), 0700) != 0 && errno != EEXIST) {
    return tl::unexpected(complaint_about(dir, errno));
  }
  const auto file = lock_file_of(dir);
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    return tl::unexpected(complaint_about(dir, errno));
  }
  DirectoryLock taken(fd);
  auto lock = whole_file(F_WRLCK);
  if (::fcntl(fd, F_OFD_SETLK, &lock) != 0) {
    if (errno != EAGAIN && errno != EACCES) {
      return tl::unexpected(complaint_about(file, errno));
    }
    return tl::unexpected(Complaint{.file = file,
                                    .found = words_of_holder(fd),
                                    .expected = "one process a directory",
                                    .mend = "stop it first, or name another directory",
                                    .cause = {ErrorCode::store_busy, 0}});
  }
  const auto inside = std::to_string(::getpid()) + " " + boot_id() + "\n";
  if (::ftruncate(fd, 0) != 0 ||
      ::pwrite(fd, inside.data(), inside.size(), 0) != static_cast<ssize_t>(inside.size())) {
    return tl::unexpected(complaint_about(file, errno));
  }
  return taken;
}

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
DirectoryLock& DirectoryLock::operator=(DirectoryLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}
DirectoryLock::~DirectoryLock() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

bool DirectoryLock::held(const std::string& dir) {
  const int fd = ::open(lock_file_of(dir).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return false;
  }
  auto lock = whole_file(F_WRLCK);
  const bool answered = ::fcntl(fd, F_OFD_GETLK, &lock) == 0;
  ::close(fd);
  return answered && lock.l_type != F_UNLCK;
}

}  // namespace muster::store
