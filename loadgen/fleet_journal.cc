#include "loadgen/fleet_journal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "json/writer.h"

namespace muster::loadgen {
namespace {

Complaint about(const std::string& file, std::string found, int os_error) {
  Complaint complaint;
  complaint.file = file;
  complaint.found = std::move(found);
  if (os_error != 0) {
    complaint.found += ": " + std::generic_category().message(os_error);
    complaint.cause = error_of_errno(os_error);
  }
  return complaint;
}

}  // namespace

std::string line_of(const Fact& fact, const FleetRoster& roster) {
  json::Writer line;
  line.begin_object().key("at").number(fact.at.nanoseconds).key("fact").text(name_of(fact.kind));
  if (fact.device != nobody) {
    line.key("device").text(roster.devices[fact.device].id);
    line.key("channel").text(fact.user_channel ? "user" : "device");
  }
  if (fact.user != nobody) {
    line.key("user").text(roster.users[fact.user].id);
  }
  const auto add = [&line](std::string_view key, std::string_view value) {
    if (!value.empty()) {
      line.key(key).text(value);
    }
  };
  add("command", fact.command);
  add("url", fact.url_digest);
  add("code", fact.code_digest);
  add(fact.kind == Fact::Kind::violation ? "kind" : "status", fact.word);
  add("result", fact.result);
  if (fact.kind == Fact::Kind::not_taken) {
    line.key("http").number(fact.status);
  }
  return line.end().result();
}

FleetJournal::~FleetJournal() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

FleetJournal::FleetJournal(FleetJournal&& other) noexcept
    : file_(std::move(other.file_)),
      fd_(std::exchange(other.fd_, -1)),
      buffer_(std::move(other.buffer_)) {}

FleetJournal& FleetJournal::operator=(FleetJournal&& other) noexcept {
  std::swap(file_, other.file_);
  std::swap(fd_, other.fd_);
  std::swap(buffer_, other.buffer_);
  return *this;
}

Result<FleetJournal, Complaint> FleetJournal::open(const std::string& file) {
  FleetJournal journal;
  journal.file_ = file;
  journal.fd_ = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (journal.fd_ < 0) {
    return tl::unexpected(about(file, "cannot open the journal", errno));
  }
  struct stat facts{};
  if (::fstat(journal.fd_, &facts) != 0) {
    return tl::unexpected(about(file, "cannot read", errno));
  }
  if (facts.st_size != 0) {
    auto complaint = about(file, "the journal of another fleet", 0);
    complaint.mend = "name a file that is not there yet";
    return tl::unexpected(std::move(complaint));
  }
  return journal;
}

void FleetJournal::add(const Fact& fact, const FleetRoster& roster) {
  if (fd_ >= 0) {
    buffer_ += line_of(fact, roster) + "\n";
  }
}

Result<void, Complaint> FleetJournal::flush() {
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
