// DNS in the simulation: every domain has mail hosts, neighbours share them, answers take their
// time and some of them fail.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "tests/sim/apns_server.h"
#include "wire/mail_hosts.h"

namespace muster::sim {

class SimFinder final : public wire::MailHostFinder {
 public:
  SimFinder(const FarEnd& far_end, const Clock& clock, std::uint64_t seed)
      : far_end_(far_end), clock_(clock), random_(seed) {}

  void ask(const std::string& domain) override {
    open_.emplace_back(clock_.now() + std::chrono::milliseconds(random_.below(2'000)), domain);
  }
  void take(std::vector<wire::MailHosts>& answers) override {
    std::erase_if(open_, [&](const auto& question) {
      const bool due = question.first <= clock_.now();
      if (due) {
        answers.push_back(answer(question.second));
      }
      return due;
    });
  }

 private:
  [[nodiscard]] wire::MailHosts answer(const std::string& domain) {
    if (far_end_.faulty && random_.chance(far_end_.options.faults.dns_failed)) {
      return {domain, Reason::dns_failed, {}};
    }
    // d0 and d1 are one site, d2 and d3 another: of two hosts, the second a backup.
    const auto number = std::to_string((domain.at(1) - '0') / 2);
    return {domain,
            Reason::none,
            {{"mx" + number + ".example", "192.0.2." + number, 10},
             {"backup" + number + ".example", "198.51.100." + number, 20}}};
  }

  const FarEnd& far_end_;
  const Clock& clock_;
  Random random_;
  std::vector<std::pair<Instant, std::string>> open_;
};

}  // namespace muster::sim
