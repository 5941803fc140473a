// What an answer means for an invitation: the retry policy, as a pure function.
//
// The table of Apple's reasons stands in model/outcome.cc; here it meets attempts, back-off, expiry
// and the treatment of doubt.
#pragma once

#include <cstdint>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "model/job.h"
#include "model/outcome.h"
#include "wire/session.h"

namespace muster::pipeline {

struct Policy {
  std::vector<Duration> retry_after{std::chrono::seconds(30), std::chrono::minutes(2),
                                    std::chrono::minutes(8), std::chrono::minutes(15)};
  std::uint32_t attempts = limits::attempts_max;
  bool hold_in_doubt = false;  // true: a person decides; false: sent again under the same id
  Duration doubt_after = std::chrono::seconds(1);
  // The peers are many, and none of them is ours: what one of them has against us is about this job
  // and waits like any refusal; nothing else stops for it.
  bool strangers = false;
};

struct Decision {
  enum class Kind : std::uint8_t {
    settle,            // `outcome` (and next_at_ms) go to the ledger
    again,             // at once, on any connection; the attempt did not count
    again_elsewhere,   // at once, on another connection: this one takes no more
    renew_credential,  // new provider token, new connection, again
    stop_task,         // the job goes back unsent, the task stops
    stop_credential,   // the job goes back unsent, every task of the credential stops
  };
  Kind kind = Kind::settle;
  Outcome outcome;
  std::int64_t next_at_ms = 0;
};

// `expiration_s`: the task's; nothing is deferred beyond it.
[[nodiscard]] Decision decide(const wire::Answer& answer, const Job& job, std::int64_t expiration_s,
                              const Policy& policy, WallTime now, Random& random);

// When attempt number `attempts` (1-based) was refused for the time being: how long to wait, ± 20
// %.
[[nodiscard]] Duration back_off(const Policy& policy, std::uint32_t attempts, Random& random);

}  // namespace muster::pipeline
