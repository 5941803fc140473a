// A shard: one thread's share of the sending, with its own network, connections and clock.
//
// One turn: give back what may no longer be written; draw as many jobs as the sessions have room
// for and submit them; one network turn (one submit, one wait); take all answers, decide on each,
// and hand the settlements over in bulk. A job that has waited a second for its answer is reported
// once as slow, so that its page's mark can pass it.
//
// The mail shard is one of these: it serves the mail route alone, by the policy of mail. Where a
// relay is refused its letters wait with it until somebody tries again, or their task stops. Mail
// that goes directly has a kind of its own (direct_shard.h).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "pipeline/crossings.h"
#include "pipeline/lane.h"
#include "pipeline/policy.h"
#include "pipeline/pool.h"
#include "pipeline/returns.h"
#include "wire/network.h"

namespace muster::pipeline {

struct ShardSettings {
  std::uint32_t number = 0;  // of this shard; spreads ordinals
  // By credential index; of mail: the relay, or none where it goes directly (direct_shard.h).
  std::vector<PoolSettings> credentials;
  Channel channel = Channel::push;
  Policy policy;
  std::uint64_t seed = 1;
};

class Shard {
 public:
  // `network` is used by the thread that calls turn() alone.
  Shard(Crossings& crossings, const Clock& clock, wire::Network& network, ShardGauges& gauges,
        const ShardSettings& settings);
  virtual ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  // One turn of the loop, waiting at most until `most` where nothing is to do.
  void turn(Instant most);
  // True: work waits that a turn could do now.
  [[nodiscard]] bool ready();
  // The thread's body, until Crossings::ending and every connection has taken its leave (at most 5
  // s).
  void run();

 protected:
  // ── what a kind of shard adds to a turn ──
  // Before the drawing: fill lanes.
  virtual void prepare(Instant /*now*/) {}
  // After the answers: let go of lanes.
  virtual void tidy(Instant /*now*/) {}
  // Jobs that stand in no lane have come home from a stopped task.
  virtual void give_back_aside() {}
  [[nodiscard]] virtual bool more_to_sort() const { return false; }
  // When a turn is wanted although nothing happened.
  [[nodiscard]] virtual Instant look_again_at() const { return Instant::never(); }

  void give_back(Slot slot);
  // Those of stopped tasks go home.
  void give_back_stale(std::vector<Slot>& slots);
  void settle(const Job& job, Slot slot, const wire::Answer& answer, const Decision& decision);
  // To the expander, with the next flush.
  void bring_home(const NudgeHome& home);

  Crossings& crossings_;
  const Clock& clock_;
  wire::Network& network_;
  Policy policy_;
  Random random_;
  std::vector<std::unique_ptr<Lane>> lanes_;  // of push: by credential
  std::vector<Settlement> settlements_;

 private:
  void give_back_stopped();
  void take_queue(Lane& lane);
  void count_taken(std::size_t first, std::size_t past_last);
  bool draw();
  bool draw_for(Lane& lane, Instant now);
  struct Drawn {
    std::size_t count = 0;
    std::size_t fresh = 0;  // from here on they come from the queue; before, they were taken before
  };
  [[nodiscard]] std::size_t submit_all(Pool& pool, const Drawn& drawn, Instant now);
  bool submit(Pool::Connection& connection, Slot slot, const TaskEntry& entry, Instant now);
  void collect(Instant now);
  void collect_from(Lane& lane, Pool::Connection& connection, Instant now);
  void judge(Lane& lane, Pool::Connection& connection, const wire::Answer& answer, Instant now,
             WallTime wall);
  void count(TaskEntry& entry, const wire::Answer& answer);
  void count_mail(TaskEntry& entry, const wire::Answer& answer);
  void stop_task(TaskIndex task, const std::string& reason);
  void stop_lane(Lane& lane);
  void try_mail_again(Pool& pool, Instant now);
  // Letters: false where its time is over, and it is settled instead.
  [[nodiscard]] bool in_time(Slot slot, const Job& job, const TaskEntry& entry);
  void took(TaskEntry& entry, std::uint64_t count);
  void report_slow(Instant now);
  void forget_answered();
  void measure_busy(Instant now);
  void publish();
  void flush();
  [[nodiscard]] Instant next(Instant most) const;

  // Jobs on their way, oldest first: who has waited too long is found at the head. When it was
  // written stands in the job, which is ours as long as the serial is the slot's.
  struct Sent {
    Slot slot = 0;
    std::uint32_t serial = 0;
  };
  static constexpr std::size_t sent_max = std::size_t{2} * limits::slots_max;
  static_assert((sent_max & (sent_max - 1)) == 0);
  [[nodiscard]] Sent& sent(std::size_t place) {
    return sent_[(sent_first_ + place) & (sent_max - 1)];
  }

  ShardGauges& gauges_;
  const Channel channel_;
  std::vector<wire::Answer> answers_;
  std::vector<Slot> drawn_;
  std::vector<std::uint32_t> serials_;  // by slot: raised at each answer
  Returns returns_;
  std::vector<Sent> sent_;  // a circle of sent_max
  std::size_t sent_first_ = 0;
  std::size_t sent_count_ = 0;
  std::uint64_t stops_seen_ = 0;
  std::uint64_t mail_try_ = 0;  // of the mail route, as Crossings counts them
  std::uint64_t in_flight_ = 0;
  bool nudges_home_ = false;      // since the last flush
  double busy_ = 0;               // share of the last stretch that this thread worked
  std::uint32_t body_bytes_ = 0;  // of the newest kind of push
  Instant measured_at_{};
  Duration worked_then_{};
};

}  // namespace muster::pipeline
