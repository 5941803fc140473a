// The pipeline: expander, shards and ledger, started and stopped together.
//
// Owns every thread but the resolver's. Its methods may be called from any thread. What it is given
// (ledger, roster reader, credentials) is its own from then on.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "ledger/ledger.h"
#include "pipeline/clearance.h"
#include "pipeline/crossings.h"
#include "pipeline/direct.h"
#include "pipeline/expander.h"
#include "pipeline/ledger_loop.h"
#include "pipeline/letter_writer.h"
#include "pipeline/mail_pace.h"
#include "pipeline/shard.h"
#include "wire/network.h"

namespace muster::pipeline {

// How mail goes: all of it over one relay, or directly to the recipients' mail hosts.
struct MailRoute {
  PoolSettings pool;                     // of the relay
  std::optional<DirectSettings> direct;  // instead of the relay
  Policy policy;                         // at most limits::mail_attempts_max attempts
  Compose compose;
  std::uint32_t composers = 1;  // threads
  MailPaceSettings pace;
  std::uint32_t canary = 0;  // 0: no gate
};

struct PipelineSettings {
  std::uint32_t shards = 1;
  std::vector<PoolSettings> credentials;
  std::optional<MailRoute> mail;
  Policy policy;
  ExpanderSettings expander;
  // What tasks ask that invite to Managed Distribution; outlives the pipeline. Null: there are
  // none.
  Clearances* clearances = nullptr;
  // Makes a shard's network; called in the shard's thread, which alone uses it.
  std::function<std::unique_ptr<wire::Network>()> open_network;
  std::uint64_t seed = 1;
};

// A task as the service hands it over; it stands in the ledger already.
struct Start {
  TaskId id;
  Content content;
  Layout layout;
  NumberSet devices;
  NumberSet mailboxes;
  NumberSet fallbacks;
  NumberSet accounts;
  NumberSet users;
  // Whether its users may be invited is asked for each (clearance.h); so it must be where there are
  // accounts.
  bool asks_clearance = false;
  std::uint32_t rate = 0;
  std::uint32_t canary = 0;
  std::vector<std::uint16_t> credential_of_topic;
  std::vector<std::uint8_t> payload_of_language;
  std::vector<std::uint8_t> template_of_language;
};

// Over all tasks, of push and mail together where nothing else is said.
struct Gauges {
  std::uint64_t in_flight = 0;  // written to a peer, not answered
  std::uint64_t unsettled = 0;  // answered, not durable
  std::uint64_t connections = 0;
  std::uint64_t streams = 0;  // of push: allowed by the peers, in all
  Bound bound = Bound::none;  // of the push shard that is held back most
  std::uint64_t mail_in_flight = 0;
  std::uint64_t mail_connections = 0;
  Bound mail_bound = Bound::none;
  std::int64_t window_bytes = 0;  // of push: left on all connections
  std::uint64_t goaways = 0;      // of push: connections that peers ended so
  std::uint64_t slots_used = 0;   // of push and accounts
  std::uint64_t slots = 0;
  std::uint64_t mail_slots_used = 0;
  std::uint64_t mail_slots = 0;
  Histogram::Reading latency;  // of push
  Histogram::Reading mail_latency;
  Histogram::Reading commits;
};

class Pipeline {
 public:
  Pipeline(const PipelineSettings& settings, std::unique_ptr<ledger::Ledger> ledger,
           std::unique_ptr<roster::RosterReader> roster, const Clock& clock);
  // Drains: at most 30 s for what is in flight.
  ~Pipeline();

  // Runs `work` on the ledger's thread and waits for it.
  void with_ledger(const std::function<void(ledger::Ledger&)>& work);
  // Attaches the task and begins. Nothing where tasks_open_max tasks are open already.
  [[nodiscard]] Result<std::optional<TaskIndex>> start(Start task);
  // The open or just ended task of that id.
  [[nodiscard]] std::optional<TaskIndex> index_of(const TaskId& id);
  [[nodiscard]] const TaskEntry& entry(TaskIndex index) const { return *crossings_.tasks[index]; }
  // The same, to be looked at for as long as wanted: once the task has ended, its place may be
  // another's.
  [[nodiscard]] std::shared_ptr<const TaskEntry> kept_entry(TaskIndex index) const {
    return crossings_.tasks[index];
  }
  [[nodiscard]] std::string stop_reason(const TaskEntry& entry);
  // Why the task's letters do not go out for now, though its pushes may; empty: they do.
  [[nodiscard]] std::string mail_held(TaskIndex index);
  // Of an open task.
  void request_stop(TaskIndex index, Stop stop, const std::string& reason);
  // Wakes these devices again, at the pace of wakes; false: as many batches as can be are on their
  // way.
  [[nodiscard]] bool nudge(NudgeBatch batch);
  // What batches came to that ended since the last call.
  [[nodiscard]] std::vector<NudgesDone> take_nudged();
  // Of this task: what was not written is not written any more, and is undone.
  void stop_nudges(const TaskId& id);
  // Clearances::changes() has moved: who waits is looked at again.
  void clearances_changed() { crossings_.expander_bell.ring(); }
  // True once the task completed or stopped, or once the store has refused commits for seconds;
  // waits at most `most`.
  bool wait(TaskIndex index, std::chrono::milliseconds most);
  // Asks every task to stop in good order and waits, at most `most`. True: all did.
  bool drain(std::chrono::milliseconds most);
  [[nodiscard]] Gauges gauges() const;
  [[nodiscard]] bool ledger_failed() const { return ledger_loop_.failed(); }
  [[nodiscard]] bool store_trouble() const {
    return crossings_.store_trouble.load(std::memory_order_acquire);
  }
  // At most `most` of the tokens that 410s declared dead since the last call.
  [[nodiscard]] std::vector<std::pair<DeviceNumber, std::int64_t>> take_dead_tokens(
      std::size_t most);

 private:
  void start_writers();
  void stop_nudges_of(const std::function<bool(const TaskEntry&)>& which);

  PipelineSettings settings_;
  const Clock& clock_;
  std::unique_ptr<ledger::Ledger> ledger_;
  Crossings crossings_;
  // Places of nudges that are taken; guarded by control_mutex.
  std::array<bool, limits::nudge_batches_max> nudging_{};
  LedgerLoop ledger_loop_;
  Expander expander_;
  std::vector<std::unique_ptr<ShardGauges>> gauges_;  // by shard; the mail shard's is the last
  // Each is made and used by its shard's thread, but outlives it: others ring its bell to the last.
  std::vector<std::unique_ptr<wire::Network>> networks_;
  std::vector<std::thread> shards_;
  std::vector<std::unique_ptr<LetterWriter>> writers_;
  std::vector<std::thread> writer_threads_;
  std::thread ledger_thread_;
  std::thread expander_thread_;
};

}  // namespace muster::pipeline
