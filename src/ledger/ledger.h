// The durable record of every task, written by one thread.
//
// Outcomes come as settlements, are gathered in pages in memory, and become durable by commit():
// one transaction that appends, for each page that moved, one delta with the outcomes from its old
// mark to its new one (write-behind; reliability.md §2.2). A page's mark is the prefix of it that
// is answered or moved out to an exception row. What was answered beyond the mark is not durable
// yet and would be sent again after a crash, under the same apns-id: that is the "unsettled" of the
// delivery promise.
//
// When a commit fails with disk_full everything stays in memory and the next commit tries again.
// After disk_failed nothing may be believed: stop sending and end the process.
//
// Not thread-safe: the ledger's thread owns it. Readers use LedgerReader (reader.h), in any
// process.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "ledger/task.h"
#include "model/settlement.h"

namespace muster::ledger {

// A page taken in hand. Its jobs may be written once the commit after lease() is durable.
struct LeasedPage {
  TaskIndex task = 0;
  std::uint32_t page = 0;
  InvitationNumber first = 0;  // Layout::first_of(page)
  std::uint32_t mark = 0;      // position within the page
  // True: an earlier holder died with this page in hand, so that what is unanswered below
  // mark + Layout::ahead_of_mark may have been written. Never of accounts. False after an orderly
  // release, which moves what is still in doubt to exception rows.
  bool in_doubt = false;
  // Packed, one an invitation of the page; 0: to be sent. Empty where the page is leased for the
  // first time: all of it is to be sent.
  std::vector<std::uint16_t> outcomes;
};

// An exception whose time has come; its home slot says `elsewhere`.
struct DueRetry {
  TaskIndex task = 0;
  InvitationNumber invitation = 0;
  std::uint8_t attempts = 0;  // begun so far
  std::uint32_t generation = 0;
  bool in_doubt = false;
};

struct MovedMark {
  TaskIndex task = 0;
  std::uint32_t page = 0;
  std::uint32_t mark = 0;  // == the page's size: settled, no longer in hand
};

struct CommitReport {
  std::vector<MovedMark> marks;
  std::vector<TaskIndex> completed;   // tasks whose last invitation came to rest with this commit
  std::vector<TaskIndex> exceptions;  // tasks whose exception rows it changed
  std::size_t settlements = 0;        // made durable by it
};

class Ledger {
 public:
  // Opens DIR/ledger.db for writing. Tasks that say running were interrupted; they stay as they are
  // until attach(). The complaint names the file and the mend (damaged, newer, not ours, not
  // writable).
  [[nodiscard]] static Result<std::unique_ptr<Ledger>, Complaint> open(const std::string& dir);
  ~Ledger();

  // Durable when it returns: this is the freeze. not_permitted where it has more invitations or
  // pages than can be told apart (store::task_pages_max).
  [[nodiscard]] Result<void> create_task(const NewTask& task);
  // Makes the task known under `index` and reads its counts and what is left to do; running again.
  [[nodiscard]] Result<TaskRow> attach(const TaskId& id, TaskIndex index);
  // Everything of it must have been released or settled, and committed. Its deltas are folded;
  // where that fails the task is detached all the same: nothing is lost, the next detach folds.
  [[nodiscard]] Result<void> detach(TaskIndex index);

  // Takes the next page of a part (not of fallbacks) that is not settled and not in hand; nothing
  // when there is none. Durable with the next commit.
  [[nodiscard]] Result<std::optional<LeasedPage>> lease(TaskIndex task, Part part = Part::push);
  // At most `most` due exceptions of a channel, each given once until it is settled again; durable
  // with the next commit. Each channel by itself, so that a slow relay holds up no push.
  [[nodiscard]] Result<std::vector<DueRetry>> gather(TaskIndex task, WallTime now, std::size_t most,
                                                     Channel channel = Channel::push);
  // When the earliest exception of the task and channel is due; nothing when none waits.
  [[nodiscard]] Result<std::optional<WallTime>> next_due(TaskIndex task,
                                                         Channel channel = Channel::push);
  // Puts a page back in good order: with the next commit everything answered is durable (also
  // beyond the mark) and nothing of it is in doubt. Every slot of it must be settled or returned.
  void release(TaskIndex task, std::uint32_t page);

  // Takes settlements into memory; copies their replies. Kind returned: nothing is recorded but
  // that the slot is free.
  void settle(std::span<const Settlement> settlements);
  // Tasks with fallbacks: device invitations that ended without arriving (failed, unreachable,
  // expired) and were not judged yet, at most `most`, durable ones only; after attach() all of them
  // are given again. While one waits to be judged the task does not complete; when it has
  // ended, nothing is given any more.
  [[nodiscard]] std::vector<InvitationNumber> unjudged(TaskIndex task, std::size_t most);
  // These are judged, and these sleeping fallbacks are invitations from now on: due at once. Waking
  // one that is awake does nothing. Durable, both together, with the next commit.
  void judge(TaskIndex task, std::span<const InvitationNumber> judged,
             std::span<const InvitationNumber> wake);
  // Attempts of jobs flagged in doubt that were begun: adds to Counts::repeated.
  void count_repeated(TaskIndex task, std::uint64_t attempts);
  // True: something waits for a commit.
  [[nodiscard]] bool dirty() const;
  [[nodiscard]] Result<CommitReport> commit(WallTime now);

  // Durable when they return. Each raises the epoch. The reason is one line for a person.
  [[nodiscard]] Result<void> set_state(const TaskId& id, TaskState state, const std::string& reason,
                                       WallTime now);
  // Gives every invitation of the task that ended in `state` (failed where empty: failed and
  // unreachable) a new generation and makes it due at once. Returns how many. The task must not be
  // cancelled; a completed one is running again. What of them is invited is unknown from then on.
  [[nodiscard]] Result<std::uint64_t> retry(const TaskId& id, std::optional<State> state,
                                            WallTime now);
  // The same of one invitation that failed, is unreachable, expired or in doubt (whose generation
  // stays). False: it is in another state, or on its way again.
  [[nodiscard]] Result<bool> retry_one(const TaskId& id, InvitationNumber invitation, WallTime now);
  [[nodiscard]] Result<void> record_invited(const TaskId& id, Invited invited);

  // Letters that mail servers answered on the day of `now` (UTC), over all tasks, as far as it is
  // durable.
  [[nodiscard]] Result<std::uint64_t> letters_today(WallTime now);

  // Counts as they are durable now.
  [[nodiscard]] const Counts& counts(TaskIndex task) const;
  [[nodiscard]] std::size_t pages_in_hand(TaskIndex task) const;

 private:
  struct Implementation;
  explicit Ledger(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace muster::ledger
