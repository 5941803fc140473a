// The expander's thread: turns pages into jobs.
//
// It leases pages ahead, reads what each push needs from the roster's blocks (at the last moment:
// frozen is who, never how), fills slots and hands them to the shards, one queue a credential. What
// it may issue is bounded by five counts: free slots, the page's durable mark + P, what the shards
// have not yet taken, the pace, and the canary, which lets the first pushes of a task prove the
// configuration before the rest follows. Pages are leased by demand as well: a task whose answers
// are far away gets many, a quick one few. What concerns mail stands in mail_expander.h, what
// concerns accounts in account_expander.h, and users who must wait in clearing.h.
//
// A task that must stop: nothing more is issued, everything on its way comes home (answered or
// returned), the pages are put back, the ledger records the end.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "base/time.h"
#include "pipeline/account_expander.h"
#include "pipeline/block_cache.h"
#include "pipeline/clearing.h"
#include "pipeline/crossings.h"
#include "pipeline/mail_expander.h"
#include "pipeline/nudger.h"
#include "pipeline/pace.h"

namespace muster::pipeline {

struct ExpanderSettings {
  std::uint32_t pages_per_task = limits::pages_per_task_max;
  std::uint32_t wakes_per_second = 0;  // over all tasks, for topics of push type mdm; 0: no limit
  bool hold_in_doubt = false;
  Clearances* clearances = nullptr;  // outlives the expander; null: no task asks
  MailIssueSettings mail;
};

class Expander {
 public:
  Expander(Crossings& crossings, std::unique_ptr<roster::RosterReader> roster, const Clock& clock,
           const ExpanderSettings& settings);

  // One turn; true: more can be issued at once.
  bool turn();
  [[nodiscard]] Instant next() const { return next_; }
  void run();

 private:
  struct Page {
    ledger::LeasedPage leased;
    std::uint32_t size = 0;
    std::uint32_t cursor = 0;                 // next position to issue
    std::uint32_t mark = 0;                   // durable
    [[nodiscard]] std::uint32_t end() const;  // no job at or beyond it is issued now
    std::vector<DeviceNumber> devices;        // of its invitations
    PassedOver passed;
    // An earlier holder may have written it.
    [[nodiscard]] bool doubted(std::uint32_t at) const {
      return leased.in_doubt && at < leased.mark + limits::ahead_of_mark_max;
    }
    // Nothing of it can go on before somebody's wait is over.
    [[nodiscard]] bool waits() const { return !passed.empty() && cursor >= end(); }
  };
  struct Work {
    TaskIndex index = 0;
    std::map<std::uint32_t, Page> pages;   // in hand, by number
    std::deque<ledger::DueRetry> retries;  // tried before
    std::deque<ledger::DueRetry> fresh;    // moved out while their users waited, never tried
    std::uint32_t leases_asked = 0;
    bool gather_asked = false;
    bool exhausted = false;  // no page left to lease
    bool stop_asked = false;
    bool recalled = false;          // the shards were told to give back what is left of it
    std::uint32_t epoch = 0;        // of the task, read before this turn's look for a stop
    std::uint64_t outstanding = 0;  // slots on their way
    std::uint64_t issued = 0;       // given to shards
    WallTime due{0};                // earliest waiting exception; 0: none
    Pace pace;
  };

  void begin(TaskIndex index);
  bool take_news();
  void take_page(ledger::LeasedPage leased);
  void take_retry(const ledger::DueRetry& retry);
  void take_mark(const ledger::MovedMark& mark);
  // Of an invitation; tasks of push alone have no layout to ask.
  [[nodiscard]] Part part_of(TaskIndex task, InvitationNumber invitation) const;
  void ask(LedgerRequest::Kind kind, TaskIndex task, std::uint32_t page = 0);
  void lease_ahead(Work& work);
  // How many more pages it may ask for, as far as those that wait are concerned.
  [[nodiscard]] std::size_t leases_most(const Work& work) const;
  void gather_due(Work& work);
  // How many the slots and the paces let through now.
  [[nodiscard]] std::uint64_t allowance(Work& work, Instant now);
  [[nodiscard]] std::uint64_t gate(const Work& work) const;
  // How many the shards' queues take of this task now.
  [[nodiscard]] std::uint64_t room(const Work& work) const;
  [[nodiscard]] bool ring_when_low(const Work& work, bool held);
  bool issue(Work& work, Instant now);
  void issue_from(Work& work, Page& page, std::uint64_t& allowed);
  void issue_retries(Work& work, std::deque<ledger::DueRetry>& retries, std::uint64_t& allowed);
  // Looks again at those who were passed over.
  void look_again(Work& work, Page& page, std::uint64_t& allowed);
  struct Start {
    InvitationNumber invitation = 0;
    DeviceNumber device = 0;
    std::uint8_t attempts = 0;
    std::uint32_t generation = 0;
    bool in_doubt = false;
    bool from_exception = false;
    bool patient = false;  // where its user must wait, nothing is done
  };
  [[nodiscard]] static Start first_start(const Page& page, std::uint32_t at);
  // The user for whom it must wait, where it is patient; nothing: it went.
  std::optional<UserNumber> start(Work& work, const Start& what);
  [[nodiscard]] Outcome hindrance_of(const TaskEntry& entry, const roster::PushTarget& target,
                                     std::uint16_t credential) const;
  void give_back_unread(const Work& work, const Job& job, Slot slot, const Error& error);
  void settle_unsent(const Job& job, Slot slot, State state, Reason reason,
                     std::int64_t next_at_ms = 0);
  void judge(Work& work);
  // True: more can be issued at once.
  bool issue_nudges();
  // True: there is more than one turn settles.
  bool settle_accounts();
  void wind_down(Work& work);
  [[nodiscard]] bool give_back_retries(Work& work);
  void pause_where_only_held_mail_is_left(const Work& work);
  void flush();

  static constexpr std::uint64_t issue_per_turn_max = 4096;

  Crossings& crossings_;
  BlockCache blocks_;
  const Clock& clock_;
  ExpanderSettings settings_;
  MailExpander mail_;
  AccountExpander accounts_;
  Nudger nudger_;
  bool nudges_first_ = false;  // turn by turn: the pace of wakes is shared fairly
  std::uint64_t changes_ = 0;  // of the clearances, as of this turn's beginning
  std::size_t pages_most_;     // of push, in hand
  Pace wakes_;
  std::vector<Slot> free_;
  std::map<TaskIndex, Work> works_;
  std::vector<std::vector<Slot>> batches_;  // by credential, sent with flush()
  std::vector<Settlement> unsent_;          // likewise
  std::vector<Settlement> account_settlements_;
  Instant next_ = Instant::never();
  Instant now_{};
  WallTime wall_{};
};

}  // namespace muster::pipeline
