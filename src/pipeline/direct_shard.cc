#include "pipeline/direct_shard.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "pipeline/settlement_of.h"
#include "pipeline/site_pool.h"

namespace muster::pipeline {
namespace {

constexpr std::size_t letters_per_sorting = 256;
// So many letters may wait for one site, or it would take the slots of all others.
constexpr std::size_t waiting_most = limits::letters_max / 4;
// … and so many for one that lets them wait and answers none: each holds its page for a second.
constexpr std::size_t waiting_most_stalled = 4;
constexpr Duration wait_most = std::chrono::seconds(1);
// What was put off before holds no mark. Still it comes back to be looked at: its user may have
// enrolled meanwhile.
constexpr Duration wait_most_again = std::chrono::seconds(5);
constexpr Duration look_interval = std::chrono::milliseconds(100);
// DNS is asked again after that time, so a letter need not come back before.
constexpr Duration ask_again_after = std::chrono::seconds(30);

}  // namespace

DirectShard::DirectShard(Crossings& crossings, const Clock& clock, wire::Network& network,
                         ShardGauges& gauges, const ShardSettings& settings,
                         const DirectSettings& direct)
    : Shard(crossings, clock, network, gauges, settings),
      direct_(direct),
      domains_(direct.open_finder(network.doorbell()), settings.seed),
      budget_{direct.connections_max, 0, false},
      taken_(letters_per_sorting) {
  MUSTER_ASSERT(settings.credentials.empty() && settings.channel == Channel::mail);
}

// Pools know their sites, which go before what the base owns.
DirectShard::~DirectShard() {
  lanes_.clear();
}

bool DirectShard::more_to_sort() const {
  return crossings_.written.size_approx() != 0;
}

Instant DirectShard::look_again_at() const {
  const bool waiting =
      !asking_.empty() || std::any_of(lanes_.begin(), lanes_.end(),
                                      [](const auto& lane) { return !lane->again.empty(); });
  return waiting ? look_at_ : Instant::never();
}

void DirectShard::prepare(Instant now) {
  now_ = now;
  take_answers(now);
  sort(now);
  if (now >= look_at_) {
    look_at_ = now + look_interval;
    put_off_overdue(now);
  }
}

// ── where to ──

void DirectShard::sort(Instant now) {
  const auto count = crossings_.written.try_dequeue_bulk(taken_.data(), taken_.size());
  for (std::size_t i = 0; i < count; ++i) {
    crossings_.slab[taken_[i]].written_at = now;  // from here on it waits
    place(taken_[i], now);
  }
}

void DirectShard::place(Slot slot, Instant now) {
  const auto& job = crossings_.slab[slot];
  const auto& entry = *crossings_.tasks[job.task];
  if (job.epoch != entry.epoch.load(std::memory_order_seq_cst)) {
    give_back(slot);
    return;
  }
  const auto& recipient = job.letter->recipient;
  const auto found = domains_.find(recipient, now);
  if (found.asked) {
    asking_[domain_of(recipient)].push_back(slot);
    return;
  }
  if (found.site == nullptr) {
    refuse(slot, found.trouble, now + ask_again_after);
    return;
  }
  if (found.site->down(now)) {
    refuse(slot, found.site->trouble(), found.site->up_again_at());
    return;
  }
  auto& lane = lane_of(*found.site);
  const auto most = found.site->stalled() ? waiting_most_stalled : waiting_most;
  if (lane.again.size() >= most) {
    put_off(slot, Reason::site_busy, found.site->give_turn(now));
    return;
  }
  lane.again.push_back(slot);
}

void DirectShard::take_answers(Instant now) {
  answered_.clear();
  domains_.take_answers(now, answered_);
  for (const auto& domain : answered_) {
    const auto aside = asking_.extract(domain);
    if (aside.empty()) {
      continue;  // an old answer served meanwhile
    }
    for (const auto slot : aside.mapped()) {
      place(slot, now);
    }
  }
}

void DirectShard::give_back_aside() {
  for (auto& [domain, slots] : asking_) {
    give_back_stale(slots);
  }
}

Lane& DirectShard::lane_of(Site& site) {
  auto& lane = lanes_of_sites_[&site];
  if (lane == nullptr) {
    lanes_.push_back(std::make_unique<Lane>());
    lane = lanes_.back().get();
    lane->pool = std::make_unique<SitePool>(direct_.site, site, budget_, network_, random_.next());
  }
  return *lane;
}

// ── not now ──

bool DirectShard::overdue(Slot slot, Instant now) const {
  const auto& job = crossings_.slab[slot];
  const auto& mail = crossings_.tasks[job.task]->mail;
  const bool proved = mail.proved.load(std::memory_order_relaxed) != 0;
  return job.from_exception ? now - job.written_at >= wait_most_again
                            : proved && now - job.written_at >= wait_most;
}

void DirectShard::put_off_overdue(Instant now) {
  for (const auto& lane : lanes_) {
    auto& site = dynamic_cast<SitePool&>(*lane->pool).site();
    const bool down = site.down(now) && lane->pool->connections().empty();
    std::erase_if(lane->again, [&](Slot slot) {
      if (down) {
        refuse(slot, site.trouble(), site.up_again_at());
      } else if (overdue(slot, now)) {
        site.let_wait();
        put_off(slot, Reason::site_busy, site.give_turn(now));
      } else {
        return false;
      }
      return true;
    });
  }
  for (auto& [domain, slots] : asking_) {
    std::erase_if(slots, [&](Slot slot) {
      if (!overdue(slot, now)) {
        return false;
      }
      put_off(slot, Reason::dns_failed, now + wait_most_again);
      return true;
    });
  }
  std::erase_if(asking_, [](const auto& each) { return each.second.empty(); });
}

std::int64_t DirectShard::wall_of(Instant when) const {
  return clock_.wall().milliseconds +
         std::chrono::duration_cast<std::chrono::milliseconds>(when - now_).count();
}

void DirectShard::put_off(Slot slot, Reason why, Instant until) {
  const auto& job = crossings_.slab[slot];
  auto settlement = settlement_of(slot, job);
  // What may have arrived before stays in doubt: nothing is repeated yet.
  settlement.outcome = Outcome{job.in_doubt ? State::in_doubt : State::deferred, why, job.attempts};
  settlement.in_doubt = false;
  settlement.next_at_ms = wall_of(until);
  settlements_.push_back(settlement);
  crossings_.letters_returned.fetch_add(1, std::memory_order_relaxed);
}

void DirectShard::refuse(Slot slot, Reason why, Instant not_before) {
  auto& job = crossings_.slab[slot];
  auto& entry = *crossings_.tasks[job.task];
  ++job.attempts;
  const wire::Answer answer{slot, wire::Fate::answered, why, 0, 0};
  auto decision =
      decide(answer, job, entry.content.mail_expiration_s, policy_, clock_.wall(), random_);
  MUSTER_ASSERT(decision.kind == Decision::Kind::settle);
  if (decision.outcome.state == State::deferred) {
    decision.next_at_ms = std::max(decision.next_at_ms, wall_of(not_before));
  }
  // It proves nothing, and if this is all there is, something is wrong with our settings.
  entry.mail.suspected.store(why, std::memory_order_relaxed);
  entry.mail.answered.fetch_add(1, std::memory_order_relaxed);
  if (entry.mail.proved.load(std::memory_order_relaxed) == 0) {
    crossings_.expander_bell.ring();
  }
  settle(job, slot, answer, decision);
}

// ── at the end of a turn ──

void DirectShard::tidy(Instant now) {
  if (std::exchange(budget_.wanted_more, false)) {
    for (const auto& lane : lanes_) {
      for (auto& connection : lane->pool->connections()) {
        const auto vitals = connection.session->vitals();
        if (lane->again.empty() && vitals.in_flight == 0 &&
            vitals.condition == wire::Vitals::Condition::open) {
          lane->pool->retire(connection, now);
        }
      }
    }
  }
  std::erase_if(lanes_, [this](const auto& lane) {
    auto& pool = dynamic_cast<SitePool&>(*lane->pool);
    const bool done = lane->again.empty() && pool.idle();
    if (done) {
      lanes_of_sites_.erase(&pool.site());
    }
    return done;
  });
}

}  // namespace muster::pipeline
