// The inside of the Ledger: what it has in hand, and what waits for the next commit.
//
// Theory. The store holds the durable truth; memory holds what was answered since. A slot of a page
// in hand is in one of three conditions: 0 (not answered), answered and `counted` (durable already,
// or kept by an exception row that is durable or in the same commit), answered and not counted
// (becomes durable and counts when the mark passes it or the page is released). So a commit is a
// function of memory: when it fails, nothing in memory has moved and the next one does the same
// work again.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/number_set.h"
#include "ledger/counting.h"
#include "ledger/formats.h"
#include "ledger/ledger.h"
#include "ledger/reading.h"
#include "model/limits.h"
#include "store/ledger_store.h"

namespace muster::ledger {

// A page somebody works on. Preallocated; free where `used` is false.
struct PageInHand {
  bool used = false;
  bool lease_waits = false;    // the next commit writes that it is in hand
  bool release_waits = false;  // the next commit puts it back
  bool touched = false;        // the mark may have moved
  TaskIndex task = 0;
  std::uint32_t page = 0;
  InvitationNumber first = 0;
  std::uint32_t size = 0;
  std::uint32_t mark = 0;       // durable
  std::uint32_t mark_next = 0;  // of the commit under way
  std::uint32_t doubted = 0;    // unanswered slots below were in an earlier holder's hands
  std::array<std::uint16_t, limits::page_size> outcomes{};
  std::bitset<limits::page_size> counted;
  bool replied = false;            // mail's: `texts` counts
  std::vector<std::string> texts;  // a slot each; keep their capacity from page to page

  [[nodiscard]] std::uint32_t slot_of(InvitationNumber invitation) const {
    const auto at = invitation - first;  // below `first` it wraps, and is refused likewise
    MUSTER_ASSERT(at < size);
    return at;
  }
  [[nodiscard]] std::span<const std::string> replies() const {
    return replied ? std::span<const std::string>(texts) : std::span<const std::string>();
  }
  [[nodiscard]] Slots slots(std::uint32_t from, std::uint32_t past) const {
    return {std::span(outcomes).subspan(from, past - from),
            replied ? replies().subspan(from, past - from) : replies()};
  }
  void empty_replies(Part part) {
    replied = Layout::by_mail(part);
    if (replied) {
      texts.resize(limits::mail_page_size);
      for (auto& text : texts) {
        text.clear();
      }
    }
  }
  void note_reply(std::uint32_t at, std::string_view reply) {
    if (replied) {
      texts[at] = reply.substr(0, limits::reply_bytes_max);
    }
  }
};

// The pages of one part that may be leased.
struct PartInHand {
  std::uint32_t next = 0;              // pages from here on …
  std::uint32_t past = 0;              // … to here were never leased
  std::map<std::uint32_t, bool> left;  // begun, neither settled nor in hand: in doubt?
};

struct TaskInHand {
  bool attached = false;
  TaskId id;
  store::TaskNumber number = 0;
  TaskState state = TaskState::running;
  Layout layout;
  std::array<PartInHand, parts_count> parts;  // a fallback's page is never leased
  std::size_t pages_in_hand = 0;
  Counts counts;               // raw
  Counts counts_shown;         // kept only while cancelled
  CountMoves moves;            // of the commit under way
  std::uint64_t repeated = 0;  // waits for a commit

  // ── tasks with fallbacks ──
  NumberSet unjudged;                    // devices that ended, durable
  NumberSet awake;                       // fallbacks, durable
  std::vector<InvitationNumber> ended;   // become unjudged with the commit under way
  std::vector<InvitationNumber> waking;  // wait for a commit
  bool judged = false;                   // waits for a commit

  [[nodiscard]] bool open() const {
    return state != TaskState::completed && state != TaskState::cancelled;
  }
  [[nodiscard]] PartInHand& part(Part part) { return parts[static_cast<std::size_t>(part)]; }
};

// A late word on a home page, of the commit under way.
struct HomePatch {
  TaskIndex task = 0;
  std::uint32_t page = 0;
  Patch patch;
};

struct Ledger::Implementation {
  explicit Implementation(store::LedgerStore opened);

  // Runs work(store) in a transaction of its own.
  template <class Work>
  [[nodiscard]] Result<void> transact(Work work);

  // ── attaching.cc ──
  [[nodiscard]] Result<TaskRow> attach(const TaskId& id, TaskIndex index);
  [[nodiscard]] Result<void> doubt_leased(store::TaskNumber task, TaskRow& row);
  [[nodiscard]] Result<void> fold(const TaskInHand& task);
  // Folds some pages from `from` on and moves it; nothing when there are no more.
  [[nodiscard]] Result<void> fold_some(const TaskInHand& task, std::optional<std::uint32_t>& from,
                                       Result<void>& worst);
  [[nodiscard]] Result<void> find_pages(TaskInHand& task);
  [[nodiscard]] Result<std::optional<LeasedPage>> lease(TaskIndex index, Part part);
  [[nodiscard]] Result<void> fill_from_store(const TaskInHand& task, PageInHand& page);
  [[nodiscard]] Result<store::TaskRecord> find(const TaskId& id);
  [[nodiscard]] TaskInHand* attached(const TaskId& id);
  [[nodiscard]] TaskInHand& known(TaskIndex index);

  // ── judging.cc ──
  [[nodiscard]] Result<void> find_fallbacks(TaskInHand& task);
  [[nodiscard]] Result<NumberSet> ended_devices(const TaskInHand& task);
  [[nodiscard]] Result<void> write_wakings(TaskIndex index, WallTime now);
  void accept_judgement(TaskInHand& task);

  // ── retrying.cc ──
  // Makes rows due anew; returns how many.
  using Choose = std::function<Result<std::uint64_t>(store::TaskNumber, CountMoves&)>;
  [[nodiscard]] Result<std::uint64_t> try_again(const TaskId& id, const Choose& choose);

  // ── settling.cc ──
  void settle(const Settlement& settlement);
  void settle_exceptional(Settlement settlement, PageInHand* page);
  void release(TaskIndex task, std::uint32_t page);
  [[nodiscard]] PageInHand* in_hand(TaskIndex task, std::uint32_t page);

  // ── commit.cc ──
  [[nodiscard]] Result<CommitReport> commit(WallTime now);
  [[nodiscard]] Result<void> write_all(WallTime now, CommitReport& report);
  [[nodiscard]] Result<void> write_exception(const Settlement& settlement, WallTime now);
  [[nodiscard]] Result<void> write_page(PageInHand& page, WallTime now);
  [[nodiscard]] Result<void> write_patches(WallTime now);
  [[nodiscard]] Result<void> write_counts(WallTime now, CommitReport& report);
  void accept(CommitReport& report);
  void put_back(PageInHand& page, CommitReport& report);

  store::LedgerStore store;
  bool failed = false;  // the disk: nothing is believed any more
  bool dirty = false;
  std::array<TaskInHand, limits::tasks_open_max> tasks;
  std::unique_ptr<PageInHand[]> pages;  // ledger_pages_max
  std::size_t last_hit = 0;             // settlements come in runs of one page
  std::vector<Settlement> exceptional;  // waits, in the order of arrival
  std::uint64_t letters = 0;            // answered, waits: what a relay's day quota counts
  std::deque<std::string> replies;      // what they point to: letters are not ours to keep
  std::vector<std::pair<TaskIndex, InvitationNumber>> gathered;  // waits
  std::unordered_set<std::uint64_t> gathered_keys;               // the same, for looking up

  // Working space of the commit under way.
  std::vector<HomePatch> patches;
  std::vector<Patch> patches_of_page;
  std::vector<Byte> blob;
  std::size_t settled = 0;
};

template <class Work>
Result<void> Ledger::Implementation::transact(Work work) {
  if (failed) {
    return trouble(ErrorCode::disk_failed);
  }
  Result<void> done = store.begin();
  if (done) {
    done = work(store);
    if (done) {
      done = store.commit();
    } else {
      store.rollback();
    }
  }
  failed = !done && done.error().code == ErrorCode::disk_failed;
  return done;
}

// Since 1970, UTC.
[[nodiscard]] inline std::int64_t day_of(WallTime at) {
  constexpr std::int64_t seconds_a_day = 86'400;
  return at.seconds() / seconds_a_day;
}
[[nodiscard]] inline std::uint64_t gathered_key(TaskIndex task, InvitationNumber invitation) {
  return std::uint64_t{task} << 32 | invitation;
}
// Arrived: what a page says by itself. Everything else needs an exception row.
[[nodiscard]] inline bool ordinary(const Outcome& outcome) {
  return outcome.state == State::sent || outcome.state == State::shown ||
         outcome.state == State::postponed || outcome.state == State::enrolled;
}
// A device's end that may send its user a mail instead.
[[nodiscard]] inline bool without_arriving(State state) {
  return state == State::failed || state == State::unreachable || state == State::expired;
}
// What stands in the home slot of an invitation that has, or had, an exception row.
[[nodiscard]] inline std::uint16_t home_outcome(const Outcome& outcome) {
  return at_rest(outcome.state) ? outcome.pack()
                                : Outcome{State::elsewhere, Reason::none, 0}.pack();
}

}  // namespace muster::ledger
