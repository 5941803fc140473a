// Which site a domain's letters go to, as DNS said of late.
//
// A domain is asked about once, when the first letter for it comes; what was found holds for ten
// minutes (while it is asked anew, the old answer still serves), a failure for thirty seconds, so
// that a resolver in trouble is not stormed (RFC 9520). Domains with the same mail hosts share
// their site. At most limits::mail_domains_max are remembered: beyond it those that are out of date
// go, and where that is not enough, all that nobody waits for.
//
// Belongs to a shard; a site lives as long as this.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "pipeline/site.h"
#include "wire/mail_hosts.h"

namespace muster::pipeline {

class Domains {
 public:
  struct Found {
    Site* site = nullptr;
    Reason trouble = Reason::none;  // why there is none
    bool asked = false;             // neither is known yet: the answer comes
  };

  Domains(std::unique_ptr<wire::MailHostFinder> finder, std::uint64_t seed);

  // Of an address, or a domain, in any case; the domain in A-labels.
  [[nodiscard]] Found find(std::string_view address, Instant now);
  // Takes in what DNS answered; appends the domains concerned, in lower case.
  void take_answers(Instant now, std::vector<std::string>& answered);

 private:
  struct Domain {
    Site* site = nullptr;
    Reason trouble = Reason::none;
    Instant known_until{};
    bool asked = false;
  };

  void make_place(Instant now);
  [[nodiscard]] Site& site_of(const std::vector<wire::MailHost>& hosts);

  std::unique_ptr<wire::MailHostFinder> finder_;
  Random random_;
  std::unordered_map<std::string, Domain> domains_;
  std::map<std::string, std::unique_ptr<Site>> sites_;  // by Site::key_of
  std::vector<wire::MailHosts> answers_;
};

// What stands behind the last "@", in lower case.
[[nodiscard]] std::string domain_of(std::string_view address);

}  // namespace muster::pipeline
