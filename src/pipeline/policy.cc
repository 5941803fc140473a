#include "pipeline/policy.h"

#include <algorithm>
#include <limits>

namespace muster::pipeline {
namespace {

constexpr double jitter_share = 0.2;

Decision settled(State state, Reason reason, const Job& job) {
  return Decision{Decision::Kind::settle, Outcome{state, reason, job.attempts}, 0};
}

// Waits for another attempt, unless attempts or time have run out.
Decision deferred(State state, Reason reason, const Job& job, std::int64_t expiration_s,
                  std::uint32_t attempts_max, WallTime at) {
  if (job.attempts >= attempts_max) {
    return settled(State::failed, reason, job);
  }
  if (at.seconds() >= expiration_s) {
    return settled(State::expired, reason, job);
  }
  auto decision = settled(state, reason, job);
  decision.next_at_ms = at.milliseconds;
  return decision;
}

WallTime later(WallTime now, Duration by) {
  return WallTime{now.milliseconds +
                  std::chrono::duration_cast<std::chrono::milliseconds>(by).count()};
}

}  // namespace

Duration back_off(const Policy& policy, std::uint32_t attempts, Random& random) {
  const auto index = std::min<std::size_t>(std::max(attempts, 1U), policy.retry_after.size()) - 1;
  return random.jitter(policy.retry_after[index], jitter_share);
}

Decision decide(const wire::Answer& answer, const Job& job, std::int64_t expiration_s,
                const Policy& policy, WallTime now, Random& random) {
  if (answer.fate == wire::Fate::unprocessed) {
#ifdef MUSTER_BUG_forget_goaway  // planted: tests/sim/canaries.sh demands that it is caught
    return settled(State::sent, Reason::none, job);
#endif
    return Decision{Decision::Kind::again, {}, 0};
  }
  if (answer.fate == wire::Fate::in_doubt) {
    if (policy.hold_in_doubt) {
      auto held = settled(State::in_doubt, answer.reason, job);
      held.next_at_ms = std::numeric_limits<std::int64_t>::max();
      return held;
    }
    return deferred(State::in_doubt, answer.reason, job, expiration_s, policy.attempts,
                    later(now, random.jitter(policy.doubt_after, jitter_share)));
  }
  auto action = action_for(answer.status, answer.reason);
  if (policy.strangers && action == Action::stop_credential) {
    action = Action::retry;
  }
  switch (action) {
    case Action::accept:
#ifdef MUSTER_BUG_double_send  // planted: tests/sim/canaries.sh demands that it is caught
      if (job.attempts == 1 && job.invitation % 64 == 7) {
        return Decision{Decision::Kind::again, {}, 0};
      }
#endif
      return settled(State::sent, Reason::none, job);
    case Action::fail:
      return settled(State::failed, answer.reason, job);
    case Action::unreachable:
      return settled(State::unreachable, answer.reason, job);
    case Action::retry:
      return deferred(State::deferred, answer.reason, job, expiration_s, policy.attempts,
                      later(now, back_off(policy, job.attempts, random)));
    case Action::retry_elsewhere:
      if (job.attempts >= policy.attempts) {
        return settled(State::failed, answer.reason, job);
      }
      return Decision{Decision::Kind::again_elsewhere, {}, 0};
    case Action::stop_task:
      return Decision{Decision::Kind::stop_task, {}, 0};
    case Action::stop_credential:
      return Decision{Decision::Kind::stop_credential, {}, 0};
    case Action::renew_credential:
      // The session has signed anew where it may; whoever is refused to the last attempt has a
      // clock or a key that is wrong.
      return Decision{job.attempts >= policy.attempts ? Decision::Kind::stop_credential
                                                      : Decision::Kind::renew_credential,
                      {},
                      0};
  }
  return settled(State::failed, Reason::unknown_answer, job);
}

}  // namespace muster::pipeline
