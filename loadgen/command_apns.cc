#include "loadgen/command_apns.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "crypto/tls.h"
#include "loadgen/apns_host.h"
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

// nullptr: plain.
Result<std::unique_ptr<crypto::TlsContext>, Complaint> make_tls(const ApnsWishes& wishes) {
  if (wishes.plain) {
    return nullptr;
  }
  if (!wishes.serving.has_certificate()) {
    return tl::unexpected(about("", "neither a certificate nor --plain was given",
                                "--tls-dir DIR makes a throw-away authority"));
  }
  auto found =
      credentials_of(wishes.serving, wishes.topics.empty() ? std::string() : wishes.topics.front());
  if (!found) {
    return tl::unexpected(found.error());
  }
  auto& settings = *found;
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

Result<void, Complaint> read_faults_into(const ApnsWishes& wishes, ApnsParts& parts) {
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

// One line a request: nanoseconds of the boot clock, as a client on this machine reads it.
Result<void, Complaint> write_arrivals(const std::string& file, const std::vector<Instant>& times) {
  std::string text;
  for (const auto& time : times) {
    text += (text.empty() ? "" : "\n") + std::to_string(time.nanoseconds);
  }
  return write_file(file, text);
}

}  // namespace

Result<void, Complaint> prepare_apns(const ApnsWishes& wishes, ApnsParts& parts) {
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

Result<void, Complaint> serve_apns(const ApnsWishes& wishes) {
  ApnsParts parts;
  if (auto ready = prepare_apns(wishes, parts); !ready) {
    return ready;
  }
  if (wishes.fast) {
    log::set_level(log::Level::info);  // when its first request came
  }
  ApnsHost host(parts.peer, {parts.tls.get(), wishes.fast});
  auto served = serve(wishes.serving, parts.clock,
                      {"apns", host, [&parts] { return parts.peer.stats.json(); }});
  if (served && !wishes.arrivals_file.empty()) {
    served = write_arrivals(wishes.arrivals_file, parts.arrivals);
  }
  return served;
}

}  // namespace muster::loadgen
