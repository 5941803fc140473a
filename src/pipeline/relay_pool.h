// The connections to the relay: as many as letters want, up to those allowed.
//
// Each carries its letters one after the other, whatever the others do, and may end after every
// letter. Those that take their leave are counted until they are gone, and a server that takes no
// more of them than stand is believed. Where TLS is welcome and not required, a handshake that
// fails is not tried again for a day: letters go in clear.
#pragma once

#include "pipeline/planning.h"
#include "pipeline/pool.h"

namespace muster::pipeline {

class RelayPool final : public Pool {
 public:
  RelayPool(const PoolSettings& settings, wire::Network& network, std::uint32_t ordinal_base,
            std::uint64_t seed);

  void open_wanted(Instant now, const Load& load) override;
  void note_drawn(std::uint64_t waiting) override;
  void note_answers(std::uint64_t count, Duration quickest) override;
  [[nodiscard]] Bound bound() const override;
  void refuse(Reason reason, std::string_view said) override;

 private:
  void ended(const Connection& connection, const wire::Vitals& vitals, Instant now) override;
  [[nodiscard]] bool narrowed(const Connection& lost, Instant now);
  [[nodiscard]] std::string unreachable_words(const wire::Vitals& vitals) const;

  PoolSettings settings_;
  Planning planning_;
  std::uint32_t width_ = 1;  // so many connections at most for now
  Instant widen_at_{};       // when that may double
  Instant in_clear_until_{};
  std::uint32_t open_ = 0;  // as of the last look
};

}  // namespace muster::pipeline
