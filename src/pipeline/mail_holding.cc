// Holding a task's letters back: why, in which words, and when nothing else is left of it.
#include <limits>
#include <string>

#include "pipeline/mail_expander.h"

namespace muster::pipeline {

MailExpander::Hold MailExpander::hold_of(const Work& work) {
  if (!crossings_.letters.any()) {
    return Hold::no_route;
  }
  if (crossings_.mail_is_refused()) {
    return Hold::refused;
  }
  const auto& mail = crossings_.tasks[work.index]->mail;
  if (gate(work) == 0 && mail.answered.load(std::memory_order_relaxed) >= settings_.canary &&
      mail.proved.load(std::memory_order_relaxed) == 0) {
    return Hold::canary;
  }
  return pace_.used_up(wall_) ? Hold::quota : Hold::none;
}

void MailExpander::say_hold(Work& work, Hold hold) {
  if (hold == work.hold) {
    return;
  }
  work.hold = hold;
  auto& mail = crossings_.tasks[work.index]->mail;
  const auto reason = hold == Hold::none ? std::string() : words_for(hold, work);
  const std::lock_guard lock(crossings_.control_mutex);
  mail.held_reason = reason;
  mail.held.store(hold != Hold::none, std::memory_order_release);
}

std::string MailExpander::words_for(Hold hold, const Work& work) {
  const auto& entry = *crossings_.tasks[work.index];
  const auto go_on = "; go on then with: muster resume " + uuid_text(entry.id.bytes);
  switch (hold) {
    case Hold::no_route:
      return "mail is off: set mail.mode to \"relay\" or \"direct\"" + go_on;
    case Hold::refused: {
      const std::lock_guard lock(crossings_.control_mutex);
      return crossings_.mail_refusal;
    }
    case Hold::canary: {
      const auto suspected = entry.mail.suspected.load(std::memory_order_relaxed);
      return "the first " + std::to_string(entry.mail.answered.load(std::memory_order_relaxed)) +
             " mails were all refused: " + std::string(name_of(suspected)) + " (" +
             std::string(words(suspected)) + ")";
    }
    case Hold::quota:
      return "the day quota of " + std::to_string(pace_.per_day()) +
             " mails is used up until 00:00 UTC" + go_on;
    case Hold::none:
      break;
  }
  return {};
}

std::string MailExpander::held_for_good(TaskIndex task) {
  const auto found = works_.find(task);
  if (found == works_.end() || found->second.hold == Hold::none) {
    return {};
  }
  const auto& work = found->second;
  constexpr auto by_a_person = std::numeric_limits<std::int64_t>::max();
  const bool later = work.due.milliseconds != 0 && work.due.milliseconds != by_a_person;
  const bool any = later || !work.exhausted || !work.pages.empty() || !work.retries.empty() ||
                   !work.fresh.empty() || work.outstanding != 0;
  // What a refused route holds waits with the shard; otherwise the last answers are on their way.
  const bool quiet = work.hold == Hold::refused || work.outstanding == 0;
  if (!any || !quiet || work.leases_asked != 0 || work.gather_asked) {
    return {};
  }
  const std::lock_guard lock(crossings_.control_mutex);
  return crossings_.tasks[task]->mail.held_reason;
}

}  // namespace muster::pipeline
