// Question: what does the ledger cost a settlement, and a page? The pipeline spends ≤ 0.1 µs a
// settlement on it at 1,024 a commit; beyond that the ledger's thread, not the shards, would set
// the pace.
//
// settle: `n` settlements of `sent`, in order, and the commit that makes them durable; the wait for
// the disk is in the wall time and not in the CPU time. lease: a fresh page and its commit.
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <filesystem>
#include <string>
#include <vector>

#include "ledger/ledger.h"
#include "model/limits.h"

namespace muster::ledger {
namespace {

class Bench {
 public:
  Bench() {
    std::string pattern = std::filesystem::temp_directory_path() / "muster-bench-XXXXXX";
    dir_ = ::mkdtemp(pattern.data());
    ledger = std::move(*Ledger::open(dir_));
    begin_task();
  }
  ~Bench() {
    ledger.reset();
    std::filesystem::remove_all(dir_);
  }

  // The next page that is not settled; of a new task where the old one is through.
  std::uint32_t take_page() {
    auto page = ledger->lease(0);
    if (!*page) {
      (void)ledger->detach(0);
      begin_task();
      page = ledger->lease(0);
    }
    (void)ledger->commit(WallTime{1});
    return (*page)->page;
  }

  std::unique_ptr<Ledger> ledger;

 private:
  void begin_task() {
    NewTask task;
    task.id.bytes[0] = ++tasks_;
    task.devices.add_range(0, 12'288 * limits::page_size);
    (void)ledger->create_task(task);
    (void)ledger->attach(task.id, 0);
  }

  std::string dir_;
  Byte tasks_ = 0;
};

void settle(benchmark::State& state) {
  Bench bench;
  const auto size = static_cast<std::size_t>(state.range(0));
  std::vector<Settlement> settlements(size);
  std::uint32_t done = limits::page_size;
  std::uint32_t page = 0;
  for (auto step : state) {
    (void)step;
    if (done == limits::page_size) {
      state.PauseTiming();
      page = bench.take_page();
      done = 0;
      state.ResumeTiming();
    }
    for (auto& settlement : settlements) {
      settlement.invitation = page * limits::page_size + done++;
      settlement.page = page;
      settlement.outcome = {State::sent, Reason::none, 1};
    }
    bench.ledger->settle(settlements);
    benchmark::DoNotOptimize(bench.ledger->commit(WallTime{1}));
  }
  const auto total = static_cast<double>(size) * static_cast<double>(state.iterations());
  state.counters["cpu_per_settlement"] =
      benchmark::Counter(total, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.SetItemsProcessed(static_cast<std::int64_t>(total));
}
BENCHMARK(settle)->Arg(256)->Arg(1024)->Arg(4096);

void lease(benchmark::State& state) {
  Bench bench;
  for (auto step : state) {
    (void)step;
    const auto page = bench.take_page();
    state.PauseTiming();
    bench.ledger->release(0, page);
    std::vector<Settlement> settlements(limits::page_size);
    for (std::uint32_t at = 0; at < limits::page_size; ++at) {
      settlements[at].invitation = page * limits::page_size + at;
      settlements[at].page = page;
      settlements[at].outcome = {State::sent, Reason::none, 1};
    }
    bench.ledger->settle(settlements);
    (void)bench.ledger->commit(WallTime{1});
    state.ResumeTiming();
  }
}
BENCHMARK(lease);

}  // namespace
}  // namespace muster::ledger

BENCHMARK_MAIN();
