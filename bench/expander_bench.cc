// Question: how many ns does a job cost before it reaches a shard, and what of that is expansion
// (block, target, slot, queue) rather than the ledger's share? One thread plays everybody: expander
// and ledger loop with a real ledger and roster in memory (/dev/shm), and a shard that accepts at
// once. Reported: s per job for both together; `expander` is the part spent in Expander::turn().
#include <benchmark/benchmark.h>

#include <chrono>
#include <memory>
#include <vector>

#include "pipeline/expander.h"
#include "pipeline/ledger_loop.h"
#include "pipeline/settlement_of.h"
#include "tests/pipeline/household.h"

namespace {

using muster::FakeClock;
using muster::Reason;
using muster::Slot;
using muster::State;
using muster::pipeline::Crossings;
using muster::pipeline::Expander;
using muster::pipeline::ExpanderSettings;
using muster::pipeline::LedgerLoop;
using muster::pipeline::TaskEntry;

constexpr std::uint32_t devices = 100'000;

// Settles what the expander issued; returns how many.
std::size_t accept_all(Crossings& crossings, std::vector<Slot>& slots) {
  const auto count = crossings.jobs[0]->try_dequeue_bulk(slots.data(), slots.size());
  if (count != 0) {
    crossings.take(*crossings.tasks[0], count);
  }
  for (std::size_t i = 0; i < count; ++i) {
    const auto& job = crossings.slab[slots[i]];
    auto settlement = muster::pipeline::settlement_of(slots[i], job);
    settlement.outcome = {State::sent, Reason::none, 1};
    crossings.settlements.enqueue(settlement);
  }
  return count;
}

void expand(benchmark::State& state) {
  double in_expander = 0;
  double jobs = 0;
  for (auto _ : state) {
    state.PauseTiming();
    muster::testing::Household household(devices);
    FakeClock clock;
    const auto task = household.new_task(clock.wall().seconds() + 86'400);
    const auto ledger = household.open_ledger();
    Crossings crossings;
    auto entry = std::make_unique<TaskEntry>();
    entry->id = task.id;
    entry->content.expiration_s = task.expiration_s;
    entry->devices = task.devices;
    entry->users = task.users;
    entry->total = devices;
    entry->credential_of_topic = {0, 0};
    entry->payload_of_language = {0};
    crossings.tasks[0] = std::move(entry);
    LedgerLoop loop(crossings, *ledger, clock);
    Expander expander(crossings, household.reader(), clock, ExpanderSettings{});
    if (!ledger->create_task(task) || !ledger->attach(task.id, 0)) {
      state.SkipWithError("the ledger refused");
      return;
    }
    loop.announce(0);
    std::vector<Slot> slots(4096);
    state.ResumeTiming();
    while (crossings.tasks[0]->phase.load() == TaskEntry::Phase::open) {
      loop.turn();
      const auto begin = std::chrono::steady_clock::now();
      expander.turn();
      in_expander +=
          std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
      jobs += static_cast<double>(accept_all(crossings, slots));
      clock.turn(std::chrono::milliseconds(1));
    }
    state.PauseTiming();
    expander.turn();
    state.ResumeTiming();
  }
  state.counters["s_per_job"] =
      benchmark::Counter(jobs, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["expander_ns"] = in_expander / jobs * 1e9;
}
BENCHMARK(expand)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
