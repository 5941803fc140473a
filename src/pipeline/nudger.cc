#include "pipeline/nudger.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace muster::pipeline {
namespace {

constexpr std::uint16_t no_credential = 0xffff;

}  // namespace

void Nudger::take_batches() {
  PlacedNudges placed;
  while (crossings_.nudges.try_dequeue(placed)) {
    Work work;
    work.index = placed.index;
    work.nudges = std::move(placed.nudges);
    work.done.id = crossings_.tasks[placed.index]->id;
    works_.push_back(std::move(work));
  }
}

void Nudger::take_home(std::vector<Slot>& free) {
  NudgeHome home;
  while (crossings_.nudges_home.try_dequeue(home)) {
    const auto& job = crossings_.slab[home.slot];
    const auto work = std::ranges::find(works_, job.task, &Work::index);
    MUSTER_ASSERT(work != works_.end());
    MUSTER_ASSERT(work->out != 0);
    const auto& nudge = work->nudges[job.page];  // that is where start() keeps its place
    switch (home.how) {
      case NudgeHome::How::went:
        ++work->done.went;
        break;
      case NudgeHome::How::undone:
        work->done.undone.push_back(nudge);
        break;
      case NudgeHome::How::dead_token:
        crossings_.dead_tokens.enqueue({nudge.device, home.timestamp_ms});
        break;
    }
    --work->out;
    --out_;
    free.push_back(home.slot);
  }
  finish();
}

bool Nudger::issue(const Turn& turn) {
  take_batches();
  next_ = Instant::never();
  bool any = false;
  for (auto& work : works_) {
    if (crossings_.tasks[work.index]->epoch.load(std::memory_order_seq_cst) != 0) {
      work.done.undone.insert(work.done.undone.end(),
                              work.nudges.begin() + static_cast<std::ptrdiff_t>(work.cursor),
                              work.nudges.end());
      work.cursor = work.nudges.size();
    }
    while (work.cursor < work.nudges.size() && out_ < limits::nudges_out_max &&
           !turn.free->empty()) {
      if (turn.wakes->allowed(turn.now, 1) == 0) {
        next_ = std::min(next_, turn.wakes->next(turn.now));
        break;
      }
      if (start(work, turn)) {
        turn.wakes->take(1);
        any = true;
      }
      ++work.cursor;
    }
  }
  finish();
  return any && next_ == Instant::never();
}

bool Nudger::start(Work& work, const Turn& turn) {
  const auto& entry = *crossings_.tasks[work.index];
  const auto& nudge = work.nudges[work.cursor];
  const auto target = blocks_.at(nudge.device);
  if (!target) {
    work.done.undone.push_back(nudge);  // the roster cannot be read just now
    return false;
  }
  const auto credential = target->topic < entry.credential_of_topic.size()
                              ? entry.credential_of_topic[target->topic]
                              : no_credential;
  const bool cleared =
      !entry.asks_clearance || (clearances_ != nullptr && target->known &&
                                clearances_->of(target->user).word == Clearance::Word::go);
  if (!target->known || target->token.empty() || credential == no_credential || !cleared ||
      turn.wall.seconds() >= entry.content.expiration_s) {
    return false;
  }
  const Slot slot = turn.free->back();
  turn.free->pop_back();
  auto& job = crossings_.slab[slot];
  job = Job{};
  job.invitation = nudge.invitation;
  job.generation = nudge.generation;
  job.page = static_cast<std::uint32_t>(work.cursor);
  job.task = work.index;
  job.from_exception = true;  // no page waits for its answer
  job.credential = credential;
  job.registered_at_s = target->registered_at_s;
  job.set_target(target->token, target->magic);
  (*turn.batches)[credential].push_back(slot);
  ++work.out;
  ++out_;
  return true;
}

void Nudger::finish() {
  std::erase_if(works_, [this](Work& work) {
    if (work.out != 0 || work.cursor != work.nudges.size()) {
      return false;
    }
    crossings_.nudges_done.enqueue({work.index, std::move(work.done)});
    return true;
  });
}

}  // namespace muster::pipeline
