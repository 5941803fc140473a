#include "loadgen/command_smtp.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "base/log.h"
#include "loadgen/smtp_fault_file.h"
#include "loadgen/smtp_host.h"

namespace muster::loadgen {
namespace {

Complaint about(const std::string& file, std::string found, std::string mend = {}) {
  Complaint complaint;
  complaint.file = file;
  complaint.found = std::move(found);
  complaint.mend = std::move(mend);
  return complaint;
}

// What the server lives on, in the order it is made.
struct Parts {
  SystemClock clock;
  std::optional<Journal> journal;
  std::unique_ptr<crypto::TlsContext> tls;
  SmtpHost::Ways ways;
  SmtpPeer peer;
};

Result<void, Complaint> prepare_tls(const SmtpWishes& wishes, Parts& parts) {
  const bool wanted = wishes.tls.empty() ? wishes.serving.has_certificate() : wishes.tls != "none";
  if (!wanted) {
    return {};
  }
  if (!wishes.serving.has_certificate()) {
    return tl::unexpected(
        about("", "TLS without a certificate", "--tls-dir DIR makes a throw-away authority"));
  }
  auto settings = credentials_of(wishes.serving, {});
  if (!settings) {
    return tl::unexpected(settings.error());
  }
  settings->client_trust_file.clear();  // clients of mail servers show no certificate
  settings->alpn.clear();
  auto tls = crypto::TlsContext::server(*settings);
  if (!tls) {
    return tl::unexpected(tls.error());
  }
  parts.tls = std::move(*tls);
  parts.ways.tls = parts.tls.get();
  parts.ways.implicit = wishes.tls == "implicit";
  parts.peer.rules.starttls = !parts.ways.implicit;
  parts.peer.rules.login_only_over_tls = true;
  return {};
}

Result<void, Complaint> prepare_faults(const SmtpWishes& wishes, Parts& parts) {
  if (wishes.faults_file.empty()) {
    return {};
  }
  auto plan = read_smtp_fault_file(wishes.faults_file);
  if (!plan) {
    return tl::unexpected(plan.error());
  }
  for (const auto& fault : plan->faults()) {
    const bool by_starttls = fault.on == SmtpEvent::starttls;
    const bool by_tls = fault.kind == SmtpFault::Kind::tls_alert && !by_starttls;
    if ((by_starttls && !parts.peer.rules.starttls) || (by_tls && !parts.ways.implicit)) {
      return tl::unexpected(about(wishes.faults_file, "a fault of TLS that is never begun",
                                  by_starttls ? "give --tls starttls" : "give --tls implicit"));
    }
  }
  parts.peer.faults = std::move(*plan);
  return {};
}

Result<void, Complaint> prepare(const SmtpWishes& wishes, Parts& parts) {
  parts.ways.fast = wishes.fast;
  auto& peer = parts.peer;
  peer.clock = &parts.clock;
  peer.delay = std::chrono::milliseconds(wishes.delay_ms);
  peer.rules.pipelining = !wishes.no_pipelining;
  peer.rules.chunking = !wishes.no_chunking;
  peer.rules.limits = !wishes.no_limits;
  peer.rules.size_max = wishes.size_max;
  peer.rules.connections = wishes.connections;
  peer.rules.messages_per_connection = wishes.messages_per_connection;
  if (!wishes.login.empty()) {
    const auto colon = wishes.login.find(':');
    if (colon == std::string::npos || colon == 0) {
      return tl::unexpected(about("", "a login without a user or a password", "user:password"));
    }
    peer.rules.user = wishes.login.substr(0, colon);
    peer.rules.password = wishes.login.substr(colon + 1);
  }
  if (auto tls = prepare_tls(wishes, parts); !tls) {
    return tls;
  }
  if (auto faults = prepare_faults(wishes, parts); !faults) {
    return faults;
  }
  if (!wishes.journal_file.empty()) {
    auto journal = Journal::open(wishes.journal_file);
    if (!journal) {
      return tl::unexpected(journal.error());
    }
    parts.journal.emplace(std::move(*journal));
    peer.journal = &*parts.journal;
  }
  return {};
}

}  // namespace

Result<void, Complaint> serve_smtp(const SmtpWishes& wishes) {
  Parts parts;
  if (auto ready = prepare(wishes, parts); !ready) {
    return ready;
  }
  if (wishes.fast) {
    log::set_level(log::Level::info);  // when its first message came
  }
  SmtpHost host(parts.peer, parts.ways);
  return serve(wishes.serving, parts.clock,
               {"smtp", host, [&parts] { return parts.peer.stats.json(); }});
}

}  // namespace muster::loadgen
