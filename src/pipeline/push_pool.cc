#include "pipeline/push_pool.h"

#include <string>

namespace muster::pipeline {
namespace {
constexpr Duration open_interval = std::chrono::milliseconds(100);  // while growing with the work
}  // namespace

PushPool::PushPool(const PoolSettings& settings, wire::Network& network, std::uint32_t ordinal_base,
                   std::uint64_t seed)
    : Pool(network, ordinal_base, seed), settings_(settings), planning_(settings.connections_max) {}

void PushPool::open_wanted(Instant now, const Load& load) {
  const auto standing = stand();
  const bool was_full = planning_.full();  // after the last drawing
  planning_.look(now, load, standing, room());
  if (!may_open(now, load)) {
    return;
  }
  if (standing.open == 0) {
    if (standing.opening == 0) {
      open_one(now);
    }
    return;
  }
  // Those on their way first: a plan counts on what stands.
  const bool wait = standing.opening != 0 || !(was_full || planning_.full()) ||
                    (opened_ && now - opened_at_ < open_interval);
  for (auto count = standing.open; !wait && count < planning_.plan().connections; ++count) {
    open_one(now);
  }
}

void PushPool::open_one(Instant now) {
  open(settings_.endpoint, settings_.open_session({}));
  opened_ = true;
  opened_at_ = now;
}

void PushPool::note_drawn(std::uint64_t waiting) {
  planning_.note_drawn(waiting, stand(), room());
}

void PushPool::note_answers(std::uint64_t count, Duration quickest) {
  planning_.note_answers(count, quickest);
}

void PushPool::refuse(Reason reason, std::string_view /*said*/) {
  refusal_ = Refusal{std::string(name_of(reason)) + ": " + std::string(words(reason)), true};
}

void PushPool::renew_credential() {
  if (settings_.renew_credential) {
    settings_.renew_credential();
  }
}

void PushPool::ended(const Connection& connection, const wire::Vitals& vitals, Instant now) {
  if (connection.answered != 0) {
    failures_ = 0;  // it worked: its successor may come at once
    return;
  }
  back_off(now);
  if (refusal_.words.empty() && hopeless(vitals.error.code)) {
    const auto& endpoint = settings_.endpoint;
    refusal_ = Refusal{endpoint.host + ":" + std::to_string(endpoint.port) + ": " +
                           (vitals.said.empty() ? words(vitals.error) : std::string(vitals.said)),
                       false};
  }
}

}  // namespace muster::pipeline
