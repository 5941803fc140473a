#include "roster/text_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/utf8.h"
#include "model/limits.h"

namespace muster::roster {
namespace {

constexpr std::size_t ready_bytes = limits::line_bytes_max + 2;  // a line and its CR LF
constexpr std::size_t buffer_bytes = 4 * limits::line_bytes_max;
constexpr std::size_t padding = 64;  // simdjson reads beyond the end
static_assert(buffer_bytes >= 2 * ready_bytes);

std::int64_t changed_at_ns(const struct stat& facts) {
  return facts.st_mtim.tv_sec * 1'000'000'000 + facts.st_mtim.tv_nsec;
}

}  // namespace

TextFile::TextFile(int owned_fd, std::string path)
    : fd_(owned_fd), path_(std::move(path)), buffer_(buffer_bytes + padding) {}
TextFile::TextFile(TextFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      path_(std::move(other.path_)),
      buffer_(std::move(other.buffer_)),
      begin_(other.begin_),
      end_(other.end_),
      at_end_(other.at_end_),
      bytes_read_(other.bytes_read_),
      size_at_start_(other.size_at_start_),
      changed_at_ns_(other.changed_at_ns_) {}
TextFile::~TextFile() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

Result<TextFile, Complaint> TextFile::open(const std::string& path) {
  // O_NONBLOCK: opening a FIFO must not wait for its writer.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    const auto error = error_of_errno(errno);
    return tl::unexpected(Complaint{path, 0, 0, "this file cannot be opened: " + words(error),
                                    "a readable file", "check the path and its rights", error});
  }
  TextFile file(fd, path);
  struct stat facts{};
  if (::fstat(fd, &facts) != 0) {
    const auto error = error_of_errno(errno);
    return tl::unexpected(file.complaint("this file cannot be read: " + words(error), "", error));
  }
  if (!S_ISREG(facts.st_mode)) {
    return tl::unexpected(
        file.complaint("this is not a regular file", "give a CSV or NDJSON file"));
  }
  file.size_at_start_ = static_cast<std::uint64_t>(facts.st_size);
  file.changed_at_ns_ = changed_at_ns(facts);
  if (auto filled = file.fill(); !filled) {
    return tl::unexpected(filled.error());
  }
  if (auto checked = file.check_encoding(); !checked) {
    return tl::unexpected(checked.error());
  }
  return file;
}

Complaint TextFile::complaint(std::string found, std::string mend, Error cause) const {
  return Complaint{path_, 0, 0, std::move(found), "", std::move(mend), cause};
}

Result<void, Complaint> TextFile::check_encoding() {
  const std::string_view start(data(), size());
  if (start.empty()) {
    return tl::unexpected(
        Complaint{path_, 1, 1, "the file is empty", "a header line", "export it again", {}});
  }
  const bool marked = start.starts_with("\xFF\xFE") || start.starts_with("\xFE\xFF");
  const bool every_second_is_nul =
      start.size() >= 4 && ((start[0] == 0 && start[2] == 0) || (start[1] == 0 && start[3] == 0));
  if (marked || every_second_is_nul) {
    return tl::unexpected(
        Complaint{path_, 1, 1, "the file is UTF-16", "UTF-8", "save it as UTF-8", {}});
  }
  if (start.starts_with("\xEF\xBB\xBF")) {
    consume(3);
  }
  return {};
}

Result<void, Complaint> TextFile::fill() {
  if (at_end_ || size() >= ready_bytes) {
    return {};
  }
  std::memmove(buffer_.data(), data(), size());
  end_ = size();
  begin_ = 0;
  while (!at_end_ && end_ < buffer_bytes) {
    const auto got = ::read(fd_, buffer_.data() + end_, buffer_bytes - end_);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      const auto error = error_of_errno(errno);
      return tl::unexpected(complaint("this file cannot be read: " + words(error), "", error));
    }
    at_end_ = got == 0;
    end_ += static_cast<std::size_t>(got);
    bytes_read_ += static_cast<std::uint64_t>(got);
  }
  return at_end_ ? check_unchanged() : Result<void, Complaint>{};
}

Result<void, Complaint> TextFile::check_unchanged() const {
  struct stat facts{};
  const bool same = ::fstat(fd_, &facts) == 0 && changed_at_ns(facts) == changed_at_ns_ &&
                    bytes_read_ == size_at_start_;
  if (!same) {
    return tl::unexpected(complaint("this file changed while it was read",
                                    "import it once it is complete; nothing was stored"));
  }
  return {};
}

Result<void, Complaint> TextFile::check_text(std::string_view text, std::uint64_t line,
                                             std::uint64_t column) const {
  const auto at = first_not_text(text);
  if (at == text.size()) {
    return {};
  }
  for (std::size_t i = 0; i < at; ++i) {
    const bool breaks = text[i] == '\n' || (text[i] == '\r' && text[i + 1] != '\n');
    line += breaks ? 1 : 0;
    column = breaks ? 1 : column + 1;
  }
  return tl::unexpected(
      Complaint{path_, line, column, words_of_byte(text, at), "UTF-8", "save it as UTF-8", {}});
}

}  // namespace muster::roster
