#include "loadgen/command_apns.h"

#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "base/log.h"
#include "crypto/certificate.h"
#include "crypto/es256.h"
#include "crypto/tls.h"
#include "loadgen/apns_server.h"
#include "loadgen/fault_file.h"

namespace muster::loadgen {
namespace {

Complaint about(const std::string& file, std::string found, std::string mend = {}) {
  Complaint complaint;
  complaint.file = file;
  complaint.found = std::move(found);
  complaint.mend = std::move(mend);
  return complaint;
}

bool exists(const std::string& file) {
  return ::access(file.c_str(), F_OK) == 0;
}

// The files of --tls-dir; made where they are not.
Result<crypto::TlsServerSettings, Complaint> settings_of_folder(const ApnsWishes& wishes) {
  const auto& dir = wishes.tls_dir;
  if (!exists(dir + "/server.pem")) {
    if (::mkdir(dir.c_str(), 0700) != 0 && errno != EEXIST) {
      return tl::unexpected(
          about(dir, "cannot make it: " + std::generic_category().message(errno)));
    }
    crypto::ThrowAwayAuthority wanted;
    wanted.dir = dir;
    wanted.topic = wishes.topics.empty()
                       ? "com.apple.mgmt.External.00000000-0000-4000-8000-000000000000"
                       : wishes.topics.front();
    if (auto made = crypto::make_authority(wanted); !made) {
      return tl::unexpected(made.error());
    }
  }
  crypto::TlsServerSettings settings;
  settings.certificate_file = dir + "/server.pem";
  settings.key_file = dir + "/server.key";
  settings.client_trust_file = dir + "/ca.pem";
  return settings;
}

// nullptr: plain.
Result<std::unique_ptr<crypto::TlsContext>, Complaint> make_tls(const ApnsWishes& wishes) {
  if (wishes.plain) {
    return nullptr;
  }
  crypto::TlsServerSettings settings;
  if (!wishes.tls_dir.empty()) {
    auto found = settings_of_folder(wishes);
    if (!found) {
      return tl::unexpected(found.error());
    }
    settings = std::move(*found);
  } else if (!wishes.certificate_file.empty()) {
    settings.certificate_file = wishes.certificate_file;
    settings.key_file = wishes.key_file;
  } else {
    return tl::unexpected(about("", "neither a certificate nor --plain was given",
                                "--tls-dir DIR makes a throw-away authority"));
  }
  if (!wishes.client_trust_file.empty()) {
    settings.client_trust_file = wishes.client_trust_file;
  }
  if (wishes.client_required && settings.client_trust_file.empty()) {
    return tl::unexpected(about("", "client certificates cannot be checked without an authority",
                                "give --client-authority FILE"));
  }
  if (!wishes.client_required && wishes.client_trust_file.empty()) {
    settings.client_trust_file.clear();  // do not ask for what nobody wished
  }
  settings.client_required = wishes.client_required;
  return crypto::TlsContext::server(settings);
}

// What the server lives on, in the order it is made.
struct Parts {
  SystemClock clock;
  std::optional<Journal> journal;
  std::optional<crypto::Es256Key> key;
  std::unique_ptr<crypto::TlsContext> tls;
  std::vector<Instant> arrivals;
  ApnsPeer peer;
};

Result<void, Complaint> read_faults_into(const ApnsWishes& wishes, Parts& parts) {
  if (wishes.faults_file.empty()) {
    return {};
  }
  auto plan = read_fault_file(wishes.faults_file);
  if (!plan) {
    return tl::unexpected(plan.error());
  }
  const auto& faults = plan->faults();
  const bool alerts = std::any_of(faults.begin(), faults.end(), [](const Fault& fault) {
    return fault.kind == Fault::Kind::tls_alert;
  });
  if (alerts && wishes.plain) {
    return tl::unexpected(about(wishes.faults_file, "tls_alert without TLS", "leave out --plain"));
  }
  parts.peer.faults = std::move(*plan);
  return {};
}

Result<void, Complaint> prepare(const ApnsWishes& wishes, Parts& parts) {
  auto& peer = parts.peer;
  peer.clock = &parts.clock;
  peer.rules.topics = wishes.topics;
  peer.certificate_mode = wishes.client_required;
  peer.streams = wishes.streams;
  peer.window = wishes.window;
  peer.delay = std::chrono::milliseconds(wishes.delay_ms);
  if (auto read = read_faults_into(wishes, parts); !read) {
    return read;
  }
  if (!wishes.token_key_file.empty()) {
    auto key = crypto::Es256Key::read_public(wishes.token_key_file);
    if (!key) {
      return tl::unexpected(key.error());
    }
    parts.key.emplace(std::move(*key));
    peer.token_mode = true;
    peer.check_signature = [&key_in_use = *parts.key](Bytes message, Bytes signature) {
      return key_in_use.verify(message, signature);
    };
  }
  auto tls = make_tls(wishes);
  if (!tls) {
    return tl::unexpected(tls.error());
  }
  parts.tls = std::move(*tls);
  if (!wishes.journal_file.empty()) {
    auto journal = Journal::open(wishes.journal_file);
    if (!journal) {
      return tl::unexpected(journal.error());
    }
    parts.journal.emplace(std::move(*journal));
    peer.journal = &*parts.journal;
  }
  peer.arrivals = wishes.arrivals_file.empty() ? nullptr : &parts.arrivals;
  return {};
}

// Whole or not at all: who waits for the file must not read half of it.
Result<void, Complaint> write_file(const std::string& file, const std::string& text) {
  const auto draft = file + ".new";
  std::ofstream stream(draft, std::ios::binary | std::ios::trunc);
  stream << text << '\n';
  stream.close();
  if (stream.fail() || std::rename(draft.c_str(), file.c_str()) != 0) {
    return tl::unexpected(about(file, "cannot write: " + std::generic_category().message(errno)));
  }
  return {};
}

// One line a request: nanoseconds of the boot clock, as a client on this machine reads it.
Result<void, Complaint> write_arrivals(const std::string& file, const std::vector<Instant>& times) {
  std::string text;
  for (const auto& time : times) {
    text += (text.empty() ? "" : "\n") + std::to_string(time.nanoseconds);
  }
  return write_file(file, text);
}

// SIGTERM and SIGINT as a descriptor, for as long as it lives.
class StopSignals {
 public:
  StopSignals() {
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGTERM);
    sigaddset(&wanted, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &wanted, &before_);
    fd_ = ::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
  }
  ~StopSignals() {
    ::close(fd_);
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  [[nodiscard]] int fd() const { return fd_; }
  // Takes the signal, so that it does not end the process once it is let through again.
  void drain() const {
    signalfd_siginfo taken{};
    while (::read(fd_, &taken, sizeof taken) > 0) {
    }
  }

 private:
  sigset_t before_{};
  int fd_ = -1;
};

}  // namespace

Result<void, Complaint> serve_apns(const ApnsWishes& wishes) {
  Parts parts;
  if (auto ready = prepare(wishes, parts); !ready) {
    return ready;
  }
  if (wishes.fast) {
    log::set_level(log::Level::info);  // when its first request came
  }
  const StopSignals signals;
  ApnsServerSettings settings;
  settings.listen = wishes.listen;
  settings.tls = parts.tls.get();
  settings.fast = wishes.fast;
  settings.idle_max = std::chrono::seconds(wishes.idle_s);
  settings.stop_fd = signals.fd();
  auto server = ApnsServer::open(settings, parts.peer);
  if (!server) {
    return tl::unexpected(server.error());
  }
  std::fprintf(stderr, "muster-loadgen: apns listens on port %u\n", (*server)->port());
  if (!wishes.port_file.empty()) {
    if (auto written = write_file(wishes.port_file, std::to_string((*server)->port())); !written) {
      return written;
    }
  }
  auto ran = (*server)->run();
  signals.drain();
  const auto json = parts.peer.stats.json();
  std::printf("%s\n", json.c_str());
  std::fflush(stdout);
  if (ran && !wishes.stats_file.empty()) {
    ran = write_file(wishes.stats_file, json);
  }
  if (ran && !wishes.arrivals_file.empty()) {
    ran = write_arrivals(wishes.arrivals_file, parts.arrivals);
  }
  return ran;
}

}  // namespace muster::loadgen
