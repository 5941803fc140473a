// Whom letters go to: names and addresses from the roster, read at the last moment, and who needs
// none any more because he enrolled meanwhile.
//
// Frozen with a task is who gets a letter, never how: addresses are read again where the roster
// changed since. The expander's.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/number_set.h"
#include "base/result.h"
#include "base/time.h"
#include "roster/roster.h"

namespace muster::pipeline {

class Addressees {
 public:
  explicit Addressees(roster::RosterReader& roster) : roster_(roster) {}

  // Looks whether the roster changed, at most every 100 ms, and reads again who is enrolled where
  // it did. Trouble: it cannot be read; who was enrolled stays so.
  [[nodiscard]] Result<void> refresh(Instant now);
  // Differs after refresh() where the roster changed.
  [[nodiscard]] std::uint64_t state() const { return state_; }
  [[nodiscard]] bool enrolled(UserNumber user) const { return enrolled_.contains(user); }
  // In the order asked; numbers ascend.
  [[nodiscard]] Result<void> read(std::span<const UserNumber> users,
                                  std::vector<roster::MailTarget>& into) {
    return roster_.read_mail_targets(users, into);
  }

 private:
  roster::RosterReader& roster_;
  NumberSet enrolled_;
  std::uint64_t state_ = 0;
  Instant asked_at_{};
  bool known_ = false;
};

}  // namespace muster::pipeline
