#include "loadgen/books_journal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "json/writer.h"
#include "loadgen/books_ids.h"

namespace muster::loadgen {
namespace {

Complaint about(const std::string& file, std::string found, int os_error) {
  Complaint complaint;
  complaint.file = file;
  complaint.found = std::move(found) + ": " + std::generic_category().message(os_error);
  complaint.cause = error_of_errno(os_error);
  return complaint;
}

json::Writer begin(std::string_view fact, WallTime at) {
  json::Writer line;
  line.begin_object().key("at").text(to_text(at)).key("fact").text(fact);
  return line;
}

// Where the last whole line ends; -1 with errno where it cannot be read.
off_t end_of_lines(int fd, off_t end) {
  char last = '\n';
  while (end > 0) {
    const auto got = ::pread(fd, &last, 1, end - 1);
    if (got < 0 && errno != EINTR) {
      return -1;
    }
    if (got == 1 && last == '\n') {
      break;
    }
    end -= got == 1 ? 1 : 0;
  }
  return end;
}

}  // namespace

Result<BooksJournal, Complaint> BooksJournal::open(const std::string& file) {
  BooksJournal journal;
  journal.file_ = file;
  journal.fd_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (journal.fd_ < 0) {
    return tl::unexpected(about(file, "cannot open the journal", errno));
  }
  const auto size = ::lseek(journal.fd_, 0, SEEK_END);
  const auto end = end_of_lines(journal.fd_, size);
  if (end < 0 || (end != size && ::ftruncate(journal.fd_, end) != 0)) {
    return tl::unexpected(about(file, "cannot cut off a torn line", errno));
  }
  return journal;
}

BooksJournal::~BooksJournal() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

BooksJournal::BooksJournal(BooksJournal&& other) noexcept
    : file_(std::move(other.file_)),
      fd_(std::exchange(other.fd_, -1)),
      buffer_(std::move(other.buffer_)),
      lines_(other.lines_) {}

BooksJournal& BooksJournal::operator=(BooksJournal&& other) noexcept {
  std::swap(file_, other.file_);
  std::swap(fd_, other.fd_);
  std::swap(buffer_, other.buffer_);
  std::swap(lines_, other.lines_);
  return *this;
}

void BooksJournal::user(std::string_view fact, const BooksUser& user, std::string_view by,
                        WallTime at) {
  auto line = begin(fact, at);
  line.key("clientUserId").text(user.client_user_id);
  if (!user.email.empty()) {
    line.key("email").text(user.email);
  }
  line.key("userId").number(user.id).key("by").text(by);
  if (user.status == BooksUser::Status::registered) {
    line.key("codeSha256").text(books_digest(user.invite_code));
  } else if (!user.id_hash.empty()) {
    line.key("idHash").text(user.id_hash);
  }
  add(line.end().result());
}

void BooksJournal::refusal(std::string_view client_user_id, std::uint16_t error,
                           std::string_view on, WallTime at) {
  auto line = begin("refused", at);
  if (!client_user_id.empty()) {
    line.key("clientUserId").text(client_user_id);
  }
  add(line.key("error").number(error).key("on").text(on).end().result());
}

void BooksJournal::disregard(std::string_view client_user_id, std::string_view on, WallTime at) {
  auto line = begin("disregarded", at);
  add(line.key("clientUserId").text(client_user_id).key("on").text(on).end().result());
}

void BooksJournal::note(std::string_view fact, std::string_view kind, WallTime at) {
  auto line = begin(fact, at);
  add(line.key("kind").text(kind).end().result());
}

void BooksJournal::add(const std::string& line) {
  ++lines_;
  if (fd_ >= 0) {
    buffer_ += line;
    buffer_ += '\n';
  }
}

Result<void, Complaint> BooksJournal::flush() {
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

}  // namespace muster::loadgen
