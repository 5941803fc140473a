// Wakes devices again that did not come for their invitation, or put it off: mdm.wake_again and
// mdm.not_now_again, as wake_plan.h counts them.
//
// Theory. Of each page of a task whose invitations may still be shown, memory knows one time: when
// it is worth a look. Then its rows and its commands are read, whoever is due is given to the
// pipeline as one batch of nudges, and the page's next time follows from the same facts. What
// devices say meanwhile only brings a look forward; where that is lost, it comes later. So a
// million invitations are 245 times in memory, nothing is scanned, and no row is written for a
// wake: one time says for all invitations together until when everything that was due is done. It
// is kept in control.db and moves when batches are home. After a crash the schedule is derived
// anew, and whoever was woken since that time is woken once more, at most.
//
// Trouble with a store is logged and costs a minute.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/number_set.h"
#include "base/time.h"
#include "ledger/reader.h"
#include "mdm/desk.h"
#include "pipeline/nudges.h"
#include "service/wake_plan.h"
#include "store/command_store.h"

namespace muster::service {

// How it reaches what others own. Called on its thread.
struct WakingHouse {
  std::function<bool(pipeline::NudgeBatch)> nudge;
  std::function<std::vector<pipeline::NudgesDone>()> take_nudged;
  std::function<std::vector<mdm::Event>()> take_events;
  // By the roster's topic index; 0xffff: of no device that can be woken.
  std::function<std::vector<std::uint16_t>()> credentials;
};

class Waking {
 public:
  // The complaint names the data directory. `clock` outlives it.
  [[nodiscard]] static Result<std::unique_ptr<Waking>, Complaint> open(const std::string& dir,
                                                                       const WakePlan& plan,
                                                                       const Clock& clock,
                                                                       WakingHouse house);
  ~Waking();
  // Turns on a thread of its own from now on.
  void start();
  // Does what is due. Not beside start().
  void turn();
  [[nodiscard]] WallTime next() const;  // when turn() wants to be called again

 private:
  struct Page {
    WallTime look_at;
    WallTime done_until;  // what was due until then is done
    // Of a pass that is not over: when it looked, and who was woken by then.
    std::optional<WallTime> looked_at;
    std::map<InvitationNumber, WallTime> woken;
  };
  struct Task {
    ledger::TaskRow row;
    NumberSet devices;
    std::vector<Page> pages;
    std::optional<std::uint32_t> out;     // the page whose batch is on its way
    std::vector<InvitationNumber> asked;  // of that batch
  };
  Waking(const WakePlan& plan, const Clock& clock, WakingHouse house)
      : plan_(plan), clock_(clock), house_(std::move(house)) {}

  void take_done(WallTime now);
  void hear(WallTime now);
  [[nodiscard]] Result<void> look_at_tasks(WallTime now);
  [[nodiscard]] Result<Task> task_of(const ledger::TaskRow& row);
  // False: no batch may go just now.
  bool look_at(Task& task, std::uint32_t number, WallTime now);
  // Who is due, and in `earliest` when the next of them is.
  [[nodiscard]] Result<std::vector<pipeline::Nudge>> due_of(const Task& task, std::uint32_t number,
                                                            WallTime now, WallTime& earliest);
  [[nodiscard]] Result<std::map<InvitationNumber, store::CommandRow>> commands_of(
      const Task& task, InvitationNumber from, InvitationNumber past);
  void keep_until(WallTime now);
  void run();

  const WakePlan plan_;
  const Clock& clock_;
  const WakingHouse house_;
  std::unique_ptr<ledger::LedgerReader> ledger_;
  std::unique_ptr<store::CommandStore> commands_;
  std::map<TaskId, Task> tasks_;
  WallTime tasks_at_;    // when they are looked at next
  WallTime done_until_;  // as it is kept
  WallTime keep_at_;
  bool woke_ = false;  // since that was kept

  std::mutex mutex_;
  std::condition_variable ended_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace muster::service
