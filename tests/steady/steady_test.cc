// In its stride a send neither allocates nor locks for a job: memory and other threads' patience
// then follow from the number of commits, not of devices.
//
// operator new and pthread_mutex_lock are replaced in this program. Of the latter only calls from
// the program's own text count: libraries may lock inside themselves (SQLite does).
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <numeric>
#include <vector>

#include "pipeline/expander.h"
#include "pipeline/ledger_loop.h"
#include "pipeline/shard.h"
#include "tests/pipeline/agreeable.h"
#include "tests/pipeline/household.h"

extern "C" const char __executable_start;  // NOLINT(bugprone-reserved-identifier): the linker's
extern "C" const char etext;

namespace {

std::atomic<std::uint64_t> allocations{0};
std::atomic<std::uint64_t> locks{0};

}  // namespace

void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  void* memory = std::malloc(size);
  if (memory == nullptr) {
    std::abort();
  }
  return memory;
}
// Not inlined: g++ would see free() of what operator new gave, and call it a mismatch.
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);
}

extern "C" int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
  using Lock = int (*)(pthread_mutex_t*);
  static const Lock lock = reinterpret_cast<Lock>(::dlsym(RTLD_NEXT, "pthread_mutex_lock"));
  const auto* caller = static_cast<const char*>(__builtin_return_address(0));
  if (caller >= &__executable_start && caller < &etext) {
    locks.fetch_add(1, std::memory_order_relaxed);
  }
  return lock(mutex);
}

namespace muster::pipeline {
namespace {

constexpr std::uint32_t devices = 250'000;
constexpr std::uint64_t first = 100'000;
constexpr std::uint64_t last = 200'000;

// Expander, ledger and one shard, played by one thread over a ledger in memory and a peer that
// accepts at once.
class World {
 public:
  World() {
    const auto task = household_.new_task(clock_.wall().seconds() + 86'400);
    auto entry = std::make_shared<TaskEntry>();
    entry->id = task.id;
    entry->content.expiration_s = task.expiration_s;
    entry->devices = task.devices;
    entry->users = task.users;
    entry->total = devices;
    entry->credential_of_topic = {0, 0};
    entry->payload_of_language = {0};
    crossings_.tasks[0] = std::move(entry);
    MUSTER_ASSERT(ledger_->create_task(task).has_value());
    MUSTER_ASSERT(ledger_->attach(task.id, 0).has_value());
    loop_.announce(0);
  }
  ~World() {
    crossings_.ending = true;
    shard_.run();
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // The peer is chosen here: a session of a real framing may stand in its place.
  static ShardSettings settings() {
    ShardSettings settings;
    settings.credentials.resize(1);
    settings.credentials[0].open_session = [](const auto&) {
      return std::make_unique<testing::AgreeableSession>();
    };
    return settings;
  }
  // Until so many are durable.
  void run_to(std::uint64_t count) {
    while (durable() < count) {
      expander_.turn();
      shard_.turn(clock_.now());
      loop_.turn();
      clock_.turn(std::chrono::milliseconds(1));
    }
  }
  [[nodiscard]] std::uint64_t durable() const {
    return crossings_.durable.load(std::memory_order_relaxed);
  }

 private:
  testing::Household household_{devices};
  FakeClock clock_;
  std::unique_ptr<ledger::Ledger> ledger_ = household_.open_ledger();
  Crossings crossings_;
  testing::EmptyNetwork network_{clock_};
  ShardGauges gauges_;
  LedgerLoop loop_{crossings_, *ledger_, clock_};
  Expander expander_{crossings_, household_.reader(), clock_, ExpanderSettings{}};
  Shard shard_{crossings_, clock_, network_, gauges_, settings()};
};

TEST(Steady, ASendInItsStrideAllocatesAndLocksByTheCommitNotByTheJob) {
  World world;
  world.run_to(first);
  const auto allocated = allocations.load();
  const auto locked = locks.load();
  const auto begun = world.durable();
  world.run_to(last);
  const double thousands = static_cast<double>(world.durable() - begun) / 1000;
  const auto allocations_made = static_cast<double>(allocations.load() - allocated);
  const auto locks_taken = static_cast<double>(locks.load() - locked);

  // A commit takes up to 1024 settlements. It fills a News that it has back from the expander (now
  // and then a page comes with its devices), and locks once to tell who waits for an end.
  EXPECT_LT(allocations_made / thousands, 25);
  EXPECT_LT(locks_taken / thousands, 2);
}

// The shard alone, from the queue of jobs to the queue of settlements: nothing at all.
TEST(Steady, AShardInItsStrideNeitherAllocatesNorLocks) {
  constexpr Slot jobs = 900;
  const FakeClock clock;
  Crossings crossings;
  auto task = std::make_shared<TaskEntry>();
  task->content.expiration_s = clock.wall().seconds() + 86'400;
  crossings.tasks[0] = std::move(task);
  testing::EmptyNetwork network(clock);
  ShardGauges gauges;
  Shard shard(crossings, clock, network, gauges, World::settings());
  std::vector<Slot> slots(jobs);
  std::iota(slots.begin(), slots.end(), Slot{0});
  std::vector<Settlement> settled(jobs);
  const auto run = [&](int rounds) {
    std::size_t count = 0;
    for (int i = 0; i < rounds; ++i) {
      for (const auto slot : slots) {
        crossings.slab[slot].attempts = 0;
      }
      crossings.jobs[0]->enqueue_bulk(slots.data(), slots.size());
      shard.turn(clock.now());
      count += crossings.settlements.try_dequeue_bulk(settled.data(), settled.size());
    }
    return count;
  };
  run(200);
  const auto allocated = allocations.load();
  const auto locked = locks.load();
  const auto count = run(100);
  const auto allocations_made = allocations.load() - allocated;
  const auto locks_taken = locks.load() - locked;
  EXPECT_EQ(count, std::size_t{100} * jobs);
  EXPECT_EQ(allocations_made, 0U);
  EXPECT_EQ(locks_taken, 0U);
  crossings.ending = true;
  shard.run();
}

}  // namespace
}  // namespace muster::pipeline
