// What becomes of answers: from a session's word to a settlement, or to another try.
#include <algorithm>

#include "pipeline/settlement_of.h"
#include "pipeline/shard.h"

namespace muster::pipeline {
namespace {

// So far ahead a job is asked for from memory while another one is worked on.
constexpr std::size_t jobs_ahead = 8;
constexpr std::uint16_t service_closing = 421;  // SMTP: the connection ends, whatever it carried

// A connection whose first answer is its end came to nothing, or the next one would be opened at
// once and cost the next letter an attempt.
bool says_it_works(const wire::Answer& answer) {
  return answer.fate == wire::Fate::answered && answer.status != service_closing &&
         answer.reason != Reason::answer_overdue;
}

// What is in doubt may have arrived, and what was refused for good is refused the next time too:
// only what was put off is worth another try soon.
NudgeHome home_of(Slot slot, const wire::Answer& answer, const Outcome& outcome) {
  const bool dead =
      outcome.reason == Reason::unregistered || outcome.reason == Reason::expired_token;
  const auto how = dead                               ? NudgeHome::How::dead_token
                   : outcome.state == State::deferred ? NudgeHome::How::undone
                                                      : NudgeHome::How::went;
  return {slot, how, answer.timestamp_ms};
}

}  // namespace

void Shard::collect(Instant now) {
  for (const auto& lane : lanes_) {
    for (auto& connection : lane->pool->connections()) {
      collect_from(*lane, connection, now);
    }
    lane->pool->bury(now);
  }
}

void Shard::collect_from(Lane& lane, Pool::Connection& connection, Instant now) {
  answers_.clear();
  connection.session->take_answers(answers_);
  if (answers_.empty()) {
    return;
  }
  // Answers come about in the order of the requests: the last one waited least.
  const auto& last = answers_.back();
  if (last.fate == wire::Fate::answered) {
    lane.pool->note_answers(answers_.size(), now - crossings_.slab[last.slot].written_at);
  }
  const auto wall = clock_.wall();
  in_flight_ -= answers_.size();
  for (std::size_t i = 0; i < answers_.size(); ++i) {
    crossings_.slab.prefetch(answers_[std::min(i + jobs_ahead, answers_.size() - 1)].slot);
    judge(lane, connection, answers_[i], now, wall);
  }
}

void Shard::judge(Lane& lane, Pool::Connection& connection, const wire::Answer& given, Instant now,
                  WallTime wall) {
  auto& job = crossings_.slab[given.slot];
  auto& entry = *crossings_.tasks[job.task];
  ++serials_[given.slot];
  if (given.fate == wire::Fate::answered && given.status != 0) {
    gauges_.latency.count(now - job.written_at);
  }
  connection.answered += says_it_works(given) ? 1U : 0U;
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
      lane.pool->retire(connection, now);
      lane.again.push_back(answer.slot);
      break;
    case Decision::Kind::again:
      lane.again.push_back(answer.slot);
      break;
    case Decision::Kind::renew_credential:
      lane.pool->renew_credential();
      lane.pool->retire(connection, now);
      lane.again.push_back(answer.slot);
      break;
    case Decision::Kind::stop_task:
      --job.attempts;
      stop_task(job.task,
                std::string(name_of(answer.reason)) + ": " + std::string(words(answer.reason)));
      give_back(answer.slot);
      break;
    case Decision::Kind::stop_credential:
      --job.attempts;
      lane.pool->refuse(answer.reason,
                        channel_ == Channel::mail ? job.letter->reply : std::string());
      lane.again.push_back(answer.slot);
      stop_lane(lane);
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
  if (Crossings::nudges_of(job.task)) {
    bring_home(home_of(slot, answer, decision.outcome));
    return;
  }
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

}  // namespace muster::pipeline
