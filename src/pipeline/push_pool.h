// The connections of one shard to one (host, credential) of APNs.
//
// The first is opened when there is something to send, more when work waits although every
// connection is full, and a new one at once when a server takes its leave (GOAWAY). While it grows
// it at most doubles every 100 ms. A connection that could not be made, or that died without having
// answered anything, is tried again with back-off. A refusal of the credential stops the pool until
// the process starts anew.
#pragma once

#include "pipeline/planning.h"
#include "pipeline/pool.h"

namespace muster::pipeline {

class PushPool final : public Pool {
 public:
  PushPool(const PoolSettings& settings, wire::Network& network, std::uint32_t ordinal_base,
           std::uint64_t seed);

  void open_wanted(Instant now, const Load& load) override;
  void note_drawn(std::uint64_t waiting) override;
  void note_answers(std::uint64_t count, Duration quickest) override;
  [[nodiscard]] Bound bound() const override { return planning_.plan().bound; }
  void refuse(Reason reason, std::string_view said) override;
  void renew_credential() override;

 private:
  void ended(const Connection& connection, const wire::Vitals& vitals, Instant now) override;
  void open_one(Instant now);

  PoolSettings settings_;
  Planning planning_;
  Instant opened_at_{};
  bool opened_ = false;
};

}  // namespace muster::pipeline
