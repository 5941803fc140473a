#include "http/transfer.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/assert.h"
#include "base/log.h"

namespace muster::http {
namespace {

// OpenSSL's results of a verification, by their numbers: openssl/ is another room's.
constexpr long not_yet_valid = 9;
constexpr long has_expired = 10;
// libcurl compares the names itself, after the chain was believed and before it says so here.
constexpr long verified = 0;
constexpr long not_said = 1;
constexpr long name_mismatch = 62;
constexpr long address_mismatch = 64;

// Of a response, interim ones included. libcurl keeps them until the exchange has ended.
constexpr std::size_t header_bytes_max = 256UL * 1024;

bool is_one_line(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

template <class Value>
Value fact(CURL* handle, CURLINFO which) {
  Value value{};
  ::curl_easy_getinfo(handle, which, &value);
  return value;
}

ErrorCode code_of_verification(CURL* handle) {
  switch (fact<long>(handle, CURLINFO_SSL_VERIFYRESULT)) {
    case not_yet_valid:
    case has_expired:
      return ErrorCode::tls_certificate_expired;
    case verified:
    case not_said:
    case name_mismatch:
    case address_mismatch:
      return ErrorCode::tls_certificate_wrong_name;
    default:
      return ErrorCode::tls_certificate_untrusted;
  }
}

Error error_of_connect(CURL* handle) {
  const auto os_error = static_cast<int>(fact<long>(handle, CURLINFO_OS_ERRNO));
  return os_error == 0 ? Error{ErrorCode::connect_refused, 0} : error_of_errno(os_error);
}

// Under one patience for everything, what it ended in tells what was slow.
ErrorCode code_of_timeout(CURL* handle) {
  return fact<curl_off_t>(handle, CURLINFO_CONNECT_TIME_T) == 0 ? ErrorCode::connect_timeout
                                                                : ErrorCode::connection_silent;
}

}  // namespace

Error error_of_curl(CURL* handle, CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return Error{ErrorCode::name_not_found, 0};
    case CURLE_COULDNT_CONNECT:
      return error_of_connect(handle);
    case CURLE_OPERATION_TIMEDOUT:
      return Error{code_of_timeout(handle), 0};
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE:
      return Error{ErrorCode::connection_reset, 0};
    case CURLE_PEER_FAILED_VERIFICATION:
      return Error{code_of_verification(handle), 0};
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_CACERT_BADFILE:
      return Error{ErrorCode::tls_protocol, 0};
    default:
      return Error{ErrorCode::protocol, 0};
  }
}

Transfer::Transfer(const Trust& trust, std::size_t body_bytes_max)
    : trust_(trust), body_bytes_max_(body_bytes_max), handle_(::curl_easy_init()) {
  MUSTER_ASSERT(handle_ != nullptr);
}

template <class Value>
void Transfer::set(CURLoption option, Value value) {
  settable_ = ::curl_easy_setopt(handle_.get(), option, value) == CURLE_OK && settable_;
}

Result<void> Transfer::prepare(const Request& request,
                               const std::function<bool(std::string_view)>* take) {
  ::curl_easy_reset(handle_.get());
  settable_ = true;
  take_ = take;
  enough_ = false;
  body_.clear();
  header_bytes_ = 0;
  set_manners();
  set_trust();
  MUSTER_ASSERT(settable_);  // this libcurl can do what we ask of it
  if (!is_one_line(request.method) || !is_one_line(request.url) ||
      !is_one_line(request.unix_socket) || !add_fields(request)) {
    return trouble(ErrorCode::protocol);
  }
  set_message(request);
  if (!settable_) {
    return trouble(ErrorCode::protocol);
  }
  return {};
}

void Transfer::set_manners() {
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_QUICK_EXIT, 1L);  // who stops waiting for DNS does not wait for its thread
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_PROXY, "");
  set(CURLOPT_NOPROXY, "*");
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  set(CURLOPT_HEADERFUNCTION, &Transfer::count_header);
  set(CURLOPT_HEADERDATA, static_cast<void*>(this));
  set(CURLOPT_WRITEFUNCTION, &Transfer::take_body);
  set(CURLOPT_WRITEDATA, static_cast<void*>(this));
  set(CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(take_ == nullptr ? body_bytes_max_ : 0));
  set(CURLOPT_PRIVATE, static_cast<void*>(this));
}

void Transfer::set_trust() {
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  set(CURLOPT_CAINFO, static_cast<const char*>(nullptr));
  set(CURLOPT_CAPATH, trust_.directory.empty() ? nullptr : trust_.directory.c_str());
  if (!trust_.blob.empty()) {
    curl_blob blob{};
    blob.data = const_cast<char*>(trust_.blob.data());  // read only, says libcurl
    blob.len = trust_.blob.size();
    blob.flags = CURL_BLOB_NOCOPY;
    set(CURLOPT_CAINFO_BLOB, &blob);
  }
}

void Transfer::set_message(const Request& request) {
  set(CURLOPT_URL, request.url.c_str());
  // One connection with many streams where the server can do that: TLS tells before the first
  // request. In clear only the first response would tell, and nobody is to wait for that.
  set(CURLOPT_PIPEWAIT, same_word(request.url.substr(0, 8), "https://") ? 1L : 0L);
  if (!request.unix_socket.empty()) {
    set(CURLOPT_UNIX_SOCKET_PATH, request.unix_socket.c_str());
  }
  set_patience(request);
  if (request.method == "HEAD") {
    set(CURLOPT_NOBODY, 1L);
  } else if (request.method != "GET" || !request.body.empty()) {
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(CURLOPT_POSTFIELDS, request.body.data());
  }
  set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  set(CURLOPT_HTTPHEADER, fields_.get());
}

void Transfer::set_patience(const Request& request) {
  if (take_ != nullptr && request.patience == Duration::zero()) {
    return;  // libcurl waits for ever, and for a connection five minutes
  }
  const auto patience = std::chrono::ceil<std::chrono::milliseconds>(request.patience).count();
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(std::max<std::int64_t>(patience, 1)));  // 0: for ever
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(std::max<std::int64_t>(patience, 1)));
}

void Transfer::add_field(const std::string& line) {
  curl_slist* longer = ::curl_slist_append(fields_.get(), line.c_str());
  MUSTER_ASSERT(longer != nullptr);
  auto* shorter = fields_.release();  // the head of the longer one, or nothing
  MUSTER_ASSERT(shorter == nullptr || shorter == longer);
  fields_.reset(longer);
}

bool Transfer::add_fields(const Request& request) {
  fields_.reset();
  for (const auto& each : request.fields) {
    if (each.name.empty() || each.name.find_first_of(":; ") != std::string::npos ||
        !is_one_line(each.name) || !is_one_line(each.value)) {
      return false;
    }
    // libcurl's way to say that a field is empty, and not to be left out.
    add_field(each.value.empty() ? each.name + ";" : each.name + ": " + each.value);
  }
  // What libcurl would add by itself, left out: a pause before long bodies, and a type that a body
  // does not have.
  add_field("Expect:");
  if (!field(request.fields, "Content-Type")) {
    add_field("Content-Type:");
  }
  return true;
}

std::size_t Transfer::count_header(char* /*bytes*/, std::size_t one, std::size_t count,
                                   void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const auto size = one * count;
  transfer.header_bytes_ += size;
  return transfer.header_bytes_ > header_bytes_max ? size + 1 : size;
}

std::size_t Transfer::take_body(char* bytes, std::size_t one, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const auto size = one * count;
  if (transfer.take_ != nullptr) {
    return transfer.hand_on({bytes, size}) ? size : size + 1;
  }
  if (size > transfer.body_bytes_max_ - transfer.body_.size()) {
    return size + 1;  // ends the exchange with CURLE_WRITE_ERROR
  }
  transfer.body_.append(bytes, size);
  return size;
}

// libcurl is C: nothing may be thrown through it.
bool Transfer::hand_on(std::string_view piece) {
  try {
    enough_ = !(*take_)(piece);
    return !enough_;
  } catch (...) {
    log::error("http", "a callback threw");
    return false;
  }
}

Result<Response> Transfer::result(CURLcode code) {
  if (code != CURLE_OK && !enough_) {
    return tl::unexpected(error_of_curl(handle_.get(), code));
  }
  Response response;
  response.status = static_cast<std::uint16_t>(fact<long>(handle_.get(), CURLINFO_RESPONSE_CODE));
  // Of the last response alone: neither interim ones nor what stands behind a chunked body.
  curl_header* last = nullptr;
  while ((last = ::curl_easy_nextheader(handle_.get(), CURLH_HEADER, -1, last)) != nullptr) {
    response.fields.push_back({last->name, last->value});
  }
  response.body = std::exchange(body_, {});
  return response;
}

}  // namespace muster::http
