// Who we are to mail hosts that are not ours: what we call ourselves, what they hold against it,
// how they are found, and whether what they send back would arrive.
//
// A relay of our own answers for us; to everybody else we are a stranger.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/thread.h"
#include "muster/settings.h"
#include "wire/mail_hosts.h"

namespace muster::service {

// For EHLO: as the settings say, or this host's name.
[[nodiscard]] std::string own_name(const MailSettings& mail);

struct Remark {
  bool good = false;
  std::string setting;  // "mail.own_name"
  std::string found;
  std::string mend;  // empty where nothing is to be done
};

// What mail hosts refuse strangers for. Nothing unless mail goes directly.
[[nodiscard]] std::vector<Remark> cautions_about(const MailSettings& mail);

// Asks DNS who takes mail for the envelope sender, where bounces go: many mail hosts refuse senders
// that nobody could answer. Blocks for some seconds at most where DNS is silent.
[[nodiscard]] Remark look_for_bounce_hosts(const MailSettings& mail);

// `bell` outlives the finder. The complaint names mail.direct.resolver.
[[nodiscard]] Result<std::unique_ptr<wire::MailHostFinder>, Complaint> open_finder(
    const MailDirectSettings& direct, Doorbell& bell);

}  // namespace muster::service
