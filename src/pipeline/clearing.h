// Invitations whose users may not be invited yet, and how they wait without holding anything up.
//
// A task that asks (clearance.h) meets such users in the order of its pages. They are passed over:
// their page keeps their positions, no slot is held, and those behind them go on as far as the
// page's window reaches, for its mark cannot pass who waits. They are looked at again when
// Clearances::changes() has moved. Who has waited for as long as the page has patience is moved
// out: settled as `registering`, into an exception row, as slow answers are, so that the mark
// passes and the page comes to its end. Such a row comes due again like any other exception, after
// half a minute, later the more there are: of one task a thousand a second are looked at, at most,
// however many wait. A retry whose user must wait goes back in the same way.
//
// So nobody is lost (who waits stands in a page or in a row, both durable), nobody holds others for
// longer than a page has patience, and a million who wait cost little.
#pragma once

#include <cstdint>
#include <vector>

#include "base/assert.h"
#include "base/time.h"
#include "model/id.h"
#include "model/outcome.h"
#include "pipeline/clearance.h"
#include "pipeline/crossings.h"

namespace muster::pipeline {

// Of a page, by what stands in it: letters' windows are small, so that few wait in vain.
inline constexpr Duration patience_with_pushes = std::chrono::minutes(1);
inline constexpr Duration patience_with_letters = std::chrono::seconds(10);
inline constexpr Duration patience_with_accounts = std::chrono::minutes(1);

// queued: may be issued; registering: must wait; otherwise its end.
[[nodiscard]] Outcome outcome_of(const Clearance& clearance);
// When one who is moved out now is looked at again: at the task's expiry at the latest.
[[nodiscard]] WallTime look_again_at(const TaskEntry& entry, std::int64_t expiration_s,
                                     WallTime now);

// Those of a page in hand that were passed over.
class PassedOver {
 public:
  struct One {
    std::uint32_t at = 0;  // position in the page
    UserNumber user = 0;
  };

  explicit PassedOver(Duration patience = patience_with_pushes) : patience_(patience) {}

  [[nodiscard]] bool empty() const { return all_.empty(); }
  // `changes`: as they were before this one was looked at.
  void add(const One& one, Instant now, std::uint64_t changes);
  // Nobody has looked at them yet, or not at all of them.
  void look_soon() { unfinished_ = true; }
  [[nodiscard]] bool due(Instant now, std::uint64_t changes) const;
  // When it will be due, where it is not.
  [[nodiscard]] Instant next(std::uint64_t changes) const;

  // Gives each to go(one, patient), as many as are allowed to go; true: it went, and is forgotten.
  // Where `patient` is false it must.
  template <class Go>
  void look(Instant now, std::uint64_t changes, std::uint64_t& allowed, Go go) {
    std::size_t kept = 0;
    std::size_t at = 0;
    for (; at < all_.size() && allowed != 0; ++at) {
      const auto one = all_[at].one;
      const bool patient = now - all_[at].since < patience_;
      if (go(one, patient)) {
        --allowed;
      } else {
        MUSTER_ASSERT(patient);
        all_[kept++] = all_[at];
      }
    }
    unfinished_ = at < all_.size();
    all_.erase(all_.begin() + static_cast<std::ptrdiff_t>(kept),
               all_.begin() + static_cast<std::ptrdiff_t>(at));
    looked_at_ = now;
    if (!unfinished_) {
      changes_ = changes;
    }
  }

 private:
  struct Entry {
    One one;
    Instant since{};
  };
  std::vector<Entry> all_;  // the longest waiting first
  Duration patience_;
  Instant looked_at_{};  // last
  std::uint64_t changes_ = 0;
  bool unfinished_ = false;  // there was no room for all
};

}  // namespace muster::pipeline
