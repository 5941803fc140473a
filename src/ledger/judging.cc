// Fallbacks: who waits to be judged, and waking those whose users push cannot reach.
//
// Theory. What was judged is stored nowhere: after attach() everything that ended is judged again,
// and judging twice wakes nobody twice, because who is awake is stored, in the home slots. So a
// crash before the commit loses a judgement together with its wakings, and one after it only costs
// the work again.
#include <algorithm>

#include "base/assert.h"
#include "ledger/implementation.h"

namespace muster::ledger {

std::vector<InvitationNumber> Ledger::unjudged(TaskIndex index, std::size_t most) {
  const auto& task = implementation_->known(index);
  if (!task.open()) {
    return {};  // nobody is to be woken any more
  }
  return task.unjudged.slice(0, most);
}

void Ledger::judge(TaskIndex index, std::span<const InvitationNumber> judged,
                   std::span<const InvitationNumber> wake) {
  auto& task = implementation_->known(index);
  for (const auto invitation : judged) {
    MUSTER_ASSERT(task.layout.part_of(invitation) == Part::push);
    task.unjudged.remove(invitation);
  }
  for (const auto invitation : wake) {
    MUSTER_ASSERT(invitation < task.layout.rows());
    MUSTER_ASSERT(task.layout.part_of(invitation) == Part::fallback);
    task.waking.push_back(invitation);
  }
  task.judged = true;
  implementation_->dirty = true;
}

// What an earlier process left: devices that ended, and fallbacks it woke.
Result<void> Ledger::Implementation::find_fallbacks(TaskInHand& task) {
  if (task.layout.fallbacks == 0) {
    return {};
  }
  auto ended = ended_devices(task);
  if (!ended) {
    return tl::unexpected(ended.error());
  }
  task.unjudged = std::move(*ended);
  const auto first = task.layout.first_page(Part::fallback);
  const auto past = task.counts.woken == 0 ? first : first + task.layout.pages(Part::fallback);
  for (auto page = first; page < past; ++page) {
    const auto from = task.layout.first_of(page);
    const auto home = read_home_page(store, task.number, task.layout, page);
    if (!home && home.error().code == ErrorCode::store_corrupt) {
      // Who of it is awake cannot be told; a mail that is missing is better than one sent twice.
      task.awake.add_range(from, from + task.layout.size_of(page));
      continue;
    }
    if (!home) {
      return tl::unexpected(home.error());
    }
    for (std::uint32_t at = 0; at < home->outcomes.size(); ++at) {
      if (home->outcomes[at] != 0) {
        task.awake.add(from + at);
      }
    }
  }
  return {};
}

Result<NumberSet> Ledger::Implementation::ended_devices(const TaskInHand& task) {
  const auto ended = store.ended(task.number, task.layout.devices);
  if (!ended) {
    return tl::unexpected(ended.error());
  }
  NumberSet set;
  for (const auto invitation : *ended) {
    set.add(invitation);
  }
  return set;
}

// Those that are awake already stay as they are; a task that has ended wakes nobody.
Result<void> Ledger::Implementation::write_wakings(TaskIndex index, WallTime now) {
  auto& task = tasks[index];
  std::erase_if(task.waking, [&](InvitationNumber invitation) {
    return !task.open() || task.awake.contains(invitation);
  });
  std::sort(task.waking.begin(), task.waking.end());
  task.waking.erase(std::unique(task.waking.begin(), task.waking.end()), task.waking.end());
  store::ExceptionRecord row;
  row.wait = store::Wait::waiting;
  row.channel = Channel::mail;
  row.next_at_ms = now.milliseconds;
  row.updated_at = now;
  for (const auto invitation : task.waking) {
    row.invitation = invitation;
    const auto put = store.put_exception(task.number, row);
    if (!put) {
      return put;
    }
    const auto page = task.layout.page_of(invitation);
    const auto at = static_cast<std::uint16_t>(invitation - task.layout.first_of(page));
    patches.push_back({index, page, {at, home_outcome(row.outcome), {}}});
  }
  task.moves.wake(task.waking.size());
  return {};
}

void Ledger::Implementation::accept_judgement(TaskInHand& task) {
  for (const auto invitation : task.waking) {
    task.awake.add(invitation);
  }
  for (const auto invitation : task.ended) {
    task.unjudged.add(invitation);
  }
  task.waking.clear();
  task.ended.clear();
  task.judged = false;
}

}  // namespace muster::ledger
