// When a task of pushes stops itself.
#include <algorithm>
#include <string>

#include "pipeline/expander.h"

namespace muster::pipeline {
namespace {
constexpr std::uint64_t judged_answers = 500;  // the first answers decide about the environment
constexpr double bad_token_share_max = 0.2;
}  // namespace

// The canary and the governor: is it the devices that are wrong, or what we were told to send with?
void Expander::judge(Work& work) {
  auto& entry = *crossings_.tasks[work.index];
  if (entry.canary == 0 || entry.total <= entry.canary) {
    return;
  }
  const auto answered = entry.answered.load(std::memory_order_relaxed);
  const auto suspected = entry.suspected.load(std::memory_order_relaxed);
  if (entry.proved.load(std::memory_order_relaxed) == 0 && answered >= entry.canary) {
    crossings_.request_stop(work.index, Stop::hold,
                            "the first " + std::to_string(answered) +
                                " pushes were all refused: " + std::string(name_of(suspected)) +
                                " (" + std::string(words(suspected)) + ")");
  }
  const auto bad_tokens = entry.bad_tokens.load(std::memory_order_relaxed);
  const auto judged = static_cast<double>(std::max(answered, judged_answers));
  if (static_cast<double>(bad_tokens) > bad_token_share_max * judged) {
    crossings_.request_stop(work.index, Stop::hold,
                            std::to_string(bad_tokens) + " of the first " +
                                std::to_string(answered) +
                                " pushes were refused with BadDeviceToken: are these tokens of the "
                                "other environment?");
  }
}

}  // namespace muster::pipeline
