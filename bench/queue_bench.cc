// Question: what does handing a slot from one thread to another cost, and how much of it does bulk
// save? The expander gives slots to shards, shards give settlements to the ledger, in batches of
// whatever waits: 1 when the system is idle, hundreds when it is busy. Reported: ns a slot, over
// two threads, with the queue the pipeline uses (moodycamel, by producer).
#include <benchmark/benchmark.h>

#include <atomic>
#include <thread>
#include <vector>

#include "model/limits.h"
#include "pipeline/crossings.h"

namespace {

void hand_over(benchmark::State& state) {
  const auto batch = static_cast<std::size_t>(state.range(0));
  constexpr std::size_t slots = 64 * 1024;
  muster::pipeline::Queue<muster::Slot> there(muster::limits::slots_max);
  muster::pipeline::Queue<muster::Slot> back(muster::limits::slots_max);
  std::atomic<bool> ending{false};
  // The other side takes what is there and gives it back, as a round through the pipeline does.
  std::thread other([&] {
    std::vector<muster::Slot> taken(batch);
    while (!ending.load(std::memory_order_relaxed)) {
      const auto count = there.try_dequeue_bulk(taken.data(), batch);
      if (count == 0) {
        std::this_thread::yield();
        continue;
      }
      back.enqueue_bulk(taken.data(), count);
    }
  });
  std::vector<muster::Slot> mine(batch);
  for (auto _ : state) {
    std::size_t home = 0;
    for (std::size_t given = 0; given < slots; given += batch) {
      there.enqueue_bulk(mine.data(), batch);
    }
    while (home < slots) {
      const auto count = back.try_dequeue_bulk(mine.data(), batch);
      if (count == 0) {
        std::this_thread::yield();
      }
      home += count;
    }
  }
  ending = true;
  other.join();
  const auto handed = static_cast<double>(state.iterations()) * 2.0 * static_cast<double>(slots);
  state.counters["slots"] = benchmark::Counter(handed, benchmark::Counter::kIsRate);
  state.counters["s_per_slot"] =
      benchmark::Counter(handed, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(hand_over)->Arg(1)->Arg(32)->Arg(256)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
