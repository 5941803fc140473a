#include "loadgen/smtp_host.h"

#include <algorithm>

#include "loadgen/fast_smtp.h"
#include "loadgen/strict_smtp.h"

namespace muster::loadgen {

Welcome SmtpHost::welcome(std::uint32_t number, Instant now) {
  auto& stats = peer_.stats;
  ++stats.connections;
  const auto most = peer_.rules.connections;
  const bool crowded = most != 0 && granted_.size() >= most;
  if (!crowded) {
    granted_.insert(number);
    stats.connections_most = std::max<std::uint64_t>(stats.connections_most, granted_.size());
  }
  Welcome welcome;
  welcome.tls = ways_.implicit ? ways_.tls : nullptr;
  welcome.tls_later = ways_.implicit ? nullptr : ways_.tls;
  const bool tls = welcome.tls != nullptr;
  if (ways_.fast && !crowded) {
    welcome.begin = [this, tls](const std::string&) {
      return std::make_unique<FastSmtp>(peer_, tls);
    };
    return welcome;
  }
  const auto* fault = crowded ? nullptr : peer_.faults.next(SmtpEvent::connection);
  if (fault != nullptr && fault->kind == SmtpFault::Kind::tls_alert && tls) {
    welcome.alert = static_cast<int>(fault->alert);
  }
  const StrictSmtp::Start start{number, tls, fault, crowded};
  welcome.begin = [this, start, now](const std::string&) {
    return std::make_unique<StrictSmtp>(peer_, start, now);
  };
  return welcome;
}

Result<void, Complaint> SmtpHost::flush() {
  return peer_.journal == nullptr ? Result<void, Complaint>() : peer_.journal->flush();
}

}  // namespace muster::loadgen
