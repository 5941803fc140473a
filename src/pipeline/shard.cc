#include "pipeline/shard.h"

#include <algorithm>

#include "base/assert.h"
#include "base/log.h"
#include "pipeline/settlement_of.h"

namespace muster::pipeline {
namespace {

constexpr Duration leave_within = std::chrono::seconds(5);
constexpr Duration busy_interval = std::chrono::milliseconds(20);
// So far ahead a job is asked for from memory while another one is worked on.
constexpr std::size_t jobs_ahead = 8;
constexpr Duration idle_most = std::chrono::milliseconds(500);

// Jobs of one kind have bodies of one size.
struct Kind {
  TaskIndex task = limits::tasks_open_max;
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
      gauges_(gauges),
      channel_(settings.channel),
      policy_(settings.policy),
      random_(settings.seed),
      again_(settings.credentials.size()),
      drawn_(limits::settlements_per_commit),
      serials_(limits::slots_max),
      sent_(sent_max) {
  MUSTER_ASSERT(channel_ == Channel::push || settings.credentials.size() == 1);
  for (const auto& credential : settings.credentials) {
    queues_.push_back(channel_ == Channel::mail ? &crossings.written
                                                : crossings.jobs[queues_.size()].get());
    pools_.push_back(
        std::make_unique<Pool>(credential, network, settings.number * 16, random_.next()));
  }
  settlements_.reserve(limits::settlements_per_commit);
  answers_.reserve(limits::settlements_per_commit);
}

Shard::~Shard() = default;

void Shard::turn(Instant most) {
  give_back_stopped();
  // Looked at once more after the drawing: what was enqueued since run() lay down to doze rang, and
  // what came before was drawn, so that the network may wait for answers to it.
  const bool more = draw() || ready();
  flush();
  network_.turn(more ? clock_.now() : next(most));
  collect(network_.now());
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
  for (auto& pool : pools_) {
    pool->drain(clock_.now());
  }
  const auto anybody = [&] {
    return std::any_of(pools_.begin(), pools_.end(),
                       [](const auto& pool) { return !pool->connections().empty(); });
  };
  while (anybody() && clock_.now() < leave_at) {
    turn(std::min(leave_at, clock_.now() + std::chrono::milliseconds(50)));
  }
  for (auto& pool : pools_) {
    pool->abandon();
  }
  while (anybody()) {
    turn(clock_.now() + std::chrono::milliseconds(10));
  }
}

bool Shard::ready() {
  if (stops_seen_ != crossings_.stops.load(std::memory_order_acquire)) {
    return true;
  }
  for (std::uint32_t credential = 0; credential < pools_.size(); ++credential) {
    if (pools_[credential]->room() != 0 &&
        (!again_[credential].empty() || queues_[credential]->size_approx() != 0)) {
      return true;
    }
  }
  return false;
}

// After a stop, jobs of another epoch must come home although no session has room for them.
void Shard::give_back_stopped() {
  const auto stops = crossings_.stops.load(std::memory_order_acquire);
  if (stops == stops_seen_) {
    return;
  }
  stops_seen_ = stops;
  for (std::uint32_t credential = 0; credential < pools_.size(); ++credential) {
    take_queue(credential);
    std::erase_if(again_[credential], [&](Slot slot) {
      const auto& job = crossings_.slab[slot];
      const bool stale =
          job.epoch != crossings_.tasks[job.task]->epoch.load(std::memory_order_seq_cst);
      if (stale) {
        give_back(slot);
      }
      return stale;
    });
  }
}

// Everything that is queued, to be given back or written by this shard.
void Shard::take_queue(std::uint32_t credential) {
  auto& again = again_[credential];
  std::size_t count = 0;
  while ((count = queues_[credential]->try_dequeue_bulk(drawn_.data(), drawn_.size())) != 0) {
    count_taken(0, count);
    again.insert(again.end(), drawn_.begin(), drawn_.begin() + static_cast<std::ptrdiff_t>(count));
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
  for (std::uint32_t credential = 0; credential < pools_.size(); ++credential) {
    more = draw_for(credential, now) || more;
  }
  return more;
}

bool Shard::draw_for(std::uint32_t credential, Instant now) {
  auto& pool = *pools_[credential];
  auto& again = again_[credential];
  auto& queue = *queues_[credential];
  const std::size_t queued = queue.size_approx();
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
    stop_credential(credential);
    return false;
  }
  const std::size_t room = std::min<std::size_t>(pool.room(), drawn_.size());
  if (room == 0) {
    return false;
  }
  const std::size_t fresh = std::min(room, again.size());
  std::copy(again.end() - static_cast<std::ptrdiff_t>(fresh), again.end(), drawn_.begin());
  again.resize(again.size() - fresh);
  const auto count = fresh + queue.try_dequeue_bulk(drawn_.data() + fresh, room - fresh);
  const auto begun = submit_all(credential, {count, fresh}, now);
  count_taken(std::max(begun, fresh), count);
  again.insert(again.end(), drawn_.begin() + static_cast<std::ptrdiff_t>(begun),
               drawn_.begin() + static_cast<std::ptrdiff_t>(count));
  pool.note_drawn(again.size() + queue.size_approx());
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
std::size_t Shard::submit_all(std::uint32_t credential, const Drawn& drawn, Instant now) {
  auto& pool = *pools_[credential];
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

void Shard::collect(Instant now) {
  for (std::uint32_t credential = 0; credential < pools_.size(); ++credential) {
    auto& pool = *pools_[credential];
    for (std::size_t i = 0; i < pool.connections().size(); ++i) {
      collect_from(credential, pool.connections()[i], now);
    }
    pool.bury(now);
  }
}

void Shard::collect_from(std::uint32_t credential, Pool::Connection& connection, Instant now) {
  answers_.clear();
  connection.session->take_answers(answers_);
  if (answers_.empty()) {
    return;
  }
  // Answers come about in the order of the requests: the last one waited least.
  const auto& last = answers_.back();
  if (last.fate == wire::Fate::answered) {
    pools_[credential]->note_answers(answers_.size(), now - crossings_.slab[last.slot].written_at);
  }
  const auto wall = clock_.wall();
  in_flight_ -= answers_.size();
  for (std::size_t i = 0; i < answers_.size(); ++i) {
    crossings_.slab.prefetch(answers_[std::min(i + jobs_ahead, answers_.size() - 1)].slot);
    judge(credential, connection, answers_[i], now, wall);
  }
}

void Shard::judge(std::uint32_t credential, Pool::Connection& connection, const wire::Answer& given,
                  Instant now, WallTime wall) {
  auto& job = crossings_.slab[given.slot];
  auto& entry = *crossings_.tasks[job.task];
  auto& pool = *pools_[credential];
  ++serials_[given.slot];
  connection.answered += given.fate == wire::Fate::answered ? 1U : 0U;
  const auto answer = returns_.heard(given, job);
  const auto expiration_s =
      channel_ == Channel::mail ? entry.content.mail_expiration_s : entry.content.expiration_s;
  const auto decision = decide(answer, job, expiration_s, policy_, wall, random_);
  switch (decision.kind) {
    case Decision::Kind::settle:
      count(entry, answer);
      settle(job, answer.slot, answer, decision);
      break;
    case Decision::Kind::again_elsewhere:
      pool.retire(connection, now);
      again_[credential].push_back(answer.slot);
      break;
    case Decision::Kind::again:
      again_[credential].push_back(answer.slot);
      break;
    case Decision::Kind::renew_credential:
      pool.renew_credential(connection, now);
      again_[credential].push_back(answer.slot);
      break;
    case Decision::Kind::stop_task:
      --job.attempts;
      stop_task(job.task,
                std::string(name_of(answer.reason)) + ": " + std::string(words(answer.reason)));
      give_back(answer.slot);
      break;
    case Decision::Kind::stop_credential:
      --job.attempts;
      pool.refuse(answer.reason, channel_ == Channel::mail ? job.letter->reply : std::string());
      again_[credential].push_back(answer.slot);
      stop_credential(credential);
      break;
  }
}

void Shard::count(TaskEntry& entry, const wire::Answer& answer) {
  if (answer.fate != wire::Fate::answered) {
    return;
  }
  if (channel_ == Channel::mail) {
    count_mail(entry, answer);
    return;
  }
  const bool suspect = answer.status != 200 && suspects_configuration(answer.reason);
  if (suspect) {
    entry.suspected.store(answer.reason, std::memory_order_relaxed);
  }
  // Shared counters cost a cache line a job: once the task is proved and past the first answers
  // they are of no use and left alone.
  constexpr std::uint64_t counted_max = 1024;
  if (entry.answered.load(std::memory_order_relaxed) < counted_max) {
    const bool first = !suspect && entry.proved.fetch_add(1, std::memory_order_relaxed) == 0;
    if (answer.reason == Reason::bad_device_token) {
      entry.bad_tokens.fetch_add(1, std::memory_order_relaxed);
    }
    entry.answered.fetch_add(1, std::memory_order_relaxed);
    if (first || suspect) {
      crossings_.expander_bell.ring();  // the gate may open, or must close
    }
  }
}

void Shard::settle(const Job& job, Slot slot, const wire::Answer& answer,
                   const Decision& decision) {
#ifdef MUSTER_BUG_drop_settle  // planted: tests/sim/canaries.sh demands that it is caught
  if (job.invitation % 64 == 7) {
    return;
  }
#endif
  auto settlement = settlement_of(slot, job);
  settlement.outcome = decision.outcome;
  settlement.status = answer.status;
  settlement.next_at_ms = decision.next_at_ms;
  settlement.timestamp_ms = answer.timestamp_ms;
  if (channel_ == Channel::mail) {
    settlement.reply = job.letter->reply;
  }
  settlements_.push_back(settlement);
}

void Shard::stop_task(TaskIndex task, const std::string& reason) {
  crossings_.request_stop(task, Stop::pause, reason);
}

// Every task that has work for this credential pauses; its jobs come home by their epoch. Letters
// wait: their tasks may have pushes to send.
void Shard::stop_credential(std::uint32_t credential) {
  const auto& reason = pools_[credential]->refusal().words;
  if (channel_ == Channel::mail) {
    crossings_.refuse_mail(mail_try_, reason);
    return;
  }
  auto& again = again_[credential];
  take_queue(credential);
  for (const auto slot : again) {
    stop_task(crossings_.slab[slot].task, reason);
    give_back(slot);
  }
  again.clear();
}

void Shard::flush() {
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
  Bound bound = Bound::none;
  for (const auto& pool : pools_) {
    bound = std::max(bound, pool->bound());
    for (const auto& connection : pool->connections()) {
      ++connections;
      streams += connection.session->vitals().stream_limit;
    }
  }
  gauges_.in_flight.store(in_flight_, std::memory_order_relaxed);
  gauges_.connections.store(connections, std::memory_order_relaxed);
  gauges_.streams.store(streams, std::memory_order_relaxed);
  gauges_.bound.store(bound, std::memory_order_relaxed);
}

Instant Shard::next(Instant most) const {
  Instant until = most;
  for (std::uint32_t credential = 0; credential < pools_.size(); ++credential) {
    const bool waiting = !again_[credential].empty() || queues_[credential]->size_approx() != 0;
    if (waiting && pools_[credential]->room() == 0) {
      until = std::min(until, std::max(pools_[credential]->next(),
                                       clock_.now() + std::chrono::milliseconds(20)));
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
