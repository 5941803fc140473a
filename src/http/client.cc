#include "http/client.h"

#include <curl/curl.h>

#include <atomic>
#include <utility>

#include "base/assert.h"
#include "http/transfer.h"
#include "http/trust.h"

namespace muster::http {
namespace {

// interrupt() wakes a sleeper at once; this is for what nobody foresaw.
constexpr int sleep_ms_max = 1000;

// libcurl wants it before its first use; it is safe from any thread there
// (CURL_VERSION_THREADSAFE).
void prepare_libcurl() {
  static const auto prepared = ::curl_global_init(CURL_GLOBAL_DEFAULT);
  MUSTER_ASSERT(prepared == CURLE_OK);
}

}  // namespace

struct Client::Implementation {
  explicit Implementation(const ClientSettings& given);
  ~Implementation();

  void start(std::size_t which);
  void collect();
  void give_up();
  void wait();

  const ClientSettings settings;
  Trust trust;
  CURLM* multi = nullptr;
  std::vector<std::unique_ptr<Transfer>> idle;
  // Release by interrupt(), acquire by the loop: whoever sees it ends.
  std::atomic<bool> interrupted{false};

  // ── of the exchange() that runs ──
  struct Running {
    std::unique_ptr<Transfer> transfer;
    std::size_t which = 0;
  };
  std::span<const Request> requests;
  const TakePiece* take = nullptr;  // null: bodies are kept
  std::vector<Result<Response>> results;
  std::vector<Running> running;
};

Client::Implementation::Implementation(const ClientSettings& given)
    : settings(given), multi(::curl_multi_init()) {
  MUSTER_ASSERT(multi != nullptr);
  MUSTER_ASSERT(settings.parallel_max > 0);
  const auto most = static_cast<long>(settings.parallel_max);
  ::curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, most);
  ::curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, most);
}

Client::Implementation::~Implementation() {
  idle.clear();
  ::curl_multi_cleanup(multi);
}

void Client::Implementation::start(std::size_t which) {
  if (idle.empty()) {
    idle.push_back(std::make_unique<Transfer>(trust, settings.body_bytes_max));
  }
  auto transfer = std::move(idle.back());
  idle.pop_back();
  if (const auto prepared = transfer->prepare(requests[which], take); !prepared) {
    results[which] = tl::unexpected(prepared.error());
    idle.push_back(std::move(transfer));
    return;
  }
  MUSTER_ASSERT(::curl_multi_add_handle(multi, transfer->handle()) == CURLM_OK);
  running.push_back({std::move(transfer), which});
}

// What has ended goes where it was asked for.
void Client::Implementation::collect() {
  int left = 0;
  while (const CURLMsg* message = ::curl_multi_info_read(multi, &left)) {
    if (message->msg != CURLMSG_DONE) {
      continue;
    }
    const auto code = message->data.result;
    const auto ended = std::ranges::find_if(running, [&](const Running& each) {
      return each.transfer->handle() == message->easy_handle;
    });
    MUSTER_ASSERT(ended != running.end());
    ::curl_multi_remove_handle(multi, ended->transfer->handle());  // ends `message` as well
    results[ended->which] = ended->transfer->result(code);
    idle.push_back(std::move(ended->transfer));
    running.erase(ended);
  }
}

void Client::Implementation::give_up() {
  for (auto& each : running) {
    ::curl_multi_remove_handle(multi, each.transfer->handle());
    idle.push_back(std::move(each.transfer));
  }
  running.clear();
}

void Client::Implementation::wait() {
  MUSTER_ASSERT(::curl_multi_poll(multi, nullptr, 0, sleep_ms_max, nullptr) == CURLM_OK);
}

Client::Client(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
Client::~Client() = default;

Result<std::unique_ptr<Client>, Complaint> Client::open(const ClientSettings& settings) {
  prepare_libcurl();
  auto trust = read_trust(settings.trust_file, system_trust());
  if (!trust) {
    return tl::unexpected(trust.error());
  }
  auto made = std::make_unique<Implementation>(settings);
  made->trust = std::move(*trust);
  return std::unique_ptr<Client>(new Client(std::move(made)));
}

std::vector<Result<Response>> Client::exchange(std::span<const Request> requests) {
  auto& self = *implementation_;
  self.requests = requests;
  self.results.assign(requests.size(), trouble(ErrorCode::connection_closed));
  std::size_t next = 0;
  while (next < requests.size() || !self.running.empty()) {
    if (self.interrupted.load(std::memory_order_acquire)) {
      break;
    }
    while (next < requests.size() && self.running.size() < self.settings.parallel_max) {
      self.start(next++);
    }
    int unfinished = 0;
    MUSTER_ASSERT(::curl_multi_perform(self.multi, &unfinished) == CURLM_OK);
    const auto before = self.running.size();
    self.collect();
    if (!self.running.empty() && self.running.size() == before) {
      self.wait();
    }
  }
  self.give_up();
  return std::exchange(self.results, {});
}

Result<Response> Client::stream(const Request& request, const TakePiece& take) {
  implementation_->take = &take;
  auto results = exchange({&request, 1});
  implementation_->take = nullptr;
  return std::move(results.front());
}

void Client::interrupt() {
  implementation_->interrupted.store(true, std::memory_order_release);
  ::curl_multi_wakeup(implementation_->multi);
}

}  // namespace muster::http
