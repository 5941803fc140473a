// Pushes whose users must wait: looking at them again, and how many pages they may keep.
#include <algorithm>

#include "pipeline/expander.h"

namespace muster::pipeline {

void Expander::look_again(Work& work, Page& page, std::uint64_t& allowed) {
  if (!page.passed.due(now_, changes_)) {
    next_ = std::min(next_, page.passed.next(changes_));
    return;
  }
  page.passed.look(now_, changes_, allowed, [&](const PassedOver::One& one, bool patient) {
    if (patient && settings_.clearances->of(one.user).word == Clearance::Word::wait) {
      return false;
    }
    auto what = first_start(page, one.at);
    what.patient = patient;
    return !start(work, what).has_value();
  });
}

// Who asks and waits keeps some pages, so that those of whom one page is full do not hold up all
// others; not all there are, for other tasks want some.
std::size_t Expander::leases_most(const Work& work) const {
  if (!crossings_.tasks[work.index]->asks_clearance) {
    return limits::pages_in_hand_max;
  }
  const auto waiting_of = [](const Work& each) {
    return static_cast<std::size_t>(
        std::count_if(each.pages.begin(), each.pages.end(),
                      [](const auto& page) { return page.second.waits(); }));
  };
  const auto waiting = waiting_of(work);
  std::size_t of_all = 0;
  for (const auto& [index, each] : works_) {
    of_all += waiting_of(each);
  }
  const bool enough = waiting >= limits::waiting_pages_per_task_max || of_all >= pages_most_ / 2;
  return waiting == 0 ? limits::pages_in_hand_max
         : enough     ? 0
                      : limits::waiting_pages_per_task_max - waiting;
}

}  // namespace muster::pipeline
