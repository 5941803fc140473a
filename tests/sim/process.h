// One life of the program in the simulation: the real expander, letter writer, shards, ledger loop
// and sessions, stepped on one thread. Destroying it after crash() leaves on disk what was durable,
// no more.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/random.h"
#include "pipeline/crossings.h"
#include "pipeline/direct_shard.h"
#include "pipeline/expander.h"
#include "pipeline/ledger_loop.h"
#include "pipeline/letter_writer.h"
#include "pipeline/shard.h"
#include "tests/pipeline/household.h"
#include "tests/sim/sim_network.h"
#include "tests/sim/witness.h"

namespace muster::sim {

// Whom a process talks to.
struct FarEnds {
  FarEnd& push;
  FarEnd& mail;
  pipeline::Clearances& clearances;
};

struct Gauges {
  std::uint64_t in_flight = 0;
  std::uint64_t unsettled = 0;
};

class Process {
 public:
  Process(const testing::Household& household, const ledger::NewTask& task, const FarEnds& far_ends,
          Witness& witness, const FakeClock& clock, Random& random);
  ~Process();

  // Everybody gets a turn, in an order drawn by chance; some are left out, as threads are.
  void step();
  // When something will be to do.
  [[nodiscard]] Instant next() const;
  void request_stop(pipeline::Stop stop) { crossings_.request_stop(0, stop, "asked to"); }
  [[nodiscard]] const pipeline::TaskEntry& entry() const { return *crossings_.tasks[0]; }
  [[nodiscard]] Gauges gauges() const;
  // The process dies: no byte and no commit any more.
  void crash();

 private:
  void open_entry(const ledger::NewTask& task);
  void open_shards();
  void open_mail();
  // `direct`: a shard of its kind; otherwise nullptr.
  void open_shard(FarEnd& far_end, const pipeline::ShardSettings& settings,
                  const pipeline::DirectSettings* direct);

  const Options& options_;
  const FarEnds far_ends_;
  Witness& witness_;
  const FakeClock& clock_;
  Random& random_;
  std::unique_ptr<ledger::Ledger> ledger_;
  pipeline::Crossings crossings_;
  pipeline::LedgerLoop ledger_loop_;
  pipeline::Expander expander_;
  pipeline::LetterWriter writer_;
  std::vector<std::unique_ptr<SimNetwork>> networks_;
  std::vector<std::unique_ptr<pipeline::ShardGauges>> gauges_;
  std::vector<std::unique_ptr<pipeline::Shard>> shards_;
};

}  // namespace muster::sim
