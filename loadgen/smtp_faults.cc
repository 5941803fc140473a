#include "loadgen/smtp_faults.h"

#include <string_view>
#include <utility>

namespace muster::loadgen {

std::string_view name_of(SmtpEvent event) {
  static constexpr std::array<std::string_view, smtp_events> names{
      "connection", "greeting", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "dot"};
  return names[static_cast<std::size_t>(event)];
}

SmtpFaultPlan::SmtpFaultPlan(std::vector<SmtpFault> faults, std::uint64_t seed)
    : faults_(std::move(faults)), schedule_({faults_.begin(), faults_.end()}, seed) {}

const SmtpFault* SmtpFaultPlan::next(SmtpEvent event, std::uint64_t subject) {
  const auto ordinal = ++counts_[static_cast<std::size_t>(event)];
  for (std::size_t i = 0; i < faults_.size(); ++i) {
    if (faults_[i].on == event && schedule_.strikes(i, ordinal, subject)) {
      return &faults_[i];
    }
  }
  return nullptr;
}

}  // namespace muster::loadgen
