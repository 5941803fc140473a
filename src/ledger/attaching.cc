// Taking work in hand: tasks, and their pages in order.
#include <algorithm>

#include "base/assert.h"
#include "ledger/implementation.h"

namespace muster::ledger {
namespace {

constexpr int folds_per_transaction = 64;

}  // namespace

TaskInHand& Ledger::Implementation::known(TaskIndex index) {
  MUSTER_ASSERT(index < limits::tasks_open_max);
  MUSTER_ASSERT(tasks[index].attached);
  return tasks[index];
}

TaskInHand* Ledger::Implementation::attached(const TaskId& id) {
  const auto found = std::find_if(tasks.begin(), tasks.end(), [&](const TaskInHand& task) {
    return task.attached && task.id == id;
  });
  return found == tasks.end() ? nullptr : &*found;
}

Result<store::TaskRecord> Ledger::Implementation::find(const TaskId& id) {
  auto record = store.task(id);
  if (!record) {
    return tl::unexpected(record.error());
  }
  auto& found = *record;
  if (!found) {
    return trouble(ErrorCode::not_found);
  }
  return std::move(*found);
}

Result<TaskRow> Ledger::Implementation::attach(const TaskId& id, TaskIndex index) {
  MUSTER_ASSERT(index < limits::tasks_open_max);
  MUSTER_ASSERT(!tasks[index].attached);
  MUSTER_ASSERT(attached(id) == nullptr);
  const auto record = find(id);
  if (!record) {
    return tl::unexpected(record.error());
  }
  auto row = read_task_row(*record);
  if (!row) {
    return row;
  }
  const auto number = record->number;
  const auto doubted = transact([&](store::LedgerStore&) { return doubt_leased(number, *row); });
  if (!doubted) {
    return tl::unexpected(doubted.error());
  }
  TaskInHand task;
  task.attached = true;
  task.id = id;
  task.number = number;
  task.state = row->state;
  task.layout = row->layout;
  task.counts = row->counts;
  task.counts_shown = shown(task.counts, task.state, task.layout);
  auto found = find_pages(task);
  if (found) {
    found = find_fallbacks(task);
  }
  if (!found) {
    return tl::unexpected(found.error());
  }
  row->counts = task.counts_shown;
  tasks[index] = std::move(task);
  return row;
}

// Each part has pages of its own that were never leased.
Result<void> Ledger::Implementation::find_pages(TaskInHand& task) {
  for (const auto part : {Part::push, Part::mail, Part::account}) {
    const auto first = task.layout.first_page(part);
    const auto past = first + task.layout.pages(part);
    const auto begun = store.pages_begun(task.number, first, past);
    if (!begun) {
      return tl::unexpected(begun.error());
    }
    task.part(part).next = *begun;
    task.part(part).past = past;
  }
  const auto open = store.open_pages(task.number);
  if (!open) {
    return tl::unexpected(open.error());
  }
  for (const auto& page : *open) {
    const auto part = task.layout.part_of_page(page.page);
    if (part == Part::fallback) {
      return trouble(ErrorCode::store_corrupt);  // nobody leases those
    }
    task.part(part).left.emplace(page.page, page.state == store::PageState::leased);
  }
  return {};
}

// Retries and slow ones that an earlier process had in flight when it died.
Result<void> Ledger::Implementation::doubt_leased(store::TaskNumber task, TaskRow& row) {
  const auto groups = store.doubt_leased(task);
  if (!groups) {
    return tl::unexpected(groups.error());
  }
  if (groups->empty()) {
    return {};
  }
  CountMoves moves;
  for (const auto& group : *groups) {
    moves.add(group.state, group.reason, -static_cast<std::int64_t>(group.rows));
    moves.add(State::in_doubt, Reason::process_died, static_cast<std::int64_t>(group.rows));
  }
  moves.apply(row.counts);
  ledger::write_counts(row.counts, blob);
  return store.put_counts(task, blob);
}

Result<std::optional<LeasedPage>> Ledger::Implementation::lease(TaskIndex index, Part part) {
  MUSTER_ASSERT(part != Part::fallback);
  auto& task = known(index);
  auto& pages_of_part = task.part(part);
  auto* const free = std::find_if(pages.get(), pages.get() + limits::ledger_pages_max,
                                  [](const PageInHand& page) { return !page.used; });
  const bool fresh = pages_of_part.left.empty();
  if (free == pages.get() + limits::ledger_pages_max ||
      (fresh && pages_of_part.next == pages_of_part.past)) {
    return std::optional<LeasedPage>{};
  }
  auto& page = *free;
  page.task = index;
  page.page = fresh ? pages_of_part.next : pages_of_part.left.begin()->first;
  page.first = task.layout.first_of(page.page);
  page.size = task.layout.size_of(page.page);
  page.mark = 0;
  page.doubted = 0;
  page.outcomes.fill(0);
  page.counted.reset();
  page.empty_replies(part);
  if (fresh) {
    ++pages_of_part.next;
  } else {
    const bool in_doubt = pages_of_part.left.begin()->second;
    const auto filled = fill_from_store(task, page);
    if (filled || filled.error().code == ErrorCode::store_corrupt) {
      pages_of_part.left.erase(
          pages_of_part.left.begin());  // a damaged page is parked, the rest goes on
    }
    if (!filled) {
      return tl::unexpected(filled.error());
    }
    // Of an account nothing was written to anybody.
    page.doubted = in_doubt && part != Part::account
                       ? std::min(page.size, page.mark + Layout::ahead_of_mark(part))
                       : 0;
  }
  page.used = true;
  page.lease_waits = true;
  page.release_waits = false;
  // A page whose last slots were answered by exceptions settles with the commit that leases it.
  page.touched = true;
  page.mark_next = page.mark;
  ++task.pages_in_hand;
  dirty = true;
  LeasedPage leased{index, page.page, page.first, page.mark, page.doubted != 0, {}};
  if (!fresh) {
    leased.outcomes.assign(page.outcomes.begin(), page.outcomes.begin() + page.size);
  }
  return leased;
}

// Everything durable about the page: its outcomes, and what left it.
Result<void> Ledger::Implementation::fill_from_store(const TaskInHand& task, PageInHand& page) {
  const auto home = read_home_page(store, task.number, task.layout, page.page);
  if (!home) {
    return tl::unexpected(home.error());
  }
  std::copy(home->outcomes.begin(), home->outcomes.end(), page.outcomes.begin());
  std::copy(home->replies.begin(), home->replies.end(), page.texts.begin());
  const auto first = page.first;
  const auto exceptions = store.exceptions(task.number, first, page.size);
  if (!exceptions) {
    return tl::unexpected(exceptions.error());
  }
  for (const auto& exception : *exceptions) {
    page.outcomes[exception.invitation - first] = home_outcome(exception.outcome);
  }
  // What was told of its exceptions and waits for the commit, the store does not know yet.
  for (const auto& told : exceptional) {
    if (told.task == page.task && told.page == page.page &&
        told.kind == Settlement::Kind::settled) {
      page.outcomes[told.invitation - first] = home_outcome(told.outcome);
      page.note_reply(told.invitation - first, ordinary(told.outcome) ? told.reply : "");
    }
  }
  while (page.mark < page.size && page.outcomes[page.mark] != 0) {
    ++page.mark;
  }
  for (std::uint32_t at = 0; at < page.size; ++at) {
    page.counted.set(at, page.outcomes[at] != 0);
  }
  return {};
}

// Late patches of settled pages, put where they belong. A damaged page keeps its deltas.
Result<void> Ledger::Implementation::fold(const TaskInHand& task) {
  Result<void> worst;
  std::optional<std::uint32_t> from = 0;
  while (from) {
    const auto done = transact([&](store::LedgerStore&) { return fold_some(task, from, worst); });
    if (!done) {
      return done;
    }
  }
  return worst;
}

Result<void> Ledger::Implementation::fold_some(const TaskInHand& task,
                                               std::optional<std::uint32_t>& from,
                                               Result<void>& worst) {
  for (int folded = 0; folded < folds_per_transaction && from; ++folded) {
    const auto page = store.page_with_deltas(task.number, *from);
    if (!page) {
      return tl::unexpected(page.error());
    }
    from = *page;
    if (!from) {
      return {};
    }
    const auto home = read_home_page(store, task.number, task.layout, *from);
    if (!home && home.error().code != ErrorCode::store_corrupt) {
      return tl::unexpected(home.error());
    }
    if (home) {
      ledger::write_page({task.number, *from}, {home->outcomes, home->replies}, blob);
      // A fallback's page has no state of its own: it is never leased.
      const auto written =
          task.layout.part_of_page(*from) == Part::fallback
              ? store.fold_page(task.number, *from, store::PageState::settled, home->at, blob)
              : store.refold_page(task.number, *from, home->at, blob);
      if (!written) {
        return written;
      }
    } else {
      worst = tl::unexpected(home.error());
    }
    ++*from;
  }
  return {};
}

}  // namespace muster::ledger
