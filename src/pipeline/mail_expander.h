// The expander's half for mail: turns pages of mailboxes and woken fallbacks into jobs with
// letters.
//
// A letter is issued when there is a free one (its slot is its own: letters.h), the page's durable
// mark + P allows it, few wait to be composed and sent, the route's pace has a token, and the
// task's canary was answered: the first letters have to prove the settings. Pages are few and
// shared among the tasks, which take turns, so that a slow relay's letters are everybody's.
//
// Mail can be held while pushes go on: the route is refused (a wrong password, nobody answers), the
// day's quota is used up, every letter of the canary was refused, or no route is set up. The task's
// entry says why, in words; the expander pauses a task of which nothing but held mail is left.
//
// A task that asks whether its users may be invited (clearance.h) passes over who must wait, as
// pushes do (clearing.h), and each of its letters carries its user's own invitation URL, read for
// all letters of a turn together and kept nowhere else.
//
// Used by the expander alone, on its thread.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "base/time.h"
#include "pipeline/addressees.h"
#include "pipeline/clearing.h"
#include "pipeline/crossings.h"
#include "pipeline/mail_pace.h"

namespace muster::pipeline {

struct MailIssueSettings {
  MailPaceSettings pace;
  std::uint32_t canary = 0;  // 0: no gate
  bool hold_in_doubt = false;
};

class MailExpander {
 public:
  // No task asks where `clearances` is null.
  MailExpander(Crossings& crossings, roster::RosterReader& roster,
               const MailIssueSettings& settings, Clearances* clearances = nullptr);

  void begin(TaskIndex task);
  void forget(TaskIndex task) { works_.erase(task); }
  // The task has mail.
  [[nodiscard]] bool knows(TaskIndex task) const { return works_.contains(task); }

  // ── news ──
  void take_page(ledger::LeasedPage leased);
  void take_retry(const ledger::DueRetry& retry);
  void move(const ledger::MovedMark& mark);
  void take_news(const PartNews& news);

  // Issues and leases.
  void turn(Instant now, WallTime wall);
  // When it wants to be called again although nothing happened; as of the last turn.
  [[nodiscard]] Instant next() const { return next_; }

  // Of the task letters are left, all of them are held, and what is on its way will not come home
  // by itself, or is home: the reason. Otherwise empty.
  [[nodiscard]] std::string held_for_good(TaskIndex task);

  // ── a task that stops ──
  // Every letter and page of it has come home.
  [[nodiscard]] bool home(TaskIndex task) const;
  // Moves to `into` what was gathered and not begun.
  void surrender_retries(TaskIndex task, std::deque<ledger::DueRetry>& into);
  // Numbers of the pages in hand.
  [[nodiscard]] std::vector<std::uint32_t> pages_of(TaskIndex task) const;

 private:
  struct Page {
    ledger::LeasedPage leased;
    std::uint32_t size = 0;
    std::uint32_t cursor = 0;                 // next position to issue
    std::uint32_t mark = 0;                   // durable
    [[nodiscard]] std::uint32_t end() const;  // no letter at or beyond it is issued now
    std::vector<UserNumber> users;            // of its invitations
    bool read = false;                        // `targets` counts
    std::vector<roster::MailTarget> targets;
    std::uint64_t read_state = 0;  // of the roster
    Instant read_at{};
    PassedOver passed{patience_with_letters};
    // An earlier holder may have written it.
    [[nodiscard]] bool doubted(std::uint32_t at) const {
      return leased.in_doubt && at < leased.mark + limits::mail_ahead_of_mark_max;
    }
    // Nothing of it can go on before somebody's wait is over.
    [[nodiscard]] bool waits() const { return !passed.empty() && cursor >= end(); }
  };
  // Why letters of a task are not issued for now.
  enum class Hold : std::uint8_t { none, no_route, refused, canary, quota };
  struct Work {
    TaskIndex index = 0;
    std::map<std::uint32_t, Page> pages;   // in hand, by number
    std::deque<ledger::DueRetry> retries;  // tried before
    std::deque<ledger::DueRetry> fresh;    // never tried: woken, or moved out
    std::uint32_t leases_asked = 0;
    bool gather_asked = false;
    bool exhausted = false;  // no page left to lease
    WallTime due{0};         // earliest waiting exception; 0: none
    std::uint32_t epoch = 0;
    std::uint64_t outstanding = 0;  // letters on their way
    std::uint64_t begun = 0;        // first attempts issued
    Hold hold = Hold::none;
  };
  struct Start {
    InvitationNumber invitation = 0;
    std::uint8_t attempts = 0;
    std::uint32_t generation = 0;
    bool in_doubt = false;
    bool from_exception = false;
    bool patient = false;  // where its user must wait, nothing is done
  };

  [[nodiscard]] Hold hold_of(const Work& work);
  void say_hold(Work& work, Hold hold);
  [[nodiscard]] std::string words_for(Hold hold, const Work& work);
  [[nodiscard]] bool anything_to_issue(const Work& work) const;
  // How many letters of the task may be issued now.
  [[nodiscard]] std::uint64_t allowance(const Work& work);
  [[nodiscard]] std::uint64_t gate(const Work& work) const;
  void issue(Work& work);
  void issue_retries(Work& work, std::deque<ledger::DueRetry>& retries, std::uint64_t& allowed);
  void issue_from(Work& work, Page& page, std::uint64_t& allowed);
  [[nodiscard]] static Start first_start(const Page& page, std::uint32_t at);
  void look_again(Work& work, Page& page, std::uint64_t& allowed);
  // When somebody who was passed over may be looked at again.
  void note_next_look(const Work& work);
  // False: the roster cannot be read; the task pauses.
  [[nodiscard]] bool read(Work& work, Page& page);
  void erase(Work& work, std::map<std::uint32_t, Page>::iterator page);
  // False: its user must wait, and it is patient.
  bool start(Work& work, const Start& what, const roster::MailTarget& target);
  // Gives each letter that wants it its user's URL, and sends it on its way.
  void add_urls();
  void settle_without_url(Slot slot);
  void give_back_unread(const Error& error);
  [[nodiscard]] Outcome hindrance_of(const TaskEntry& entry,
                                     const roster::MailTarget& target) const;
  [[nodiscard]] Slot take_slot(Work& work, const Start& what);
  void settle_unsent(Slot slot, State state, Reason reason, std::int64_t next_at_ms = 0);
  void pause_unread(const Work& work, const Error& error);
  void lease_ahead(Work& work);
  [[nodiscard]] std::size_t leases_most(const Work& work) const;
  void gather_due(Work& work);
  void ask(LedgerRequest::Kind kind, TaskIndex task);
  void flush();

  Crossings& crossings_;
  Addressees addressees_;
  MailIssueSettings settings_;
  MailPace pace_;
  Clearances* clearances_;
  std::uint64_t changes_ = 0;  // of them, as of this turn's beginning
  std::vector<Slot> free_;
  std::map<TaskIndex, Work> works_;
  TaskIndex last_served_ = 0;
  std::vector<Slot> batch_;        // to the writers, sent with flush()
  std::vector<Slot> without_url_;  // likewise, once they have their URLs
  std::vector<UserNumber> url_users_;
  std::vector<std::string> urls_;
  std::vector<Settlement> unsent_;          // likewise, to the ledger
  std::vector<roster::MailTarget> target_;  // of a retry
  // Of pages that are done, mail_pages_in_hand_max at most: their strings keep their capacity.
  std::vector<std::vector<roster::MailTarget>> spare_targets_;
  Instant now_{};
  WallTime wall_{};
  Instant next_ = Instant::never();
  bool paced_ = false;  // this turn, the pace kept letters back
};

}  // namespace muster::pipeline
