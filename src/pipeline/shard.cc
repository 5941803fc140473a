#include "pipeline/shard.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/log.h"
#include "pipeline/push_pool.h"
#include "pipeline/relay_pool.h"
#include "pipeline/settlement_of.h"

namespace muster::pipeline {
namespace {

constexpr Duration leave_within = std::chrono::seconds(5);
constexpr Duration busy_interval = std::chrono::milliseconds(20);
// So far ahead a job is asked for from memory while another one is worked on.
constexpr std::size_t jobs_ahead = 8;
constexpr Duration idle_most = std::chrono::milliseconds(500);
constexpr std::uint32_t ordinals_a_shard = 16;
// What waits for a connection to be made is looked at again so often.
constexpr Duration look_again_after = std::chrono::milliseconds(20);

// Jobs of one kind have bodies of one size.
struct Kind {
  TaskIndex task = limits::task_places;
  std::uint8_t language = 0;
  std::uint8_t magic_size = 0;
  friend bool operator==(const Kind&, const Kind&) = default;
};

// Of a push's body: what a plan needs to know of it, so an estimate will do.
std::uint32_t body_bytes_of(const Job& job, const Content& content) {
  constexpr std::uint32_t mdm_frame_bytes = 10;  // {"mdm":""}
  return job.language < content.alert_payloads.size()
             ? static_cast<std::uint32_t>(content.alert_payloads[job.language].size())
             : job.magic_size + mdm_frame_bytes;
}

}  // namespace

Shard::Shard(Crossings& crossings, const Clock& clock, wire::Network& network, ShardGauges& gauges,
             const ShardSettings& settings)
    : crossings_(crossings),
      clock_(clock),
      network_(network),
      policy_(settings.policy),
      random_(settings.seed),
      gauges_(gauges),
      channel_(settings.channel),
      drawn_(limits::settlements_per_commit),
      serials_(limits::slots_max),
      sent_(sent_max) {
  MUSTER_ASSERT(channel_ == Channel::push || settings.credentials.size() <= 1);
  const auto ordinal_base = settings.number * ordinals_a_shard;
  for (const auto& credential : settings.credentials) {
    Lane lane;
    if (channel_ == Channel::mail) {
      lane.queue = &crossings.written;
      lane.pool = std::make_unique<RelayPool>(credential, network, ordinal_base, random_.next());
    } else {
      lane.queue = crossings.jobs[lanes_.size()].get();
      lane.pool = std::make_unique<PushPool>(credential, network, ordinal_base, random_.next());
    }
    lanes_.push_back(std::make_unique<Lane>(std::move(lane)));
  }
  settlements_.reserve(limits::settlements_per_commit);
  answers_.reserve(limits::settlements_per_commit);
}

Shard::~Shard() = default;

void Shard::turn(Instant most) {
  give_back_stopped();
  prepare(clock_.now());
  // Looked at once more after the drawing: what was enqueued since run() lay down to doze rang, and
  // what came before was drawn, so that the network may wait for answers to it.
  const bool more = draw() || ready();
  flush();
  network_.turn(more ? clock_.now() : next(most));
  collect(network_.now());
  tidy(network_.now());
  report_slow(network_.now());
  measure_busy(network_.now());
  flush();
  publish();
}

void Shard::run() {
  auto& bell = network_.doorbell();
  while (!crossings_.ending.load(std::memory_order_acquire)) {
    bell.doze();
    const bool ending = crossings_.ending.load(std::memory_order_acquire);
    const Instant now = clock_.now();
    turn(ending ? now : now + idle_most);
  }
  const Instant leave_at = clock_.now() + leave_within;
  for (const auto& lane : lanes_) {
    lane->pool->drain(clock_.now());
  }
  const auto anybody = [&] {
    return std::any_of(lanes_.begin(), lanes_.end(),
                       [](const auto& lane) { return !lane->pool->connections().empty(); });
  };
  while (anybody() && clock_.now() < leave_at) {
    turn(std::min(leave_at, clock_.now() + std::chrono::milliseconds(50)));
  }
  for (const auto& lane : lanes_) {
    lane->pool->abandon();
  }
  while (anybody()) {
    turn(clock_.now() + std::chrono::milliseconds(10));
  }
}

bool Shard::ready() {
  if (stops_seen_ != crossings_.stops.load(std::memory_order_acquire)) {
    return true;
  }
  return more_to_sort() || std::any_of(lanes_.begin(), lanes_.end(), [](const auto& lane) {
           return lane->waiting() && lane->pool->room() != 0;
         });
}

// After a stop, jobs of another epoch must come home although no session has room for them.
void Shard::give_back_stopped() {
  const auto stops = crossings_.stops.load(std::memory_order_acquire);
  if (stops == stops_seen_) {
    return;
  }
  stops_seen_ = stops;
  for (const auto& lane : lanes_) {
    take_queue(*lane);
    give_back_stale(lane->again);
  }
  give_back_aside();
}

void Shard::give_back_stale(std::vector<Slot>& slots) {
  std::erase_if(slots, [&](Slot slot) {
    const auto& job = crossings_.slab[slot];
    const bool stale =
        job.epoch != crossings_.tasks[job.task]->epoch.load(std::memory_order_seq_cst);
    if (stale) {
      give_back(slot);
    }
    return stale;
  });
}

// Everything that is queued, to be given back or written by this shard.
void Shard::take_queue(Lane& lane) {
  if (lane.queue == nullptr) {
    return;
  }
  std::size_t count = 0;
  while ((count = lane.queue->try_dequeue_bulk(drawn_.data(), drawn_.size())) != 0) {
    count_taken(0, count);
    lane.again.insert(lane.again.end(), drawn_.begin(),
                      drawn_.begin() + static_cast<std::ptrdiff_t>(count));
  }
}

void Shard::count_taken(std::size_t first, std::size_t past_last) {
  for (std::size_t i = first; i < past_last; ++i) {
    took(*crossings_.tasks[crossings_.slab[drawn_[i]].task], 1);
  }
}

// How much of push waits is the expander's measure; letters are measured by their queues.
void Shard::took(TaskEntry& entry, std::uint64_t count) {
  if (channel_ == Channel::push) {
    crossings_.take(entry, count);
  }
}

void Shard::give_back(Slot slot) {
  if (Crossings::nudges_of(crossings_.slab[slot].task)) {
    bring_home({slot, NudgeHome::How::undone, 0});
    return;
  }
  auto back = settlement_of(slot, crossings_.slab[slot]);
  back.kind = Settlement::Kind::returned;
  settlements_.push_back(back);
  if (channel_ == Channel::mail) {
    crossings_.letters_returned.fetch_add(1, std::memory_order_relaxed);
  }
}

bool Shard::draw() {
  const Instant now = clock_.now();
  bool more = false;
  for (const auto& lane : lanes_) {
    more = draw_for(*lane, now) || more;
  }
  return more;
}

bool Shard::draw_for(Lane& lane, Instant now) {
  auto& pool = *lane.pool;
  auto& again = lane.again;
  const std::size_t queued = lane.queued();
  const bool waiting = !again.empty() || queued != 0;
  if (channel_ == Channel::mail) {
    try_mail_again(pool, now);
  }
  // The other shards draw from the same queue.
  const auto shards =
      channel_ == Channel::mail ? 1 : std::max<std::size_t>(1, crossings_.shard_bells.size());
  pool.open_wanted(now, {again.size() + (queued + shards - 1) / shards, busy_, body_bytes_});
  if (!waiting) {
    return false;
  }
  if (!pool.refusal().words.empty()) {
    stop_lane(lane);
    return false;
  }
  const std::size_t room = std::min<std::size_t>(pool.room(), drawn_.size());
  if (room == 0) {
    return false;
  }
  const std::size_t fresh = std::min(room, again.size());
  const auto old = again.begin() + static_cast<std::ptrdiff_t>(fresh);
  std::copy(again.begin(), old, drawn_.begin());
  again.erase(again.begin(), old);
  auto count = fresh;
  if (lane.queue != nullptr) {
    count += lane.queue->try_dequeue_bulk(drawn_.data() + fresh, room - fresh);
  }
  const auto begun = submit_all(pool, {count, fresh}, now);
  count_taken(std::max(begun, fresh), count);
  again.insert(again.begin(), drawn_.begin() + static_cast<std::ptrdiff_t>(begun),
               drawn_.begin() + static_cast<std::ptrdiff_t>(count));
  pool.note_drawn(again.size() + lane.queued());
  for (auto& each : pool.connections()) {
    if (each.woken) {
      each.woken = false;
      each.used = true;
      network_.wake(each.id);
    }
  }
  return count == drawn_.size();
}

// Submits what was drawn while there is room; returns how many are gone. A session's room counts
// bodies of the sizes it has seen, so it is asked once for a run of jobs of one kind: before the
// first, and again after it.
std::size_t Shard::submit_all(Pool& pool, const Drawn& drawn, Instant now) {
  Pool::Connection* connection = nullptr;
  std::uint32_t room = 0;
  bool fresh = true;  // nothing of this kind was submitted to this connection yet
  Kind kind;
  TaskEntry* entry = nullptr;
  std::size_t counted = drawn.fresh;  // as taken, up to here
  const auto count_run = [&](std::size_t past_last) {
    if (past_last > counted) {
      took(*entry, past_last - counted);
      counted = past_last;
    }
  };
  for (std::size_t i = 0; i < drawn.count; ++i) {
    const auto slot = drawn_[i];
    crossings_.slab.prefetch_all(drawn_[std::min(i + jobs_ahead, drawn.count - 1)]);
    const auto& job = crossings_.slab[slot];
    const Kind its{job.task, job.language, job.magic_size};
    if (its != kind) {
      count_run(i);
      fresh = true;
      kind = its;
      entry = crossings_.tasks[job.task].get();
      body_bytes_ = body_bytes_of(job, entry->content);
      room = connection == nullptr ? 0 : connection->session->room();
    }
    if (room == 0) {
      connection = pool.roomiest();
      if (connection == nullptr) {
        count_run(i);
        return i;
      }
      room = connection->session->room();
      fresh = true;
    }
    if (submit(*connection, slot, *entry, now)) {
      room = fresh ? connection->session->room() : room - 1;
      fresh = false;
    }
  }
  count_run(drawn.count);
  return drawn.count;
}

// False: its task was stopped, and it goes home instead.
bool Shard::submit(Pool::Connection& connection, Slot slot, const TaskEntry& entry, Instant now) {
  auto& job = crossings_.slab[slot];
  if (job.epoch != entry.epoch.load(std::memory_order_seq_cst)) {
    give_back(slot);
    return false;
  }
  if (channel_ == Channel::mail && !in_time(slot, job, entry)) {
    return false;
  }
  ++job.attempts;
  job.written_at = now;
  connection.session->submit(slot, job, entry.content, now);
  connection.woken = true;
  ++in_flight_;
  if (sent_count_ == sent_max) {
    forget_answered();
  }
  sent(sent_count_) = Sent{slot, serials_[slot]};
  ++sent_count_;
  return true;
}

void Shard::stop_task(TaskIndex task, const std::string& reason) {
  if (!Crossings::nudges_of(task)) {  // a nudge that cannot go comes home, and that is all
    crossings_.request_stop(task, Stop::pause, reason);
  }
}

void Shard::bring_home(const NudgeHome& home) {
  crossings_.nudges_home.enqueue(home);
  nudges_home_ = true;
}

// Every task that has work for this credential pauses; its jobs come home by their epoch. Letters
// wait: their tasks may have pushes to send.
void Shard::stop_lane(Lane& lane) {
  const auto& reason = lane.pool->refusal().words;
  if (channel_ == Channel::mail) {
    crossings_.refuse_mail(mail_try_, reason);
    return;
  }
  take_queue(lane);
  for (const auto slot : lane.again) {
    stop_task(crossings_.slab[slot].task, reason);
    give_back(slot);
  }
  lane.again.clear();
}

void Shard::flush() {
  if (std::exchange(nudges_home_, false)) {
    crossings_.expander_bell.ring();
  }
  if (settlements_.empty()) {
    return;
  }
  std::uint64_t answered = 0;
  for (const auto& settlement : settlements_) {
    answered += settlement.kind == Settlement::Kind::settled ? 1U : 0U;
  }
  gauges_.answered.fetch_add(answered, std::memory_order_relaxed);
  crossings_.hand_over(settlements_);
}

// Over the last stretch: what share of it did this thread work?
void Shard::measure_busy(Instant now) {
  if (now - measured_at_ < busy_interval) {
    return;
  }
  const Duration worked = clock_.thread_busy();
  busy_ = static_cast<double>((worked - worked_then_).count()) /
          static_cast<double>((now - measured_at_).count());
  worked_then_ = worked;
  measured_at_ = now;
}

void Shard::publish() {
  std::uint64_t connections = 0;
  std::uint64_t streams = 0;
  std::uint64_t goaways = 0;
  std::int64_t window_bytes = 0;
  Bound bound = Bound::none;
  for (const auto& lane : lanes_) {
    bound = std::max(bound, lane->pool->bound());
    goaways += lane->pool->goaways();
    for (const auto& connection : lane->pool->connections()) {
      const auto vitals = connection.session->vitals();
      ++connections;
      streams += vitals.stream_limit;
      window_bytes += vitals.window_bytes;
    }
  }
  gauges_.in_flight.store(in_flight_, std::memory_order_relaxed);
  gauges_.connections.store(connections, std::memory_order_relaxed);
  gauges_.streams.store(streams, std::memory_order_relaxed);
  gauges_.bound.store(bound, std::memory_order_relaxed);
  gauges_.window_bytes.store(window_bytes, std::memory_order_relaxed);
  gauges_.goaways.store(goaways, std::memory_order_relaxed);
}

Instant Shard::next(Instant most) const {
  Instant until = std::min(most, look_again_at());
  for (const auto& lane : lanes_) {
    if (lane->waiting() && lane->pool->room() == 0) {
      until = std::min(until, std::max(lane->pool->next(), clock_.now() + look_again_after));
    }
  }
  if (sent_count_ != 0) {
    // The head is not answered: report_slow() took away those that are, and none came since.
    const auto& head = sent_[sent_first_];
    until = std::min(until, crossings_.slab[head.slot].written_at + limits::answer_slow_after);
  }
  return until;
}

}  // namespace muster::pipeline
