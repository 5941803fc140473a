// Everything that crosses a thread in the pipeline, in one place.
//
//   expander ──jobs[credential]──▶ shards ──settlements──▶ ledger ──news──▶ expander
//      ├──────────requests──────────────────────────────────▲
//      └──to_write──▶ letter writers ──written──▶ mail shard ┘
//
// Jobs go round in a fixed number of slots of one slab; what travels is a slot's number. Whoever
// took a slot's number from a queue owns the job in it: expander (filling), shard (sending), ledger
// (recording). The queues are moodycamel's, used in bulk with tokens; each side rings the other's
// doorbell after it has published, which costs nothing while the other is awake.
#pragma once

#include <concurrentqueue/concurrentqueue.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/histogram.h"
#include "base/number_set.h"
#include "base/thread.h"
#include "ledger/ledger.h"
#include "model/job.h"
#include "model/layout.h"
#include "model/limits.h"
#include "model/settlement.h"
#include "pipeline/letters.h"
#include "pipeline/nudges.h"
#include "pipeline/plan.h"
#include "pipeline/slab.h"

namespace muster::pipeline {

template <class T>
using Queue = moodycamel::ConcurrentQueue<T>;

// What the expander asks of the ledger's thread.
struct LedgerRequest {
  // lease: the next page. gather: due exceptions. release: put a page back whose slots are all
  // home. stop: every page is put back; record why the task stopped.
  enum class Kind : std::uint8_t { lease, gather, release, stop };
  Kind kind = Kind::lease;
  TaskIndex task = 0;
  std::uint32_t page = 0;  // release
  Part part = Part::push;  // lease, gather: of push, mail or accounts
};

// Of a commit's news, what concerns one channel.
struct PartNews {
  std::vector<TaskIndex> exhausted;  // a lease found no page left
  std::vector<TaskIndex> gathered;   // a gather was answered, whatever it found
  std::vector<Slot> freed;           // their settlements are taken; the slots may be filled again
  std::vector<std::pair<TaskIndex, WallTime>> due;  // earliest waiting exception of a task; 0: none
  [[nodiscard]] bool empty() const {
    return exhausted.empty() && gathered.empty() && freed.empty() && due.empty();
  }
  void clear() {
    exhausted.clear();
    gathered.clear();
    freed.clear();
    due.clear();
  }
};

// What a commit brought: one object a commit, filled by the ledger's thread and eaten by the
// expander, which hands it back to be filled again: its vectors keep their room. Its own PartNews
// is push's.
struct News : PartNews {
  std::vector<TaskIndex> opened;  // published entries: begin with them
  std::vector<ledger::LeasedPage> pages;
  std::vector<ledger::DueRetry> retries;
  std::vector<ledger::MovedMark> marks;
  std::vector<std::pair<TaskIndex, std::uint32_t>> home;  // how many of `freed` each task had
  std::vector<TaskIndex> ended;                           // completed or stopped: forget the task
  PartNews mail;
  PartNews account;  // settled with push's slots: frees none of its own
  [[nodiscard]] PartNews& of(Part part) {
    return part == Part::push ? *this : part == Part::account ? account : mail;
  }
  [[nodiscard]] bool empty() const {
    return PartNews::empty() && opened.empty() && pages.empty() && retries.empty() &&
           marks.empty() && home.empty() && ended.empty() && mail.empty() && account.empty();
  }
  void clear() {
    PartNews::clear();
    opened.clear();
    pages.clear();
    retries.clear();
    marks.clear();
    home.clear();
    ended.clear();
    mail.clear();
    account.clear();
  }
};

// Why a task is asked to stop before its end. pause: the next process goes on with it; hold: only
// who says so by its name (ledger::TaskState).
enum class Stop : std::uint8_t { none, drain, pause, hold, cancel };

// One open task, shared by all threads of the pipeline. Filled before it is published; the atomics
// say what happens to it. A closed entry may be used for another task once every slot of it has
// come home.
struct TaskEntry {
  // ── constant from publication on ──
  TaskId id;
  Content content;
  Layout layout;
  NumberSet devices;
  NumberSet mailboxes;
  NumberSet fallbacks;
  NumberSet accounts;
  NumberSet users;
  bool asks_clearance = false;                     // whether its users may be invited: clearance.h
  std::uint64_t total = 0;                         // devices
  std::uint32_t rate = 0;                          // invitations a second; 0: no limit
  std::uint32_t canary = 0;                        // 0: no gate
  std::vector<std::uint16_t> credential_of_topic;  // by the roster's topic index; 0xffff: none
  std::vector<std::uint8_t> payload_of_language;   // by the roster's language index
  std::vector<std::uint8_t> template_of_language;  // likewise, of mail

  // ── asked for by anybody, obeyed by all ──
  // A job whose epoch differs is not written any more: raised (seq_cst) by request_stop, compared
  // by the shard before each write.
  std::atomic<std::uint32_t> epoch{0};
  std::atomic<Stop> stop{Stop::none};  // written under Crossings::control_mutex
  std::string stop_reason;             // guarded by Crossings::control_mutex

  // ── between the expander, which issues by demand, and the shards ──
  // Jobs that shards took out of their queues, each once, whatever became of it: what the expander
  // issued and this does not count yet is still queued. Own line: it moves while others are read.
  alignas(64) std::atomic<std::uint64_t> taken{0};  // seq_cst; pairs with rung_at
  // The expander waits for the queue, and wants to be rung when `taken` comes to this.
  static constexpr std::uint64_t not_rung = UINT64_MAX;
  std::atomic<std::uint64_t> rung_at{not_rung};  // seq_cst; pairs with taken

  // ── counted by shards (relaxed; judged by the expander) ──
  std::atomic<std::uint64_t> answered{0};
  std::atomic<std::uint64_t> proved{0};         // answers that do not suspect the configuration
  std::atomic<std::uint64_t> bad_tokens{0};     // BadDeviceToken
  std::atomic<Reason> suspected{Reason::none};  // the newest suspicious reason

  // ── mail: an account of its own, so that neither channel's canary sings for the other ──
  struct Mail {
    // Counted by the mail shard (relaxed; judged by the expander).
    std::atomic<std::uint64_t> answered{0};
    std::atomic<std::uint64_t> proved{0};
    std::atomic<Reason> suspected{Reason::none};
    // Said by the expander: none of this task's letters go out for now, its pushes do. release;
    // pairs with Pipeline::mail_held().
    std::atomic<bool> held{false};
    std::string held_reason;  // one line for a person; guarded by Crossings::control_mutex
  };
  Mail mail;

  // ── published by the ledger's thread after each commit (relaxed; for progress) ──
  enum class Phase : std::uint8_t { open, completed, stopped };
  // Set by the expander once it has forgotten the task (release; pairs with Pipeline::start): only
  // then may another task have this place.
  std::atomic<bool> forgotten{false};
  std::atomic<Phase> phase{Phase::open};  // release; pairs with Pipeline's acquire
  std::array<std::atomic<std::uint64_t>, states_count> durable{};
  std::atomic<std::uint64_t> repeated{0};
  std::atomic<std::uint64_t> woken{0};  // fallbacks that are invitations now
};

// Counters of one thread, on a cache line of its own; read by anybody.
struct alignas(64) ShardGauges {
  std::atomic<std::uint64_t> in_flight{0};  // written, not answered
  std::atomic<std::uint64_t> answered{0};   // settlements made
  std::atomic<std::uint64_t> connections{0};
  std::atomic<std::uint64_t> streams{0};      // how many the peers allow in all
  std::atomic<Bound> bound{Bound::none};      // what keeps it from sending faster
  std::atomic<std::int64_t> window_bytes{0};  // left on all connections
  std::atomic<std::uint64_t> goaways{0};      // connections that a peer ended so
  Histogram latency;  // from an attempt's submission until the peer has answered it
};

struct Crossings {
  // `mail`: there is a mail route.
  explicit Crossings(bool mail = false)
      : letters(mail), settlements(limits::settlements_per_commit_max) {
    for (auto& queue : jobs) {
      queue = std::make_unique<Queue<Slot>>(limits::settlements_per_commit);
    }
  }

  Slab slab;
  Letters letters;
  std::array<std::unique_ptr<Queue<Slot>>, limits::credentials_max> jobs;
  Queue<Slot> to_write;  // mail: letters that want to be composed
  Queue<Slot> written;   // … and sent
  Queue<Settlement> settlements;
  Queue<LedgerRequest> requests;
  Queue<std::unique_ptr<News>> news;
  Queue<std::unique_ptr<News>> eaten;  // empty again, back to the ledger's thread
  // Open tasks, and behind them the batches of nudges. Written under control_mutex; published by
  // News, or by `nudges`.
  std::array<std::shared_ptr<TaskEntry>, limits::task_places> tasks;
  [[nodiscard]] static bool nudges_of(TaskIndex index) { return index >= limits::tasks_open_max; }
  Queue<PlacedNudges> nudges;                           // to the expander
  Queue<NudgeHome> nudges_home;                         // from the shards back to it
  Queue<std::pair<TaskIndex, NudgesDone>> nudges_done;  // to whoever asked; its place is free
  // 410s, for the roster: the device, and when its token ceased to be valid (ms; 0: unknown).
  Queue<std::pair<DeviceNumber, std::int64_t>> dead_tokens;

  // Raised with every request_stop: shards then give back what they no longer may write.
  std::atomic<std::uint64_t> stops{0};
  std::atomic<bool> ledger_ending{false};  // the ledger's thread leaves last, when all others have
  std::atomic<bool> ending{false};         // threads leave their loops
  // The store refuses commits (disk full): nothing new is issued until it takes them again.
  std::atomic<bool> store_trouble{false};
  // Settlements made durable, and those among them that no shard made: what was never sent.
  std::atomic<std::uint64_t> durable{0};
  std::atomic<std::uint64_t> unsent{0};

  Doorbell expander_bell;
  Doorbell ledger_bell;
  // With so many settlements in the queue the ledger's thread wants to be rung: few wake it once,
  // for it to begin a commit, and no more until there are enough to make one.
  std::atomic<std::size_t> ledger_rung_at{0};  // seq_cst; pairs with hand_over()
  std::vector<Doorbell*> shard_bells;          // of push; filled before the expander starts
  Doorbell* mail_bell = nullptr;               // of the mail shard; likewise, nullptr: no mail
  std::vector<Doorbell*> writer_bells;         // likewise

  // The mail route is refused for as long as the try that was refused is the last one: whoever
  // begins a task tries again. Letters that were handed over wait where they are.
  std::atomic<std::uint64_t> mail_tries{1};    // seq_cst; pairs with mail_refused
  std::atomic<std::uint64_t> mail_refused{0};  // seq_cst; the try that was refused; 0: none
  std::string mail_refusal;                    // guarded by control_mutex
  // Letters given back unsent since the expander looked: their tokens come back (relaxed).
  std::atomic<std::uint64_t> letters_returned{0};
  // Letters issued whose slots are not free again, as of the expander's last turn (relaxed: what is
  // made of it is when to commit, never what).
  std::atomic<std::uint64_t> letters_out{0};
  // The same of all other slots (relaxed: for people).
  std::atomic<std::uint64_t> slots_out{0};
  Histogram commits;                    // how long each took; counted by the ledger's thread
  std::atomic<bool> mail_paced{false};  // the route's pace is what limits mail (relaxed)

  std::mutex control_mutex;  // stop requests and waiting for phases; never per job
  std::condition_variable control_changed;

  void ring_shards() {
    for (auto* bell : shard_bells) {
      bell->ring();
    }
  }
  void ring_mail() {
    if (mail_bell != nullptr) {
      mail_bell->ring();
    }
  }
  void ring_writers() {
    for (auto* bell : writer_bells) {
      bell->ring();
    }
  }
  // A shard took so many jobs of the task out of its queue.
  void take(TaskEntry& entry, std::uint64_t count);
  // To the ledger's thread; leaves `made` empty.
  void hand_over(std::vector<Settlement>& made);
  // Settlements that a crash would forget now, where the shards have made `answered` in all.
  [[nodiscard]] std::uint64_t unsettled(std::uint64_t answered) const {
    const auto done = durable.load(std::memory_order_relaxed);
    const auto made = answered + unsent.load(std::memory_order_relaxed);
    return made > done ? made - done : 0;
  }
  // Asks a task to stop; the first reason stands, but each kind overrides those before it.
  void request_stop(TaskIndex task, Stop stop, const std::string& reason);
  // What is queued of this batch comes home undone.
  void stop_nudges(TaskIndex index);
  // The mail shard was refused on that try.
  void refuse_mail(std::uint64_t attempt, const std::string& reason);
  [[nodiscard]] bool mail_is_refused() const {
    return mail_refused.load(std::memory_order_seq_cst) ==
           mail_tries.load(std::memory_order_seq_cst);
  }
};

}  // namespace muster::pipeline
