// One commit: everything that waits, in one transaction. It reads memory and writes the store;
// memory moves only in accept(), when the store has said yes.
#include <algorithm>

#include "base/assert.h"
#include "ledger/implementation.h"

namespace muster::ledger {

Result<CommitReport> Ledger::Implementation::commit(WallTime now) {
  CommitReport report;
  if (!dirty && !failed) {
    return report;
  }
  const auto done = transact([&](store::LedgerStore&) { return write_all(now, report); });
  if (!done) {
    return tl::unexpected(done.error());
  }
  accept(report);
  return report;
}

Result<void> Ledger::Implementation::write_all(WallTime now, CommitReport& report) {
  settled = 0;
  patches.clear();
  const auto exception_of = [&](TaskIndex task) {
    if (std::find(report.exceptions.begin(), report.exceptions.end(), task) ==
        report.exceptions.end()) {
      report.exceptions.push_back(task);
    }
  };
  for (auto& task : tasks) {
    task.moves.clear();
    if (task.repeated != 0) {
      task.moves.repeat(task.repeated);
    }
  }
  for (TaskIndex index = 0; index < limits::tasks_open_max; ++index) {
    tasks[index].ended.clear();
    if (tasks[index].judged) {
      exception_of(index);
      const auto woken = write_wakings(index, now);
      if (!woken) {
        return woken;
      }
    }
  }
  for (const auto& [task, invitation] : gathered) {
    exception_of(task);
    const auto leased = store.lease_exception(known(task).number, invitation);
    if (!leased) {
      return leased;
    }
  }
  for (const auto& settlement : exceptional) {
    exception_of(settlement.task);
    const auto written = write_exception(settlement, now);
    if (!written) {
      return written;
    }
  }
  for (std::size_t at = 0; at < limits::ledger_pages_max; ++at) {
    auto& page = pages[at];
    if (page.used && (page.touched || page.lease_waits || page.release_waits)) {
      const auto written = write_page(page, now);
      if (!written) {
        return written;
      }
    }
  }
  if (letters != 0) {
    const auto counted = store.add_letters(day_of(now), letters);
    if (!counted) {
      return counted;
    }
  }
  const auto patched = write_patches(now);
  if (!patched) {
    return patched;
  }
  return write_counts(now, report);
}

namespace {

// The row that a settlement leaves behind, given the one that was there.
store::ExceptionRecord row_after(const Settlement& settlement,
                                 const std::optional<store::ExceptionRecord>& before,
                                 WallTime now) {
  store::ExceptionRecord row = before.value_or(store::ExceptionRecord{});
  row.invitation = settlement.invitation;
  row.updated_at = now;
  switch (settlement.kind) {
    case Settlement::Kind::slow:
      // A retry that is slow is in flight already: its row stays as it is.
      row.wait = store::Wait::leased;
      row.outcome.attempts = settlement.outcome.attempts;
      row.generation = settlement.generation;
      break;
    case Settlement::Kind::returned:
      row.wait = store::Wait::waiting;
      // It had been slow; a fallback that was never tried stays queued.
      if (row.outcome.state == State::queued && row.outcome.attempts != 0) {
        row.outcome.state = State::deferred;
        row.next_at_ms = now.milliseconds;
      }
      break;
    case Settlement::Kind::settled:
      row.outcome = settlement.outcome;
      row.status = settlement.status;
      row.timestamp_ms = settlement.timestamp_ms;
      row.next_at_ms = settlement.next_at_ms;
      row.generation = settlement.generation;
      row.wait = at_rest(row.outcome.state) ? store::Wait::at_rest : store::Wait::waiting;
      row.doubt = row.doubt || row.outcome.state == State::in_doubt;
      row.reply = settlement.reply;
      break;
  }
  return row;
}

}  // namespace

Result<void> Ledger::Implementation::write_exception(const Settlement& settlement, WallTime now) {
  auto& task = known(settlement.task);
  const auto found = store.exception(task.number, settlement.invitation);
  if (!found) {
    return tl::unexpected(found.error());
  }
  const auto& before = *found;
  if (settlement.kind == Settlement::Kind::returned && !before) {
    return trouble(ErrorCode::store_corrupt);  // it was gathered from a row
  }
  MUSTER_ASSERT(settlement.page == task.layout.page_of(settlement.invitation));
  const auto part = task.layout.part_of(settlement.invitation);
  auto row = row_after(settlement, before, now);
  row.channel = channel_of(part);
  task.moves.move(before ? before->outcome : Outcome{}, row.outcome);
  const bool final = settlement.kind == Settlement::Kind::settled;
  settled += final ? 1 : 0;
  if (final && settlement.from_exception && at_rest(row.outcome.state)) {
    const auto first = task.layout.first_of(settlement.page);
    const auto at = static_cast<std::uint16_t>(settlement.invitation - first);
    const auto reply = ordinary(row.outcome) ? settlement.reply : std::string_view{};
    patches.push_back({settlement.task, settlement.page, {at, home_outcome(row.outcome), reply}});
  }
  if (final && part == Part::push && task.layout.fallbacks != 0 &&
      without_arriving(row.outcome.state)) {
    task.ended.push_back(settlement.invitation);
  }
  if (final && ordinary(row.outcome) && row.generation == 0) {
    return before ? store.remove_exception(task.number, settlement.invitation) : Result<void>{};
  }
  return store.put_exception(task.number, row);
}

Result<void> Ledger::Implementation::write_page(PageInHand& page, WallTime now) {
  auto& task = known(page.task);
  const PageName name{task.number, page.page};
  const auto outcomes = std::span<const std::uint16_t>(page.outcomes).first(page.size);
  const auto open = std::find(outcomes.begin() + page.mark, outcomes.end(), std::uint16_t{0});
  page.mark_next = static_cast<std::uint32_t>(open - outcomes.begin());
  const bool whole = page.mark_next == page.size;
  const bool fold = whole || page.release_waits;
  const auto past = fold ? page.size : page.mark_next;
  // Most are the same: counted in one stroke.
  std::uint16_t last = 0;
  std::int64_t alike = 0;
  const auto count_alike = [&] {
    if (alike != 0) {
      const auto outcome = Outcome::unpack(last);
      task.moves.add(outcome.state, outcome.reason, alike);
      settled += static_cast<std::size_t>(alike);
    }
    alike = 0;
  };
  for (auto at = page.mark; at < past; ++at) {
    if (outcomes[at] == 0 || page.counted.test(at)) {
      continue;
    }
    if (outcomes[at] != last) {
      count_alike();
      last = outcomes[at];
    }
    ++alike;
  }
  count_alike();
  if (fold) {
    ledger::write_page(name, page.slots(0, page.size), blob);
    const auto state = whole ? store::PageState::settled : store::PageState::released;
    return store.fold_page(task.number, page.page, state, now, blob);
  }
  if (page.lease_waits) {
    const auto leased = store.lease_page(task.number, page.page);
    if (!leased) {
      return leased;
    }
  }
  if (page.mark_next == page.mark) {
    return {};
  }
  write_run(name, page.mark, page.slots(page.mark, page.mark_next), blob);
  return store.append_delta(task.number, page.page, now, blob);
}

Result<void> Ledger::Implementation::write_patches(WallTime now) {
  // Stable: of two words on one slot the later must win.
  std::stable_sort(patches.begin(), patches.end(), [](const HomePatch& a, const HomePatch& b) {
    return std::pair(a.task, a.page) < std::pair(b.task, b.page);
  });
  for (auto from = patches.begin(); from != patches.end();) {
    patches_of_page.clear();
    const auto home = *from;
    for (; from != patches.end() && from->task == home.task && from->page == home.page; ++from) {
      patches_of_page.push_back(from->patch);
    }
    const auto* page = in_hand(home.task, home.page);
    const bool folded = page != nullptr &&
                        (page->release_waits || (page->touched && page->mark_next == page->size));
    if (folded) {
      continue;  // this very commit wrote the page from memory
    }
    const auto number = known(home.task).number;
    write_scatter({number, home.page}, patches_of_page, blob);
    const auto written = store.append_delta(number, home.page, now, blob);
    if (!written) {
      return written;
    }
  }
  return {};
}

Result<void> Ledger::Implementation::write_counts(WallTime now, CommitReport& report) {
  for (TaskIndex index = 0; index < limits::tasks_open_max; ++index) {
    auto& task = tasks[index];
    if (task.moves.empty()) {
      continue;
    }
    auto counts = task.counts;
    task.moves.apply(counts);
    ledger::write_counts(counts, blob);
    const auto written = store.put_counts(task.number, blob);
    if (!written) {
      return written;
    }
    const bool judged = task.unjudged.empty() && task.ended.empty();
    if (task.open() && judged && count_at_rest(counts) == invitations_of(task.layout, counts)) {
      const auto completed =
          store.complete(task.number, static_cast<std::uint8_t>(TaskState::completed), now);
      if (!completed) {
        return completed;
      }
      report.completed.push_back(index);
    }
  }
  report.settlements = settled;
  return {};
}

void Ledger::Implementation::accept(CommitReport& report) {
  for (auto& task : tasks) {
    if (!task.moves.empty()) {
      task.moves.apply(task.counts);
      task.repeated = 0;
      if (task.state == TaskState::cancelled) {
        task.counts_shown = shown(task.counts, task.state, task.layout);
      }
    }
    if (task.judged || !task.ended.empty()) {
      accept_judgement(task);
    }
  }
  for (const auto index : report.completed) {
    tasks[index].state = TaskState::completed;
  }
  for (std::size_t at = 0; at < limits::ledger_pages_max; ++at) {
    auto& page = pages[at];
    if (page.used && (page.touched || page.lease_waits || page.release_waits)) {
      put_back(page, report);
    }
  }
  exceptional.clear();
  replies.clear();
  letters = 0;
  gathered.clear();
  gathered_keys.clear();
  dirty = false;
}

void Ledger::Implementation::put_back(PageInHand& page, CommitReport& report) {
  const bool whole = page.mark_next == page.size;
  if (page.mark_next != page.mark || whole) {
    report.marks.push_back({page.task, page.page, page.mark_next});
  }
  page.mark = page.mark_next;
  if (whole || page.release_waits) {
    auto& task = known(page.task);
    --task.pages_in_hand;
    page.used = false;
    if (!whole) {
      task.part(task.layout.part_of_page(page.page)).left.emplace(page.page, false);
    }
  }
  page.touched = false;
  page.lease_waits = false;
  page.release_waits = false;
}

}  // namespace muster::ledger
