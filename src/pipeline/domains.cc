#include "pipeline/domains.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "base/assert.h"
#include "base/log.h"
#include "model/limits.h"

namespace muster::pipeline {
namespace {

constexpr Duration known_for = std::chrono::minutes(10);
constexpr Duration failure_known_for = std::chrono::seconds(30);

}  // namespace

std::string domain_of(std::string_view address) {
  const auto at = address.rfind('@');
  std::string domain(at == std::string_view::npos ? address : address.substr(at + 1));
  std::transform(domain.begin(), domain.end(), domain.begin(), ascii_lower);
  return domain;
}

Domains::Domains(std::unique_ptr<wire::MailHostFinder> finder, std::uint64_t seed)
    : finder_(std::move(finder)), random_(seed) {
  MUSTER_ASSERT(finder_ != nullptr);
}

Domains::Found Domains::find(std::string_view address, Instant now) {
  auto domain = domain_of(address);
  auto found = domains_.find(domain);
  if (found == domains_.end()) {
    if (domains_.size() >= limits::mail_domains_max) {
      make_place(now);
    }
    found = domains_.emplace(std::move(domain), Domain{}).first;
  }
  auto& known = found->second;
  if (!known.asked && now >= known.known_until) {
    known.asked = true;
    finder_->ask(found->first);
  }
  const bool nothing = known.site == nullptr &&
                       (known.trouble == Reason::none || (known.asked && now >= known.known_until));
  return nothing ? Found{nullptr, Reason::none, true} : Found{known.site, known.trouble, false};
}

void Domains::take_answers(Instant now, std::vector<std::string>& answered) {
  answers_.clear();
  finder_->take(answers_);
  for (const auto& answer : answers_) {
    const auto found = domains_.find(answer.domain);
    MUSTER_ASSERT(found != domains_.end() && found->second.asked);
    auto& known = found->second;
    known.asked = false;
    answered.push_back(answer.domain);
    if (answer.trouble == Reason::dns_failed && known.site != nullptr) {
      known.known_until = now + failure_known_for;  // the old answer serves on
      continue;
    }
    known.trouble = answer.trouble;
    known.site = answer.trouble == Reason::none ? &site_of(answer.hosts) : nullptr;
    known.known_until =
        now + (answer.trouble == Reason::dns_failed ? failure_known_for : known_for);
    log::info("pipeline", "mail hosts of a domain",
              {{"domain", answer.domain},
               {"addresses", static_cast<std::int64_t>(answer.hosts.size())},
               {"trouble", std::string(name_of(answer.trouble))}});
  }
}

Site& Domains::site_of(const std::vector<wire::MailHost>& hosts) {
  auto& site = sites_[Site::key_of(hosts)];
  if (site == nullptr) {
    site = std::make_unique<Site>(hosts, random_.next());
  } else {
    site->refresh(hosts);
  }
  return *site;
}

void Domains::make_place(Instant now) {
  std::erase_if(domains_, [now](const auto& each) {
    return !each.second.asked && now >= each.second.known_until;
  });
  if (domains_.size() >= limits::mail_domains_max) {
    std::erase_if(domains_, [](const auto& each) { return !each.second.asked; });
  }
}

}  // namespace muster::pipeline
