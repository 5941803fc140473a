// The connections to one site.
//
// As many as letters want (one for two letters that wait or are on their way), as the site takes
// (site.h) and as the budget of all sites allows; those that take their leave are counted until
// they are gone. A site that is down opens nothing: its letters are for the shard to put off.
//
// How a connection ended is told to the site:
//
//   TLS came to nothing                    spoken to in clear from now on, at once
//   a letter was answered, then 421        so many letters a connection
//   a letter was answered                  nothing: its successor may come at once
//   it stood and was not used              nothing: somebody was tired of waiting
//   otherwise, others stand at its target  so many connections are too many
//   otherwise                              the target is down for a minute or more; the next
//                                          connection goes to another one at once
#pragma once

#include <cstdint>

#include "pipeline/pool.h"
#include "pipeline/site.h"

namespace muster::crypto {
class TlsContext;
}

namespace muster::pipeline {

// Connections to all sites together. Belongs to the shard.
struct ConnectionBudget {
  std::uint32_t most = 0;
  std::uint32_t open = 0;    // those that are not buried
  bool wanted_more = false;  // somebody would have opened one; the shard takes idle ones away
};

struct SitePoolSettings {
  std::uint16_t port = 25;
  const crypto::TlsContext* tls = nullptr;  // STARTTLS where it is offered; nullptr: never
  OpenSession open_session;
};

class SitePool final : public Pool {
 public:
  // `site` and `budget` outlive it.
  SitePool(const SitePoolSettings& settings, Site& site, ConnectionBudget& budget,
           wire::Network& network, std::uint64_t seed);
  ~SitePool() override;

  void open_wanted(Instant now, const Load& load) override;
  void note_answers(std::uint64_t count, Duration quickest) override;
  // connections: all that the site or the budget allow are busy. peer: otherwise, where letters
  // wait.
  [[nodiscard]] Bound bound() const override { return bound_; }
  // What one site refuses says nothing of another: the connection's target is put down instead.
  void refuse(Reason reason, std::string_view said) override;

  [[nodiscard]] Site& site() { return site_; }
  // Nothing is on its way, nothing waits to be opened: it may be forgotten.
  [[nodiscard]] bool idle() const { return connections().empty(); }

 private:
  void ended(const Connection& connection, const wire::Vitals& vitals, Instant now) override;
  void failed(const Connection& connection, const wire::Vitals& vitals, Instant now);
  void open_to(std::size_t target, Instant now);
  [[nodiscard]] bool others_stand(const Connection& connection) const;
  [[nodiscard]] bool all_open() const;

  SitePoolSettings settings_;
  Site& site_;
  ConnectionBudget& budget_;
  Bound bound_ = Bound::none;
  Instant looked_at_{};
};

}  // namespace muster::pipeline
