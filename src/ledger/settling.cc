// Settlements into memory: the part of the ledger that runs once a job.
#include "base/assert.h"
#include "ledger/implementation.h"

namespace muster::ledger {

void Ledger::Implementation::settle(const Settlement& settlement) {
  auto* page = in_hand(settlement.task, settlement.page);
  const auto at = page == nullptr ? 0 : page->slot_of(settlement.invitation);
  const bool fresh = page != nullptr && !settlement.from_exception && page->outcomes[at] == 0;
  if (fresh && settlement.kind == Settlement::Kind::settled && settlement.generation == 0 &&
      ordinary(settlement.outcome)) [[likely]] {
    page->outcomes[at] = settlement.outcome.pack();
    if (!settlement.reply.empty()) {
      page->note_reply(at, settlement.reply);
      ++letters;
    }
    page->touched = true;
    dirty = true;
    return;
  }
  if (fresh && settlement.kind == Settlement::Kind::returned) {
    return;  // still to be sent
  }
  settle_exceptional(settlement, page);
}

// From here on `from_exception` means: the invitation had left its page before, so the home slot
// needs a patch when it comes to rest.
void Ledger::Implementation::settle_exceptional(Settlement settlement, PageInHand* page) {
  MUSTER_ASSERT(known(settlement.task).attached);
  const auto at = page == nullptr ? 0 : page->slot_of(settlement.invitation);
  const bool fresh = page != nullptr && !settlement.from_exception && page->outcomes[at] == 0;
  // A page that is not in hand gave all its slots away before: only exceptions can come back to it.
  // And what was answered cannot be answered again but through its exception.
  MUSTER_ASSERT(fresh || settlement.from_exception || page == nullptr ||
                Outcome::unpack(page->outcomes[at]).state == State::elsewhere);
  settlement.from_exception = !fresh;
  if (page != nullptr && settlement.kind != Settlement::Kind::returned) {
    const bool slow = settlement.kind == Settlement::Kind::slow;
    page->outcomes[at] = home_outcome(slow ? Outcome{} : settlement.outcome);
    page->note_reply(at, !slow && ordinary(settlement.outcome) ? settlement.reply : "");
    page->counted.set(at);
    page->touched = true;
  }
  if (!settlement.reply.empty() && settlement.kind == Settlement::Kind::settled) {
    ++letters;
  }
  if (!settlement.reply.empty()) {
    settlement.reply = replies.emplace_back(settlement.reply.substr(0, limits::reply_bytes_max));
  }
  exceptional.push_back(settlement);
  dirty = true;
}

void Ledger::Implementation::release(TaskIndex task, std::uint32_t number) {
  auto* page = in_hand(task, number);
  MUSTER_ASSERT(page != nullptr);
  MUSTER_ASSERT(!page->release_waits);
  // What an earlier holder may have written stays in doubt, each invitation by its own row: the
  // page itself will be in good order.
  for (std::uint32_t at = 0; at < page->doubted; ++at) {
    if (page->outcomes[at] == 0) {
      Settlement doubt;
      doubt.task = task;
      doubt.page = number;
      doubt.invitation = page->first + at;
      doubt.outcome = {State::in_doubt, Reason::process_died, 0};
      settle_exceptional(doubt, page);
    }
  }
  page->release_waits = true;
  dirty = true;
}

PageInHand* Ledger::Implementation::in_hand(TaskIndex task, std::uint32_t page) {
  for (std::size_t tried = 0; tried < limits::ledger_pages_max; ++tried) {
    auto& candidate = pages[last_hit];
    if (candidate.page == page && candidate.task == task && candidate.used) {
      return &candidate;
    }
    last_hit = (last_hit + 1) % limits::ledger_pages_max;
  }
  return nullptr;
}

}  // namespace muster::ledger
