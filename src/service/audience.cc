#include "service/audience.h"

#include <algorithm>

#include "apns/payload.h"
#include "crypto/digest.h"
#include "model/job.h"
#include "service/mail_sender.h"
#include "service/wording.h"

namespace muster::service {
namespace {

constexpr std::uint16_t no_credential = 0xffff;

std::string fingerprint(roster::Selection& selection) {
  auto text = selection.devices.write();
  for (auto* others : {&selection.mailboxes, &selection.fallbacks, &selection.accounts}) {
    const auto more = others->write();
    text.insert(text.end(), more.begin(), more.end());
  }
  const auto digest = crypto::sha256(text);
  return to_hex(Bytes(digest).first(8));
}

void warn(Chosen& chosen, const Settings& settings) {
  auto& warnings = chosen.preview.warnings;
  for (const auto topic : chosen.topics_wanted) {
    const auto& name = chosen.topics[topic];
    if (chosen.credential_of_topic[topic] == no_credential) {
      warnings.push_back("no credential is set up for topic " + name +
                         ": add an [[apns.credential]] for it");
    } else if (push_type_of(name) == PushType::mdm && settings.mdm.mode == "off") {
      warnings.push_back(name +
                         ": devices will be woken, but no command waits for them "
                         "(mdm.mode is off)");
    }
  }
  if (settings.mail.mode == "off" && chosen.preview.selector.channels != Channels::push &&
      chosen.preview.selector.channels != Channels::push_then_mail) {
    warnings.push_back("mail is off: set up [mail] to invite by mail");
  }
  if (chosen.preview.mails != 0 || chosen.preview.fallbacks != 0) {
    for (const auto& caution : cautions_about(settings.mail)) {
      warnings.push_back(caution.found + "; " + caution.mend);
    }
  }
}

// At the paces that are set; 0: none is.
double seconds_of_pushes(const Chosen& chosen, const Settings& settings) {
  const bool paced = settings.mdm.wakes_per_second != 0 &&
                     std::any_of(chosen.topics_wanted.begin(), chosen.topics_wanted.end(),
                                 [&](std::uint16_t topic) {
                                   return push_type_of(chosen.topics[topic]) == PushType::mdm;
                                 });
  return paced ? static_cast<double>(chosen.preview.pushes) / settings.mdm.wakes_per_second : 0;
}

}  // namespace

roster::Means means_of(Channels channels, bool mail) {
  switch (channels) {
    case Channels::push:
      return roster::Means::push;
    case Channels::mail:
      return roster::Means::mail;
    case Channels::push_and_mail:
      return roster::Means::push_and_mail;
    case Channels::push_then_mail:
      return mail ? roster::Means::push_then_mail : roster::Means::push;
  }
  return roster::Means::push;
}

double seconds_of_mails(std::uint64_t mails, const MailSettings& mail) {
  constexpr double day = 24 * 3600;
  const auto count = static_cast<double>(mails);
  const auto& relay = mail.relay;
  double seconds = 0;
  // The limits are what the relay grants: nobody else does.
  if (mails == 0 || mail.mode == "direct") {
    return seconds;
  }
  if (relay.per_second != 0) {
    seconds = std::max(seconds, count / relay.per_second);
  }
  if (relay.per_minute != 0) {
    seconds = std::max(seconds, count * 60 / relay.per_minute);
  }
  if (relay.per_day != 0) {
    // Whole days, and then what is left at the other paces.
    const auto days = (mails - 1) / relay.per_day;
    const auto rest = mails - days * relay.per_day;
    MailSettings without = mail;
    without.relay.per_day = 0;
    seconds = static_cast<double>(days) * day + seconds_of_mails(rest, without);
  }
  return seconds;
}

std::vector<std::uint16_t> credentials_by_topic(const std::vector<std::string>& topics,
                                                const Settings& settings) {
  std::vector<std::uint16_t> found(topics.size(), no_credential);
  for (std::size_t topic = 0; topic < topics.size(); ++topic) {
    for (std::size_t i = 0; i < settings.apns.credentials.size(); ++i) {
      if (settings.apns.credentials[i].topic == topics[topic]) {
        found[topic] = static_cast<std::uint16_t>(i);
      }
    }
  }
  return found;
}

Checked<Chosen> choose(roster::RosterReader& roster, const Settings& settings,
                       const Selector& selector, bool managed) {
  if (selector.user.empty() == selector.group.empty()) {
    return Failure{FailureKind::usage, "name either a user or a group: --user U or --group G"};
  }
  const auto means = means_of(selector.channels, settings.mail.mode != "off");
  auto selection =
      selector.user.empty()
          ? roster.select_group(selector.group, wanted(selector.audience), means, managed)
          : roster.select_user(selector.user, selector.device, wanted(selector.audience), means,
                               managed);
  if (!selection) {
    return failure_of(selection.error(), FailureKind::refused);
  }
  Chosen chosen;
  const auto topics = roster.topics();
  const auto used = roster.topics_of(selection->devices);
  if (!topics || !used) {
    return failure_of(topics ? used.error() : topics.error(), "the roster cannot be read");
  }
  const auto why = roster.why_unreached(*selection);
  if (!why) {
    return failure_of(why.error(), "the roster cannot be read");
  }
  chosen.topics = *topics;
  chosen.topics_wanted = *used;
  chosen.credential_of_topic = credentials_by_topic(chosen.topics, settings);
  auto& preview = chosen.preview;
  preview.selector = selector;
  preview.target_name = selection->target_name;
  preview.users_selected = selection->users_selected.size();
  preview.users = selection->users.size();
  preview.pushes = selection->devices.size();
  preview.mails = selection->mailboxes.size();
  preview.fallbacks = selection->fallbacks.size();
  preview.accounts = selection->accounts.size();
  preview.invitations = preview.pushes + preview.mails + preview.accounts;
  preview.users_by_device = selection->users_by_device;
  preview.users_not_invited = selection->users_not_invited;
  preview.users_not_enrolled = selection->users_not_enrolled;
  preview.id = fingerprint(*selection);
  for (const auto& each : *why) {
    preview.unreached.push_back({words_of(each.reason), each.users});
  }
  chosen.selection = std::move(*selection);
  warn(chosen, settings);
  preview.seconds_estimated =
      std::max(seconds_of_pushes(chosen, settings), seconds_of_mails(preview.mails, settings.mail));
  return chosen;
}

Checked<std::vector<std::pair<std::string, std::string>>> alert_payloads(const Settings& settings,
                                                                         const Chosen& chosen) {
  std::vector<std::pair<std::string, std::string>> payloads;
  const bool alerted = std::any_of(
      chosen.topics_wanted.begin(), chosen.topics_wanted.end(),
      [&](std::uint16_t topic) { return push_type_of(chosen.topics[topic]) == PushType::alert; });
  if (!alerted) {
    return payloads;
  }
  for (const auto& text : settings.invitations) {
    auto payload = apns::alert_payload(apns::AlertText{text.title, text.body, text.url});
    if (!payload) {
      return Failure{FailureKind::refused, "the invitation in '" + text.language +
                                               "': " + payload.error().line_of_text()};
    }
    payloads.emplace_back(text.language, std::move(*payload));
  }
  if (payloads.empty()) {
    return Failure{
        FailureKind::refused,
        "this audience gets alerts, but there is no text for them; add an [[invitation]] "
        "with language, title and body to the settings"};
  }
  return payloads;
}

std::vector<std::uint8_t> payloads_by_language(
    const std::vector<std::string>& languages,
    const std::vector<std::pair<std::string, std::string>>& payloads) {
  std::vector<std::uint8_t> found(languages.size(), 0);
  for (std::size_t i = 0; i < languages.size(); ++i) {
    const auto primary = languages[i].substr(0, languages[i].find_first_of("-_"));
    for (std::size_t at = payloads.size(); at-- > 0;) {
      if (payloads[at].first == primary && found[i] == 0) {
        found[i] = static_cast<std::uint8_t>(at);
      }
    }
    for (std::size_t at = 0; at < payloads.size(); ++at) {
      if (payloads[at].first == languages[i]) {
        found[i] = static_cast<std::uint8_t>(at);
      }
    }
  }
  return found;
}

}  // namespace muster::service
