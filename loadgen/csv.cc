#include "loadgen/csv.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace muster::loadgen {
namespace {

constexpr std::size_t buffer_bytes = 1 << 20;

Complaint cannot(const std::string& verb, const std::string& file, int os_error) {
  Complaint complaint;
  complaint.file = file;
  complaint.found = "cannot " + verb + ": " + std::generic_category().message(os_error);
  complaint.cause = error_of_errno(os_error);
  return complaint;
}

}  // namespace

// ── writing ──

CsvWriter::CsvWriter(std::string file, int fd) : file_(std::move(file)), fd_(fd) {
  buffer_.reserve(buffer_bytes + 4096);
}

CsvWriter::CsvWriter(CsvWriter&& other) noexcept
    : file_(std::move(other.file_)),
      fd_(std::exchange(other.fd_, -1)),
      os_error_(other.os_error_),
      buffer_(std::move(other.buffer_)) {}

CsvWriter::~CsvWriter() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

Result<CsvWriter, Complaint> CsvWriter::create(const std::string& file) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) {
    return tl::unexpected(cannot("create", file, errno));
  }
  return CsvWriter(file, fd);
}

void CsvWriter::row(std::span<const std::string_view> fields) {
  bool first = true;
  for (const auto field : fields) {
    if (!std::exchange(first, false)) {
      buffer_ += ',';
    }
    if (field.find_first_of(",\"\r\n") == std::string_view::npos) {
      buffer_ += field;
      continue;
    }
    buffer_ += '"';
    for (const char c : field) {
      buffer_.append(c == '"' ? 2 : 1, c);
    }
    buffer_ += '"';
  }
  buffer_ += '\n';
  if (buffer_.size() >= buffer_bytes) {
    flush();
  }
}

void CsvWriter::flush() {
  std::size_t at = 0;
  while (at < buffer_.size() && os_error_ == 0) {
    const auto written = ::write(fd_, buffer_.data() + at, buffer_.size() - at);
    if (written >= 0) {
      at += static_cast<std::size_t>(written);
    } else if (errno != EINTR) {
      os_error_ = errno;
    }
  }
  buffer_.clear();
}

Result<void, Complaint> CsvWriter::close() {
  flush();
  if (::close(std::exchange(fd_, -1)) != 0 && os_error_ == 0) {
    os_error_ = errno;
  }
  if (os_error_ != 0) {
    return tl::unexpected(cannot("write", file_, os_error_));
  }
  return {};
}

// ── reading ──

CsvReader::CsvReader(int fd, std::string name)
    : name_(std::move(name)), fd_(fd), buffer_(buffer_bytes) {}

CsvReader::CsvReader(CsvReader&& other) noexcept
    : name_(std::move(other.name_)),
      fd_(std::exchange(other.fd_, -1)),
      os_error_(other.os_error_),
      buffer_(std::move(other.buffer_)),
      at_(other.at_),
      end_(other.end_),
      line_(other.line_),
      row_line_(other.row_line_),
      row_(std::move(other.row_)),
      width_(other.width_),
      columns_(other.columns_),
      places_(std::move(other.places_)),
      chosen_(std::move(other.chosen_)) {}

CsvReader::~CsvReader() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

Result<CsvReader, Complaint> CsvReader::open(const std::string& file) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return tl::unexpected(cannot("read", file, errno));
  }
  return CsvReader(fd, file);
}

Complaint CsvReader::complain(std::string found, std::string expected) const {
  Complaint complaint;
  complaint.file = name_;
  complaint.line = row_line_;
  complaint.found = std::move(found);
  complaint.expected = std::move(expected);
  return complaint;
}

Result<void, Complaint> CsvReader::expect(std::span<const std::string_view> columns) {
  static constexpr std::string_view mark = "\xEF\xBB\xBF";
  auto header = read_row();
  if (!header) {
    return tl::unexpected(header.error());
  }
  if (!*header) {
    return tl::unexpected(complain("the file is empty", "a line of column names"));
  }
  if (row_[0].starts_with(mark)) {
    row_[0].erase(0, mark.size());
  }
  columns_ = width_;
  const auto last = row_.begin() + static_cast<std::ptrdiff_t>(width_);
  for (const auto column : columns) {
    const auto found = std::find(row_.begin(), last, column);
    if (found == last) {
      return tl::unexpected(complain("no column '" + std::string(column) + "'"));
    }
    places_.push_back(static_cast<std::size_t>(found - row_.begin()));
  }
  chosen_.resize(places_.size());
  return {};
}

Result<bool, Complaint> CsvReader::next() {
  auto more = read_row();
  if (!more || !*more) {
    return more;
  }
  if (width_ != columns_) {
    return tl::unexpected(
        complain(std::to_string(width_) + " fields", std::to_string(columns_) + " as in line 1"));
  }
  for (std::size_t i = 0; i < places_.size(); ++i) {
    chosen_[i] = row_[places_[i]];
  }
  return true;
}

Result<void, Complaint> CsvReader::each_row(std::span<const std::string_view> columns,
                                            const Seer& see) {
  if (auto found = expect(columns); !found) {
    return found;
  }
  for (;;) {
    const auto more = next();
    if (!more) {
      return tl::unexpected(more.error());
    }
    if (!*more) {
      return {};
    }
    if (auto seen = see(fields()); !seen) {
      return seen;
    }
  }
}

int CsvReader::peek() {
  if (at_ == end_) {
    ssize_t got = 0;
    do {
      got = ::read(fd_, buffer_.data(), buffer_.size());
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
      os_error_ = errno;
    }
    at_ = 0;
    end_ = got > 0 ? static_cast<std::size_t>(got) : 0;
  }
  return at_ == end_ ? -1 : static_cast<unsigned char>(buffer_[at_]);
}

int CsvReader::get() {
  const int c = peek();
  if (c >= 0) {
    ++at_;
    line_ += c == '\n' ? 1 : 0;
  }
  return c;
}

Result<void, Complaint> CsvReader::read_quoted(std::string& field) {
  const auto opened = line_;
  for (;;) {
    const int c = get();
    if (c < 0) {
      auto complaint = complain("a quotation mark is never closed");
      complaint.line = opened;
      return tl::unexpected(std::move(complaint));
    }
    if (c != '"') {
      field += static_cast<char>(c);
    } else if (peek() == '"') {
      field += '"';
      (void)get();
    } else {
      return {};
    }
  }
}

Result<bool, Complaint> CsvReader::read_row() {
  row_line_ = line_;
  width_ = 0;
  const bool at_end = peek() < 0;
  for (bool more = !at_end; more;) {
    if (row_.size() == width_) {
      row_.emplace_back();
    }
    auto& field = row_[width_++];
    field.clear();
    for (;;) {
      const int c = get();
      if (c == '"' && field.empty()) {
        if (auto quoted = read_quoted(field); !quoted) {
          return tl::unexpected(quoted.error());
        }
      } else if (c == ',') {
        break;
      } else if (c < 0 || c == '\n') {
        more = false;
        break;
      } else if (c != '\r' || peek() != '\n') {
        field += static_cast<char>(c);
      }
    }
  }
  if (os_error_ != 0) {
    return tl::unexpected(cannot("read", name_, os_error_));
  }
  return !at_end;
}

}  // namespace muster::loadgen
