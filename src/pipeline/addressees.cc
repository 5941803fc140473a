#include "pipeline/addressees.h"

#include <utility>

namespace muster::pipeline {
namespace {
constexpr Duration refresh_interval = std::chrono::milliseconds(100);
}  // namespace

Result<void> Addressees::refresh(Instant now) {
  if (known_ && now - asked_at_ < refresh_interval) {
    return {};
  }
  asked_at_ = now;
  const auto state = roster_.state();
  if (!state) {
    return tl::unexpected<Error>(state.error());
  }
  if (known_ && *state == state_) {
    return {};
  }
  auto enrolled = roster_.users_enrolled();
  if (!enrolled) {
    return tl::unexpected<Error>(enrolled.error());
  }
  enrolled_ = std::move(*enrolled);
  state_ = *state;
  known_ = true;
  return {};
}

}  // namespace muster::pipeline
