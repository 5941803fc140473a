// From a selector to who would be invited, and to a preview of it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "muster/error.h"
#include "muster/preview.h"
#include "muster/settings.h"
#include "roster/roster.h"

namespace muster::service {

struct Chosen {
  Preview preview;
  roster::Selection selection;
  std::vector<std::string> topics;           // the roster's, by index
  std::vector<std::uint16_t> topics_wanted;  // indexes of those that occur
  // By topic index: which credential pushes to it; 0xffff: none is set up.
  std::vector<std::uint16_t> credential_of_topic;
};

// The preview's id is a fingerprint of exactly who is meant: send() compares it.
// `managed`: invitations go through Apps and Books, where a Managed Apple Account needs none.
[[nodiscard]] Checked<Chosen> choose(roster::RosterReader& roster, const Settings& settings,
                                     const Selector& selector, bool managed = false);

// Where mail is off, push-then-mail is plain push.
[[nodiscard]] roster::Means means_of(Channels channels, bool mail);

// Alert payloads by language for a send to these topics; empty where none is alerted. Refused where
// texts are missing or too large for Apple.
[[nodiscard]] Checked<std::vector<std::pair<std::string, std::string>>> alert_payloads(
    const Settings& settings, const Chosen& chosen);

// By the roster's language index: which payload; 0 is the fallback. "de-CH" finds "de".
[[nodiscard]] std::vector<std::uint8_t> payloads_by_language(
    const std::vector<std::string>& languages,
    const std::vector<std::pair<std::string, std::string>>& payloads);

// How long so many mails take at the relay's limits, days of used-up quotas included; 0: no limit
// is set.
[[nodiscard]] double seconds_of_mails(std::uint64_t mails, const MailSettings& mail);

[[nodiscard]] std::vector<std::uint16_t> credentials_by_topic(
    const std::vector<std::string>& topics, const Settings& settings);

}  // namespace muster::service
