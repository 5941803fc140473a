// The mail shard where mail goes directly: letters are sorted by site, and each site has a lane.
//
// Before it draws, a letter's domain says where it goes (domains.h): to the lane of its site, which
// is opened with the first letter and forgotten when nothing waits and no connection stands; or
// aside, until DNS has answered; or nowhere, where DNS says that the domain takes no mail.
//
// A letter that waits holds the mark of its page, and the page holds letters for other sites. So
// none waits longer than a second: it is put off (deferred, SiteBusy, no attempt counted) until its
// site has a turn for it, and comes back by its exception row like any retry. One that was put off
// before holds nobody up and may wait for five. For a site that lets letters wait and answers none
// only a few do, or its letters would hold up everybody's for a second a page. A site that is down
// (site.h) has its letters deferred with the reason, as an attempt of each. Only letters that have
// to prove the settings (the canary's) wait for as long as it takes: nothing else goes before them.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "pipeline/direct.h"
#include "pipeline/domains.h"
#include "pipeline/shard.h"

namespace muster::pipeline {

class DirectShard final : public Shard {
 public:
  // As Shard; settings.credentials is empty.
  DirectShard(Crossings& crossings, const Clock& clock, wire::Network& network, ShardGauges& gauges,
              const ShardSettings& settings, const DirectSettings& direct);
  ~DirectShard() override;

 private:
  void prepare(Instant now) override;
  void tidy(Instant now) override;
  void give_back_aside() override;
  [[nodiscard]] bool more_to_sort() const override;
  [[nodiscard]] Instant look_again_at() const override;

  void sort(Instant now);
  void place(Slot slot, Instant now);
  void take_answers(Instant now);
  [[nodiscard]] Lane& lane_of(Site& site);
  // Letters that have waited too long, and those of sites that are down.
  void put_off_overdue(Instant now);
  // Why `slot` is to be put off now: it waited too long.
  [[nodiscard]] bool overdue(Slot slot, Instant now) const;
  void put_off(Slot slot, Reason why, Instant until);
  // Not tried, and an attempt all the same: what DNS or the site's state says of it.
  void refuse(Slot slot, Reason why, Instant not_before);
  [[nodiscard]] std::int64_t wall_of(Instant when) const;

  DirectSettings direct_;
  Domains domains_;
  ConnectionBudget budget_;
  std::unordered_map<const Site*, Lane*> lanes_of_sites_;
  std::map<std::string, std::vector<Slot>> asking_;  // letters aside, by domain
  std::vector<std::string> answered_;
  std::vector<Slot> taken_;
  Instant now_{};
  Instant look_at_{};  // for what has waited too long
};

}  // namespace muster::pipeline
