// Where the expander's parts meet: pushes, letters and accounts.
#include <algorithm>
#include <limits>

#include "pipeline/expander.h"

namespace muster::pipeline {

Part Expander::part_of(TaskIndex task, InvitationNumber invitation) const {
  return mail_.knows(task) || accounts_.knows(task)
             ? crossings_.tasks[task]->layout.part_of(invitation)
             : Part::push;
}

// What is settled without a peer takes a slot until it is durable, as everything does.
bool Expander::settle_accounts() {
  accounts_.turn(now_, wall_, std::min<std::uint64_t>(issue_per_turn_max, free_.size()),
                 account_settlements_);
  for (auto& settlement : account_settlements_) {
    settlement.slot = free_.back();
    free_.pop_back();
    ++works_.at(settlement.task).outstanding;
    unsent_.push_back(settlement);
  }
  const bool more = account_settlements_.size() == issue_per_turn_max;
  account_settlements_.clear();
  return more;
}

// Its pushes and accounts have come to their end, as far as that goes without a person.
void Expander::pause_where_only_held_mail_is_left(const Work& work) {
  constexpr auto by_a_person = std::numeric_limits<std::int64_t>::max();
  const bool waits = work.due.milliseconds != 0 && work.due.milliseconds != by_a_person;
  const bool over = work.exhausted && work.pages.empty() && work.retries.empty() &&
                    work.fresh.empty() && work.outstanding == 0 && work.leases_asked == 0 &&
                    !work.gather_asked && !waits && !accounts_.open(work.index);
  if (!over || !mail_.knows(work.index)) {
    return;
  }
  if (const auto reason = mail_.held_for_good(work.index); !reason.empty()) {
    crossings_.request_stop(work.index, Stop::pause, reason);
  }
}

}  // namespace muster::pipeline
