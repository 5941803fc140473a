// How often in a row a job came back provably not acted upon.
//
// Such a job is sent again at once and the attempt does not count (wire::Fate::unprocessed), for a
// GOAWAY or a closed connection is not its fault. But a peer that hangs up at one and the same job,
// whenever it comes, would be asked for ever: after so many times the job waits, and counts the
// attempt, like any other that was refused for the time being. Belongs to a shard.
#pragma once

#include <cstdint>
#include <vector>

#include "model/job.h"
#include "model/limits.h"
#include "wire/session.h"

namespace muster::pipeline {

class Returns {
 public:
  static constexpr std::uint8_t most = 16;

  // The answer as it is to be judged; takes back the attempt of what is sent again at once. What a
  // slot's earlier job left behind only brings the waiting forward.
  [[nodiscard]] wire::Answer heard(const wire::Answer& answer, Job& job) {
    auto& count = counts_[answer.slot];
    if (answer.fate != wire::Fate::unprocessed) {
      count = 0;
      return answer;
    }
    ++count;
    if (count < most) {
      --job.attempts;
      return answer;
    }
    count = 0;
    auto refused = answer;
    refused.fate = wire::Fate::answered;
    refused.reason = Reason::connection_lost;
    refused.status = 0;
    return refused;
  }

 private:
  std::vector<std::uint8_t> counts_ = std::vector<std::uint8_t>(limits::slots_max);
};

}  // namespace muster::pipeline
