#include "loadgen/apns_host.h"

#include "loadgen/fast_conversation.h"
#include "loadgen/strict_conversation.h"

namespace muster::loadgen {
namespace {

// "UID=com.apple.mgmt.External.1,CN=client" → the topic a certificate is good for.
std::string topic_of(const std::string& subject) {
  const auto at = subject.find("UID=");
  if (at == std::string::npos) {
    return {};
  }
  const auto from = at + 4;
  return subject.substr(from, subject.find_first_of(",+", from) - from);
}

}  // namespace

Welcome ApnsHost::welcome(std::uint32_t number, Instant now) {
  ++peer_.stats.connections;
  const auto* fault = ways_.fast ? nullptr : peer_.faults.next_connection();
  Welcome welcome;
  welcome.tls = ways_.tls;
  welcome.begin = [this, number, fault, now](const std::string& subject) {
    return converse(number, subject, fault, now);
  };
  if (fault != nullptr && fault->kind == Fault::Kind::tls_alert) {
    welcome.alert = static_cast<int>(fault->code);
  }
  return welcome;
}

std::unique_ptr<Conversation> ApnsHost::converse(std::uint32_t number, const std::string& subject,
                                                 const Fault* fault, Instant now) {
  if (ways_.fast) {
    const FastSettings wanted{peer_.streams, peer_.window, peer_.delay, peer_.arrivals};
    return std::make_unique<FastConversation>(wanted, peer_.stats.requests,
                                              peer_.stats.violations.protocol);
  }
  auto made = std::make_unique<StrictConversation>(peer_, number, topic_of(subject));
  if (fault != nullptr) {
    made->strike(*fault, now);
  }
  return made;
}

Result<void, Complaint> ApnsHost::flush() {
  return peer_.journal == nullptr ? Result<void, Complaint>() : peer_.journal->flush();
}

}  // namespace muster::loadgen
