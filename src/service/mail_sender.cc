#include "service/mail_sender.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "model/outcome.h"
#include "pipeline/domains.h"
#include "reactor/mail_host_finder.h"
#include "smtp/address.h"

namespace muster::service {
namespace {

using namespace std::chrono_literals;

// A name that others can look up: two labels, and no bare address.
bool may_resolve(const std::string& name) {
  if (name.starts_with('[')) {
    return true;
  }
  const auto dot = name.rfind('.');
  return dot != 0 && dot != std::string::npos && dot + 1 != name.size() &&
         name.find("..") == std::string::npos &&
         name.find_first_not_of("0123456789", dot + 1) != std::string::npos;
}

reactor::MailHostFinderSettings finder_settings(const MailDirectSettings& direct) {
  reactor::MailHostFinderSettings settings;
  settings.resolver = direct.resolver;
  settings.allow_loopback = direct.allow_loopback;
  return settings;
}

Result<std::unique_ptr<wire::MailHostFinder>, Complaint> opened(
    const reactor::MailHostFinderSettings& settings, Doorbell& bell) {
  auto finder = reactor::open_mail_host_finder(settings, bell);
  if (finder) {
    return std::move(*finder);
  }
  Complaint complaint;
  complaint.found =
      settings.resolver.empty()
          ? "this machine's DNS servers cannot be asked: " + words(finder.error())
          : "mail.direct.resolver is \"" + settings.resolver + "\": " + words(finder.error());
  complaint.expected = "the address of a DNS server with its port";
  complaint.mend = "set mail.direct.resolver, as in \"192.0.2.53:53\" or \"[2001:db8::53]:53\"";
  complaint.cause = finder.error();
  return tl::unexpected(std::move(complaint));
}

wire::MailHosts ask(wire::MailHostFinder& finder, Doorbell& bell, const std::string& domain) {
  std::vector<wire::MailHosts> answers;
  finder.ask(domain);
  // The finder's patience ends it: every question is answered.
  while (answers.empty()) {
    bell.doze();
    finder.take(answers);
    if (answers.empty()) {
      bell.wait(1s);
    }
    bell.awake();
  }
  return std::move(answers.front());
}

// "mx1.school.example", "mx1.school.example and 2 others"
std::string names_of(const std::vector<wire::MailHost>& hosts) {
  std::vector<std::string> names;
  for (const auto& host : hosts) {
    if (std::find(names.begin(), names.end(), host.name) == names.end()) {
      names.push_back(host.name);
    }
  }
  const auto others = names.size() - 1;
  return names.front() +
         (others == 0 ? ""
                      : " and " + std::to_string(others) + (others == 1 ? " other" : " others"));
}

}  // namespace

std::string own_name(const MailSettings& mail) {
  if (!mail.own_name.empty()) {
    return mail.own_name;
  }
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

std::vector<Remark> cautions_about(const MailSettings& mail) {
  std::vector<Remark> cautions;
  if (mail.mode != "direct") {
    return cautions;
  }
  if (const auto name = own_name(mail); !may_resolve(name)) {
    cautions.push_back(
        {false, "mail.own_name",
         "mail hosts are greeted as \"" + name + "\", and many refuse a name that cannot resolve",
         "set mail.own_name to this host's full name, as in \"mail.school.example\""});
  }
  if (mail.dkim.empty()) {
    cautions.push_back({false, "mail.dkim",
                        "letters are not signed, and large providers refuse unsigned mail",
                        "add a [[mail.dkim]] with domain, selector and key_file"});
  }
  return cautions;
}

Remark look_for_bounce_hosts(const MailSettings& mail) {
  const std::string setting = mail.envelope_from.empty() ? "mail.from" : "mail.envelope_from";
  const auto sender = smtp::read_named_address(
      mail.envelope_from.empty() ? mail.from : mail.envelope_from, setting);
  if (!sender) {
    return {false, setting, sender.error().found, sender.error().mend};
  }
  const auto domain = pipeline::domain_of(sender->address);
  // A person waits: a second for the first try, two for the second.
  auto settings = finder_settings(mail.direct);
  settings.patience = 1s;
  settings.tries = 2;
  Doorbell bell;
  const auto finder = opened(settings, bell);
  if (!finder) {
    return {false, "mail.direct.resolver", finder.error().found, finder.error().mend};
  }
  const auto found = ask(**finder, bell, domain);
  switch (found.trouble) {
    case Reason::none:
      return {
          true, setting, "what comes back to " + domain + " goes to " + names_of(found.hosts), {}};
    case Reason::dns_failed:
      return {false, setting, "DNS did not say who takes what comes back to " + domain,
              mail.direct.resolver.empty()
                  ? "check this machine's DNS servers, or set mail.direct.resolver"
                  : "check that a DNS server answers at " + mail.direct.resolver};
    default:
      return {false, setting,
              "nobody takes what comes back to " + domain + " (" +
                  std::string(words(found.trouble)) + "), and many mail hosts refuse such a sender",
              "set mail.envelope_from to an address that takes mail"};
  }
}

Result<std::unique_ptr<wire::MailHostFinder>, Complaint> open_finder(
    const MailDirectSettings& direct, Doorbell& bell) {
  return opened(finder_settings(direct), bell);
}

}  // namespace muster::service
