#include "mdm/nanomdm.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "base/ascii.h"
#include "base/utf8.h"
#include "crypto/digest.h"

namespace muster::mdm {
namespace {

constexpr std::size_t key_bytes_max = 1024;

tl::unexpected<Complaint> complain(const std::string& file, std::string found, std::string expected,
                                   std::string mend, Error cause = {}) {
  Complaint complaint;
  complaint.file = file;
  complaint.found = std::move(found);
  complaint.expected = std::move(expected);
  complaint.mend = std::move(mend);
  complaint.cause = cause;
  return tl::unexpected(std::move(complaint));
}

// systemd hands credentials over with an access list whose mask shows as group-readable.
bool is_systemd_credential(const std::string& file) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing in Muster ever sets a variable
  const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
  return directory != nullptr && *directory != '\0' &&
         file.starts_with(std::string(directory) + "/");
}

Result<std::string, Complaint> read_key(const std::string& file) {
  // O_NONBLOCK: a pipe that nobody writes to would hold the start for ever.
  const int opened = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  std::string text(key_bytes_max + 1, '\0');
  struct stat facts{};
  const bool known = opened >= 0 && ::fstat(opened, &facts) == 0;
  const auto size = opened >= 0 ? ::read(opened, text.data(), text.size()) : -1;
  const int reason = errno;
  if (opened >= 0) {
    ::close(opened);
  }
  if (size < 0) {
    return complain(file, "cannot be read: " + std::generic_category().message(reason),
                    "a readable file", "check the path and who may read it",
                    error_of_errno(reason));
  }
  const bool others_may_read = !known || (facts.st_mode & (S_IRWXG | S_IRWXO)) != 0;
  if (others_may_read && !is_systemd_credential(file)) {
    return complain(file, "this key can be read by others than its owner",
                    "a file that only its owner may read", "run: chmod 600 " + file,
                    {ErrorCode::not_permitted, 0});
  }
  text.resize(static_cast<std::size_t>(size));
  text.resize(std::min(text.find_first_of("\r\n"), text.size()));
  if (text.empty() || text.size() > key_bytes_max || first_not_text(text) != text.size() ||
      first_control(text) != text.size()) {
    return complain(file, "holds no key on its first line",
                    "the API key of NanoMDM (-api), or the secret of its webhook", "");
  }
  return text;
}

// As one segment of a path in which NanoMDM takes commas apart.
std::string escaped(std::string_view id) {
  std::string text;
  for (const char c : id) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '-' || c == '.' || c == '_' || c == ':' || c == '@';
    if (plain) {
      text += c;
    } else {
      text += '%' + to_hex(as_bytes({&c, 1}));
    }
  }
  return text;
}

// What a SQL storage says of a refusal, in the words of its database.
struct StorageWords {
  // Of an id that has not enrolled: MySQL, PostgreSQL and SQLite agree on these two.
  bool foreign_key = false;
  // Of a command that it has already: we have asked before, and died before we took note of it.
  // "Duplicate entry", "duplicate key value", "UNIQUE constraint failed".
  bool duplicate = false;
};

StorageWords storage_words(std::string_view body) {
  std::string small(body.substr(0, std::size_t{64} * 1024));
  std::ranges::transform(small, small.begin(), ascii_lower);
  const auto says = [&](std::string_view words) { return small.find(words) != std::string::npos; };
  return {says("foreign key"), says("duplicate") || says("unique constraint")};
}

}  // namespace

Result<std::string, Complaint> read_key_file(const std::string& file) {
  return read_key(file);
}

struct NanoMdm::Implementation {
  std::string url;            // up to the id
  std::string authorization;  // holds the key
  http::Exchange& exchange;
};

NanoMdm::NanoMdm(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
NanoMdm::~NanoMdm() = default;

Result<std::unique_ptr<NanoMdm>, Complaint> NanoMdm::open(const NanoMdmSettings& settings,
                                                          http::Exchange& exchange) {
  const auto key = read_key(settings.api_key_file);
  if (!key) {
    return tl::unexpected(key.error());
  }
  auto url = settings.url;
  url.erase(url.find_last_not_of('/') + 1);
  return std::unique_ptr<NanoMdm>(new NanoMdm(std::make_unique<Implementation>(Implementation{
      url + "/v1/enqueue/", "Basic " + crypto::base64(as_bytes("nanomdm:" + *key)), exchange})));
}

Result<void> NanoMdm::enqueue(std::vector<Enqueued>& commands) {
  std::vector<http::Request> requests;
  requests.reserve(commands.size());
  for (auto& command : commands) {
    command.accepted = false;
    command.unknown = false;
    http::Request request;
    request.method = "PUT";
    request.url = implementation_->url + escaped(command.enrolment) + "?nopush=1";
    request.fields = {{"Authorization", implementation_->authorization},
                      {"Content-Type", "application/xml"}};
    request.body = command.plist;
    requests.push_back(std::move(request));
  }
  const auto responses = implementation_->exchange.exchange(requests);
  Result<void> done;
  for (std::size_t i = 0; i < commands.size() && i < responses.size(); ++i) {
    if (!responses[i]) {
      done = tl::unexpected(responses[i].error());
      continue;
    }
    const auto& response = *responses[i];
    const auto said = response.status == 500 ? storage_words(response.body) : StorageWords{};
    commands[i].accepted = response.status == 200 || said.duplicate;
    commands[i].unknown = said.foreign_key;
    if (response.status == 401 || response.status == 403) {
      done = trouble(ErrorCode::not_permitted);
    }
  }
  return done;
}

}  // namespace muster::mdm
