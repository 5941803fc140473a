// Jobs that wait for their answers, oldest first: who has waited too long is moved out of the way.
#include "base/assert.h"
#include "pipeline/settlement_of.h"
#include "pipeline/shard.h"

namespace muster::pipeline {

void Shard::report_slow(Instant now) {
  while (sent_count_ != 0) {
    const auto head = sent(0);
    if (serials_[head.slot] == head.serial) {  // not answered yet
      auto& job = crossings_.slab[head.slot];
      if (now - job.written_at < limits::answer_slow_after) {
        return;
      }
      if (!job.from_exception) {
        auto slow = settlement_of(head.slot, job);
        slow.kind = Settlement::Kind::slow;
        slow.outcome = Outcome{State::queued, Reason::none, job.attempts};
        settlements_.push_back(slow);
        job.from_exception = true;
      }
    }
    sent_first_ = (sent_first_ + 1) & (sent_max - 1);
    --sent_count_;
  }
}

// One unanswered job may hold the head for a second while many are answered behind it: those go.
void Shard::forget_answered() {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < sent_count_; ++i) {
    const auto each = sent(i);
    if (serials_[each.slot] == each.serial) {
      sent(kept) = each;
      ++kept;
    }
  }
  MUSTER_ASSERT(kept < sent_max);  // at most one a slot
  sent_count_ = kept;
}

}  // namespace muster::pipeline
