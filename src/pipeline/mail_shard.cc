// What a shard does for mail alone.
#include "pipeline/settlement_of.h"
#include "pipeline/shard.h"

namespace muster::pipeline {

void Shard::try_mail_again(Pool& pool, Instant now) {
  const auto attempt = crossings_.mail_tries.load(std::memory_order_seq_cst);
  if (attempt != mail_try_) {
    mail_try_ = attempt;
    pool.forgive(now);
  }
}

// A letter may have waited with us for as long as the relay was away.
bool Shard::in_time(Slot slot, const Job& job, const TaskEntry& entry) {
  if (clock_.wall().seconds() < entry.content.mail_expiration_s) {
    return true;
  }
  auto late = settlement_of(slot, job);
  late.outcome = Outcome{State::expired, Reason::too_late, job.attempts};
  late.in_doubt = false;  // nothing is repeated
  settlements_.push_back(late);
  crossings_.letters_returned.fetch_add(1, std::memory_order_relaxed);
  return false;
}

// Letters are few beside pushes: all are counted.
void Shard::count_mail(TaskEntry& entry, const wire::Answer& answer) {
  const bool suspect = suspects_configuration(answer.reason);
  if (suspect) {
    entry.mail.suspected.store(answer.reason, std::memory_order_relaxed);
  }
  const bool first = !suspect && entry.mail.proved.fetch_add(1, std::memory_order_relaxed) == 0;
  entry.mail.answered.fetch_add(1, std::memory_order_relaxed);
  if (first || suspect) {
    crossings_.expander_bell.ring();  // the gate may open, or must close
  }
}

}  // namespace muster::pipeline
