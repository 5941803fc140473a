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

namespace {

using namespace muster;  // NOLINT(google-build-using-namespace): a program of one file

class AgreeableSession final : public wire::DeliverySession {
 public:
  void connected(Instant /*now*/) override { open_ = true; }
  void receive(Bytes /*bytes*/, Instant /*now*/) override {}
  std::size_t transmit(MutableBytes /*room*/, Instant /*now*/) override { return 0; }
  [[nodiscard]] Instant deadline() const override { return Instant::never(); }
  void expire(Instant /*now*/) override {}
  [[nodiscard]] bool wants_close() const override { return draining_; }
  void lost(Error /*error*/, Instant /*now*/) override { closed_ = true; }
  [[nodiscard]] std::uint32_t room() const override {
    return open_ && !draining_ ? streams - static_cast<std::uint32_t>(answers_.size()) : 0;
  }
  void submit(Slot slot, const Job& /*job*/, const Content& /*content*/, Instant /*now*/) override {
    answers_.push_back({slot, wire::Fate::answered, Reason::none, 200, 0});
  }
  void take_answers(std::vector<wire::Answer>& answers) override {
    answers.insert(answers.end(), answers_.begin(), answers_.end());
    answers_.clear();
  }
  void drain(Instant /*now*/) override { draining_ = true; }
  [[nodiscard]] wire::Vitals vitals() const override {
    wire::Vitals vitals;
    using Condition = wire::Vitals::Condition;
    vitals.condition = closed_ ? Condition::closed : open_ ? Condition::open : Condition::opening;
    vitals.stream_limit = streams;
    vitals.window_bytes = 65'535;
    return vitals;
  }

 private:
  static constexpr std::uint32_t streams = 1000;
  bool open_ = false;
  bool draining_ = false;
  bool closed_ = false;
  std::vector<wire::Answer> answers_;
};

class EmptyNetwork final : public wire::Network {
 public:
  explicit EmptyNetwork(const Clock& clock) : clock_(clock), now_(clock.now()) {}
  [[nodiscard]] wire::ConnectionId open(const wire::Endpoint& /*endpoint*/,
                                        wire::Session& session) override {
    sessions_.push_back(&session);
    session.connected(now_);
    return static_cast<wire::ConnectionId>(sessions_.size());
  }
  void wake(wire::ConnectionId /*connection*/) override {}
  void close(wire::ConnectionId connection) override {
    sessions_[connection - 1]->lost(Error{}, now_);
  }
  void turn(Instant /*until*/) override { now_ = clock_.now(); }
  [[nodiscard]] Instant now() const override { return now_; }
  [[nodiscard]] Doorbell& doorbell() override { return doorbell_; }
  [[nodiscard]] std::string peer(wire::ConnectionId /*connection*/) const override { return {}; }

 private:
  const Clock& clock_;
  Instant now_;
  Doorbell doorbell_;
  std::vector<wire::Session*> sessions_;
};

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
  EmptyNetwork network(clock);
  pipeline::ShardGauges gauges;
  pipeline::ShardSettings settings;
  settings.credentials.resize(1);
  settings.credentials[0].open_session = [] { return std::make_unique<AgreeableSession>(); };
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
