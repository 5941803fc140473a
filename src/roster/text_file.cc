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

Complaint of_file(const std::string& path, std::string found, std::string mend, Error cause = {}) {
  return Complaint{path, 0, 0, std::move(found), "", std::move(mend), cause};
}

// A regular file; owns its descriptor.
class RegularFile final : public ByteSource {
 public:
  RegularFile(int owned_fd, std::string path) : fd_(owned_fd), path_(std::move(path)) {}
  RegularFile(const RegularFile&) = delete;
  RegularFile& operator=(const RegularFile&) = delete;
  ~RegularFile() override { ::close(fd_); }

  [[nodiscard]] Result<void, Complaint> look() {
    struct stat facts{};
    if (::fstat(fd_, &facts) != 0) {
      return cannot_be_read();
    }
    if (!S_ISREG(facts.st_mode)) {
      return tl::unexpected(
          of_file(path_, "this is not a regular file", "give a CSV or NDJSON file"));
    }
    size_at_start_ = static_cast<std::uint64_t>(facts.st_size);
    changed_at_ns_ = changed_at_ns(facts);
    return {};
  }
  [[nodiscard]] Result<std::size_t, Complaint> read(char* into, std::size_t bytes_max) override {
    for (;;) {
      const auto got = ::read(fd_, into, bytes_max);
      if (got < 0 && errno == EINTR) {
        continue;
      }
      if (got < 0) {
        return cannot_be_read();
      }
      bytes_read_ += static_cast<std::uint64_t>(got);
      if (got == 0 && !unchanged()) {
        return tl::unexpected(of_file(path_, "this file changed while it was read",
                                      "import it once it is complete; nothing was stored"));
      }
      return static_cast<std::size_t>(got);
    }
  }
  [[nodiscard]] std::uint64_t bytes_total() const override { return size_at_start_; }

 private:
  [[nodiscard]] tl::unexpected<Complaint> cannot_be_read() const {
    const auto error = error_of_errno(errno);
    return tl::unexpected(of_file(path_, "this file cannot be read: " + words(error), "", error));
  }
  [[nodiscard]] bool unchanged() const {
    struct stat facts{};
    return ::fstat(fd_, &facts) == 0 && changed_at_ns(facts) == changed_at_ns_ &&
           bytes_read_ == size_at_start_;
  }

  int fd_;
  std::string path_;
  std::uint64_t bytes_read_ = 0;
  std::uint64_t size_at_start_ = 0;
  std::int64_t changed_at_ns_ = 0;
};

}  // namespace

TextFile::TextFile(std::unique_ptr<ByteSource> bytes, std::string path)
    : bytes_(std::move(bytes)),
      path_(std::move(path)),
      buffer_(std::make_unique_for_overwrite<char[]>(buffer_bytes + padding)) {}

Result<TextFile, Complaint> TextFile::open(const std::string& path) {
  // O_NONBLOCK: opening a FIFO must not wait for its writer.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    const auto error = error_of_errno(errno);
    return tl::unexpected(Complaint{path, 0, 0, "this file cannot be opened: " + words(error),
                                    "a readable file", "check the path and its rights", error});
  }
  auto bytes = std::make_unique<RegularFile>(fd, path);
  if (auto looked = bytes->look(); !looked) {
    return tl::unexpected(looked.error());
  }
  return over(std::move(bytes), path);
}

Result<TextFile, Complaint> TextFile::over(std::unique_ptr<ByteSource> bytes,
                                           const std::string& path) {
  TextFile file(std::move(bytes), path);
  if (auto filled = file.fill(); !filled) {
    return tl::unexpected(filled.error());
  }
  if (auto checked = file.check_encoding(); !checked) {
    return tl::unexpected(checked.error());
  }
  return file;
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
  std::memmove(buffer_.get(), data(), size());
  end_ = size();
  begin_ = 0;
  while (!at_end_ && end_ < buffer_bytes) {
    const auto got = bytes_->read(buffer_.get() + end_, buffer_bytes - end_);
    if (!got) {
      return tl::unexpected(got.error());
    }
    at_end_ = *got == 0;
    end_ += *got;
    bytes_read_ += *got;
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
