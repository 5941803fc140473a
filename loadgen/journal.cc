// The journal's format; all numbers are little-endian:
//
//   journal := head record*
//   head    := "MUSTERJ1" (8 bytes)
//   record  := apns_id (16) | token (32) | nanoseconds since boot (8) | connection (4) | stream (4)
//              | status (2) | reason (1, model/outcome.h) | flags (1) | checksum of the 68 before
//              (4)
//   flags   := bit 0: the answer was handed out; bits 1 and 2: the channel (model/id.h); the
//              others are 0
#include "loadgen/journal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace muster::loadgen {
namespace {

constexpr std::string_view head = "MUSTERJ1";
constexpr std::size_t record_bytes = 72;
constexpr std::size_t checked_bytes = record_bytes - 4;
constexpr std::size_t records_per_read = 8192;
constexpr unsigned answered_bit = 1;
constexpr unsigned channel_shift = 1;

Complaint about(const std::string& file, std::string found, int os_error = 0) {
  Complaint complaint;
  complaint.file = file;
  complaint.found = std::move(found);
  if (os_error != 0) {
    complaint.found += ": " + std::generic_category().message(os_error);
    complaint.cause = error_of_errno(os_error);
  }
  return complaint;
}

void pack(const JournalRecord& record, Byte* to) {
  std::copy(record.apns_id.begin(), record.apns_id.end(), to);
  std::copy(record.token.begin(), record.token.end(), to + 16);
  put(to + 48, record.at.nanoseconds);
  put(to + 56, record.connection);
  put(to + 60, record.stream);
  put(to + 64, record.status);
  put(to + 66, static_cast<Byte>(record.reason));
  const auto channel = static_cast<unsigned>(record.channel) << channel_shift;
  put(to + 67, static_cast<Byte>(channel | (record.answered ? answered_bit : 0U)));
  put(to + checked_bytes, checksum(Bytes(to, checked_bytes)));
}

bool unpack(const Byte* from, JournalRecord& record) {
  if (load<std::uint32_t>(from + checked_bytes) != checksum(Bytes(from, checked_bytes))) {
    return false;
  }
  std::copy_n(from, 16, record.apns_id.begin());
  std::copy_n(from + 16, 32, record.token.begin());
  record.at = Instant{load<std::int64_t>(from + 48)};
  record.connection = load<std::uint32_t>(from + 56);
  record.stream = load<std::uint32_t>(from + 60);
  record.status = load<std::uint16_t>(from + 64);
  record.reason = static_cast<Reason>(from[66]);
  record.answered = (from[67] & answered_bit) != 0;
  record.channel = static_cast<Channel>((unsigned{from[67]} >> channel_shift) & 3U);
  return true;
}

// Reads until `room` is full or the file ends; -1 with errno on trouble.
ssize_t read_fully(int fd, Byte* room, std::size_t bytes) {
  std::size_t got = 0;
  while (got < bytes) {
    const auto step = ::read(fd, room + got, bytes - got);
    if (step == 0) {
      break;
    }
    if (step < 0 && errno != EINTR) {
      return -1;
    }
    got += step > 0 ? static_cast<std::size_t>(step) : 0;
  }
  return static_cast<ssize_t>(got);
}

Result<void, Complaint> check_head(int fd, const std::string& file) {
  std::array<Byte, head.size()> found{};
  const auto got = read_fully(fd, found.data(), found.size());
  if (got < 0) {
    return tl::unexpected(about(file, "cannot read", errno));
  }
  if (static_cast<std::size_t>(got) != head.size() || as_text(found) != head) {
    auto complaint = about(file, "not a journal of muster-loadgen");
    complaint.expected = "a file that begins with " + std::string(head);
    return tl::unexpected(std::move(complaint));
  }
  return {};
}

}  // namespace

// ── writing ──

Journal::Journal(std::string file, int fd) : file_(std::move(file)), fd_(fd) {}

Journal::Journal(Journal&& other) noexcept
    : file_(std::move(other.file_)),
      fd_(std::exchange(other.fd_, -1)),
      buffer_(std::move(other.buffer_)) {}

Journal::~Journal() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

Result<Journal, Complaint> Journal::open(const std::string& file) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) {
    return tl::unexpected(about(file, "cannot open the journal", errno));
  }
  Journal journal(file, fd);
  struct stat facts{};
  if (::fstat(fd, &facts) != 0) {
    return tl::unexpected(about(file, "cannot read", errno));
  }
  if (facts.st_size == 0) {
    journal.buffer_.assign(head.begin(), head.end());
    if (auto written = journal.flush(); !written) {
      return tl::unexpected(written.error());
    }
    return journal;
  }
  if (auto known = check_head(fd, file); !known) {
    return tl::unexpected(known.error());
  }
  const auto torn = (static_cast<std::size_t>(facts.st_size) - head.size()) % record_bytes;
  if (torn != 0 && ::ftruncate(fd, facts.st_size - static_cast<off_t>(torn)) != 0) {
    return tl::unexpected(about(file, "cannot cut off a torn record", errno));
  }
  return journal;
}

void Journal::add(const JournalRecord& record) {
  const auto at = buffer_.size();
  buffer_.resize(at + record_bytes);
  pack(record, buffer_.data() + at);
}

Result<void, Complaint> Journal::flush() {
  std::size_t at = 0;
  while (at < buffer_.size()) {
    const auto written = ::write(fd_, buffer_.data() + at, buffer_.size() - at);
    if (written < 0 && errno != EINTR) {
      return tl::unexpected(about(file_, "cannot write the journal", errno));
    }
    at += written > 0 ? static_cast<std::size_t>(written) : 0;
  }
  buffer_.clear();
  return {};
}

// ── reading ──

JournalReader::JournalReader(std::string file, int fd)
    : file_(std::move(file)),
      fd_(fd),
      offset_(head.size()),
      buffer_(records_per_read * record_bytes) {}

JournalReader::JournalReader(JournalReader&& other) noexcept
    : file_(std::move(other.file_)),
      fd_(std::exchange(other.fd_, -1)),
      torn_(other.torn_),
      offset_(other.offset_),
      buffer_(std::move(other.buffer_)),
      at_(other.at_),
      end_(other.end_) {}

JournalReader::~JournalReader() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

Result<JournalReader, Complaint> JournalReader::open(const std::string& file) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return tl::unexpected(about(file, "cannot open the journal", errno));
  }
  JournalReader reader(file, fd);
  if (auto known = check_head(fd, file); !known) {
    return tl::unexpected(known.error());
  }
  return reader;
}

Result<bool, Complaint> JournalReader::next(JournalRecord& record) {
  if (at_ == end_) {
    const auto got = read_fully(fd_, buffer_.data(), buffer_.size());
    if (got < 0) {
      return tl::unexpected(about(file_, "cannot read", errno));
    }
    at_ = 0;
    end_ = static_cast<std::size_t>(got) / record_bytes * record_bytes;
    torn_ = torn_ || static_cast<std::size_t>(got) != end_;
    if (end_ == 0) {
      return false;
    }
  }
  if (!unpack(buffer_.data() + at_, record)) {
    auto complaint = about(file_, "damaged record at byte " + std::to_string(offset_));
    complaint.mend = "the checksum does not fit: this journal proves nothing";
    return tl::unexpected(std::move(complaint));
  }
  at_ += record_bytes;
  offset_ += record_bytes;
  return true;
}

}  // namespace muster::loadgen
