#include "loadgen/wake_gate.h"

#include <utility>

#include "loadgen/json_shape.h"

namespace muster::loadgen {
namespace {

// The PushMagic of {"mdm":"…"}; empty for anything else.
std::string_view magic_in(const std::string& payload) {
  const auto members = json_members(payload);
  if (!members || members->size() != 1 || members->front().key != "mdm") {
    return {};
  }
  return json_plain_string(members->front().value).value_or("");
}

}  // namespace

void WakeGate::learn(const Deeds::TokenNews& news) {
  const std::lock_guard lock(mutex_);
  auto& entry = tokens_[news.token];
  if (news.good) {
    entry = {news.device, news.magic, news.user_channel, true, {}};
    return;
  }
  entry.device = news.device;
  entry.user_channel = news.user_channel;
  if (entry.good || entry.dead_since == WallTime{}) {
    entry.dead_since = clock_.wall();
  }
  entry.good = false;
}

void WakeGate::take(std::vector<Wake>& wakes) {
  const std::lock_guard lock(mutex_);
  wakes.insert(wakes.end(), wakes_.begin(), wakes_.end());
  wakes_.clear();
}

bool WakeGate::waiting() const {
  const std::lock_guard lock(mutex_);
  return !wakes_.empty();
}

ApnsAnswer WakeGate::answer_for(const Token& token) {
  const std::lock_guard lock(mutex_);
  const auto found = tokens_.find(token);
  if (found == tokens_.end()) {
    return {400, Reason::bad_device_token, 0, {}};
  }
  if (!found->second.good) {
    return {410, Reason::unregistered, found->second.dead_since.milliseconds, {}};
  }
  return {};
}

void WakeGate::acted_on(const Token& token, const std::string& payload, const ApnsAnswer& answer) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = tokens_.find(token);
    if (found == tokens_.end() || (answer.status != 200 && answer.status != 410)) {
      return;
    }
    const auto& entry = found->second;
    wakes_.push_back({.device = entry.device,
                      .user_channel = entry.user_channel,
                      .missed = answer.status == 410,
                      .magic_right = magic_in(payload) == entry.magic});
  }
  bell_.ring();
}

}  // namespace muster::loadgen
