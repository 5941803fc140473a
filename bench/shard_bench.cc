// Question: what does a shard itself cost a job, from the queue of jobs through submit, answer and
// verdict to the queue of settlements, when session and network cost nothing? The peer is a session
// in memory that accepts every job at once. Argument: jobs a turn, as many as the queue holds when
// the shard looks; 1 when the system is idle, hundreds when it is busy. The two queue hops are in
// it.
#include <benchmark/benchmark.h>

#include <memory>
#include <vector>

#include "pipeline/crossings.h"
#include "pipeline/shard.h"
#include "tests/pipeline/agreeable.h"

namespace {

using namespace muster;  // NOLINT(google-build-using-namespace): a program of one file

void jobs_through_a_shard(benchmark::State& state) {
  const auto batch = static_cast<std::size_t>(state.range(0));
  const SystemClock clock;
  auto crossings = std::make_unique<pipeline::Crossings>();
  auto task = std::make_shared<pipeline::TaskEntry>();
  task->content.expiration_s = clock.wall().seconds() + 3600;
  crossings->tasks[0] = std::move(task);
  // The slots come round as the expander's do: many, and each used again long after.
  std::vector<Slot> slots(16'384);
  for (Slot slot = 0; slot < slots.size(); ++slot) {
    slots[slot] = slot;
    crossings->slab[slot].invitation = slot;
    crossings->slab[slot].token_size = 32;
  }
  testing::EmptyNetwork network(clock);
  pipeline::ShardGauges gauges;
  pipeline::ShardSettings settings;
  settings.credentials.resize(1);
  settings.credentials[0].open_session = [](const auto&) {
    return std::make_unique<testing::AgreeableSession>();
  };
  pipeline::Shard shard(*crossings, clock, network, gauges, settings);
  std::vector<Settlement> settled(batch);
  std::size_t at = 0;
  std::uint64_t done = 0;
  for (auto _ : state) {
    for (int turns = 0; turns < 16; ++turns) {
      for (std::size_t i = 0; i < batch; ++i) {
        crossings->slab[slots[at + i]].attempts = 0;
      }
      crossings->jobs[0]->enqueue_bulk(&slots[at], batch);
      at = at + 2 * batch <= slots.size() ? at + batch : 0;
      shard.turn(clock.now());
      done += crossings->settlements.try_dequeue_bulk(settled.data(), settled.size());
    }
  }
  crossings->ending = true;
  shard.run();
  const auto jobs = static_cast<double>(done);
  state.counters["s_per_job"] =
      benchmark::Counter(jobs, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(jobs_through_a_shard)->Arg(1)->Arg(32)->Arg(256)->Arg(1000);

}  // namespace

BENCHMARK_MAIN();
