#include "loadgen/smtp_host.h"

#include "loadgen/fast_smtp.h"
#include "loadgen/strict_smtp.h"

namespace muster::loadgen {

Welcome SmtpHost::welcome(std::uint32_t number, Instant now) {
  ++peer_.stats.connections;
  Welcome welcome;
  welcome.tls = ways_.implicit ? ways_.tls : nullptr;
  welcome.tls_later = ways_.implicit ? nullptr : ways_.tls;
  const bool tls = welcome.tls != nullptr;
  if (ways_.fast) {
    welcome.begin = [this, tls](const std::string&) {
      return std::make_unique<FastSmtp>(peer_, tls);
    };
    return welcome;
  }
  const auto* fault = peer_.faults.next(SmtpEvent::connection);
  if (fault != nullptr && fault->kind == SmtpFault::Kind::tls_alert && tls) {
    welcome.alert = static_cast<int>(fault->alert);
  }
  welcome.begin = [this, number, tls, fault, now](const std::string&) {
    return std::make_unique<StrictSmtp>(peer_, StrictSmtp::Start{number, tls, fault}, now);
  };
  return welcome;
}

Result<void, Complaint> SmtpHost::flush() {
  return peer_.journal == nullptr ? Result<void, Complaint>() : peer_.journal->flush();
}

}  // namespace muster::loadgen
