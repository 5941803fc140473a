// Where the expander's two halves meet.
#include <limits>

#include "pipeline/expander.h"

namespace muster::pipeline {

bool Expander::is_mail(TaskIndex task, InvitationNumber invitation) const {
  return mail_.knows(task) && crossings_.tasks[task]->layout.part_of(invitation) != Part::push;
}

// Its pushes have come to their end, as far as that goes without a person.
void Expander::pause_where_only_held_mail_is_left(const Work& work) {
  constexpr auto by_a_person = std::numeric_limits<std::int64_t>::max();
  const bool waits = work.due.milliseconds != 0 && work.due.milliseconds != by_a_person;
  const bool over = work.exhausted && work.pages.empty() && work.retries.empty() &&
                    work.outstanding == 0 && work.leases_asked == 0 && !work.gather_asked && !waits;
  if (!over || !mail_.knows(work.index)) {
    return;
  }
  if (const auto reason = mail_.held_for_good(work.index); !reason.empty()) {
    crossings_.request_stop(work.index, Stop::pause, reason);
  }
}

}  // namespace muster::pipeline
