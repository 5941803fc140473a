#include "roster/rejects.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "roster/csv.h"

namespace muster::roster {
namespace {

constexpr std::size_t buffer_bytes = 256UL * 1024;

tl::unexpected<Complaint> refused(const std::string& path) {
  const auto error = error_of_errno(errno);
  return tl::unexpected(Complaint{path, 0, 0, "the rejects cannot be written: " + words(error),
                                  "a file that can be written", "", error});
}

}  // namespace

Rejects::Rejects(Rejects&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      path_(std::move(other.path_)),
      buffer_(std::move(other.buffer_)),
      file_(std::move(other.file_)) {}

Rejects::~Rejects() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

Result<Rejects, Complaint> Rejects::open(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) {
    return refused(path);
  }
  return Rejects(fd, path);
}

Result<void, Complaint> Rejects::write(const Complaint& why, const RowReader& at) {
  if (why.file != file_) {
    file_ = why.file;
    buffer_ += "file,line,column,reason," + at.header_as_csv() + "\n";
  }
  Complaint reason = why;
  reason.file.clear();
  append_csv(buffer_, why.file);
  buffer_ += ',' + std::to_string(why.line) + ',' + std::to_string(why.column) + ',';
  append_csv(buffer_, reason.line_of_text());
  buffer_ += ',' + at.as_csv() + '\n';
  return buffer_.size() < buffer_bytes ? Result<void, Complaint>{} : flush();
}

Result<void, Complaint> Rejects::close() {
  if (auto flushed = flush(); !flushed) {
    return flushed;
  }
  if (::close(std::exchange(fd_, -1)) != 0) {
    return refused(path_);
  }
  return {};
}

Result<void, Complaint> Rejects::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const auto wrote = ::write(fd_, rest.data(), rest.size());
    if (wrote < 0 && errno == EINTR) {
      continue;
    }
    if (wrote < 0) {
      return refused(path_);
    }
    rest.remove_prefix(static_cast<std::size_t>(wrote));
  }
  buffer_.clear();
  return {};
}

}  // namespace muster::roster
