// A site: a set of mail hosts that serve one domain or many, and what we know of it.
//
// Domains with the same mail hosts are one site, since the hosts count our connections and not the
// domains. A site says where the next connection goes, how many there may be at once, how many
// letters one may carry, and when a letter that finds no room should come back.
//
//   Where to     Targets, one an address. Of those that are not down the lowest preference; among
//                equal ones by chance (RFC 5321 §5.1). A target that failed is down for a minute,
//                then two, at most 30, up to 20 % more; when its time is over one connection tries
//                it, and no other before a letter went through. All of them down: the site is
//                down, until the first may be tried again, and begins anew with one connection.
//   How many     Concurrency by feedback (Postfix's SCHEDULER_README, 1/N): it begins with 2, gains
//                1/width with every letter that is answered, loses 1 with a connection that failed
//                while others stood, never more than the provider takes, never less than 1. After
//                such a loss it gains nothing for ten seconds: at 1/N alone a limit of N costs one
//                refused connection for every N letters, however fast they go.
//   How much     The provider's letters a connection (providers.h), or fewer where the site ended
//                a connection by 421 after so many: believed for ten minutes, then asked again.
//   When         Turns: a letter beyond what may wait gets a time of its own, a second from now or
//                later, one behind the other, at the rate of the last seconds and half as much
//                again (at least 20 a second), so that what comes back finds room and nobody is
//                polled for.
//   In clear     A target with which TLS failed is spoken to in clear for three days, or until it
//                refuses to go on without TLS.
//
// A site whose hosts belong to several providers takes what the narrowest of them does.
// Belongs to a shard; no clock of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "model/outcome.h"
#include "pipeline/providers.h"
#include "wire/mail_hosts.h"

namespace muster::pipeline {

class Site {
 public:
  struct Target {
    wire::MailHost host;
    std::uint32_t failures = 0;  // in a row
    Instant down_until{};
    Instant tried_until{};  // a connection tries whether it is back; until then no other does
    Instant in_clear_until{};
    bool gone = false;           // DNS names it no longer
    std::uint64_t named_in = 0;  // which refresh, the last time
  };

  // `hosts` is not empty.
  Site(const std::vector<wire::MailHost>& hosts, std::uint64_t seed);

  // The names of the hosts with their preferences, in order: equal for domains of one site.
  [[nodiscard]] static std::string key_of(const std::vector<wire::MailHost>& hosts);
  // DNS has been asked again: what is known of a target that stays, stays. Indices stay as well,
  // except that of many that are gone the one that is gone longest makes room.
  void refresh(const std::vector<wire::MailHost>& hosts);

  // ── where to ──
  // The target of the next connection; none: the site is down, or whoever tries whether it is back
  // is under way.
  [[nodiscard]] std::optional<std::size_t> choose(Instant now);
  [[nodiscard]] const Target& target(std::size_t index) const { return targets_[index]; }
  [[nodiscard]] bool down(Instant now) const;
  // Of a site that is down: when somebody may be tried again, and what the last one failed with.
  [[nodiscard]] Instant up_again_at() const;
  [[nodiscard]] Reason trouble() const { return trouble_; }

  // ── what became of connections ──
  // It carries letters, or would have: its target is up.
  void stood(std::size_t target);
  // It came to nothing before a letter was answered. `others_stand`, at the same target: then it is
  // the number of connections that the site did not like, and its target is not down.
  void failed(std::size_t target, Reason why, bool others_stand, Instant now);
  void tls_failed(std::size_t target, Instant now);
  void answered(std::uint64_t letters, Instant now);
  // The site ended a connection by 421 after that many letters.
  void ended_after(std::uint64_t letters, Instant now);

  // ── how many, how much ──
  // At once; never 0.
  [[nodiscard]] std::uint32_t connections_max() const;
  [[nodiscard]] std::uint32_t letters_per_connection(Instant now) const;

  // ── when ──
  // Letters waited too long and were put off; from then until a letter is answered it is stalled,
  // and no more should wait for it than it takes to see whether it is.
  void let_wait() { stalled_ = true; }
  [[nodiscard]] bool stalled() const { return stalled_; }
  // When a letter that cannot wait here should come back; each call gives the next one's turn.
  [[nodiscard]] Instant give_turn(Instant now);

 private:
  [[nodiscard]] std::size_t place_for(const wire::MailHost& host);
  [[nodiscard]] bool may_be_tried(const Target& target, Instant now) const;
  void narrow_limits();
  void count_seconds(Instant now);

  std::vector<Target> targets_;
  std::uint64_t refreshes_ = 0;
  SiteLimits limits_;
  Random random_;
  Reason trouble_ = Reason::none;
  double width_ = 2;
  Instant widen_at_{};         // not before
  std::uint32_t learned_ = 0;  // letters a connection; 0: nothing was learned
  Instant learned_until_{};
  Instant next_turn_{};
  bool stalled_ = false;  // not before
  // Letters answered in this second and in the one before.
  std::uint64_t answered_now_ = 0;
  std::uint64_t answered_before_ = 0;
  Instant second_began_{};
};

}  // namespace muster::pipeline
