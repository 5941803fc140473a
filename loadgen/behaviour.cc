#include "loadgen/behaviour.h"

#include <algorithm>

namespace muster::loadgen {
namespace {

using Kind = BehaviourRule::Kind;

// splitmix64's finaliser: every bit of the input moves every bit of the output.
std::uint64_t mix(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15U;
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31U);
}

// In [0, 1): the same for the same seed, subject and purpose.
double draw(const Behaviour& behaviour, std::uint32_t subject, std::uint64_t purpose) {
  const auto hash = mix(mix(mix(behaviour.seed) ^ subject) ^ purpose);
  return static_cast<double>(hash >> 11U) * 0x1.0p-53;
}

constexpr std::uint64_t purpose_of_length = 1000;  // beyond every question

// The rule that a subject meets for a question; nullptr: none.
const BehaviourRule* met(const Behaviour& behaviour, std::uint32_t subject, Question question) {
  const auto drawn = draw(behaviour, subject, static_cast<std::uint64_t>(question));
  double below = 0;
  for (const auto& rule : behaviour.rules) {
    if (question_of(rule.kind) != question) {
      continue;
    }
    below += rule.share;
    if (drawn < below) {
      return &rule;
    }
  }
  return nullptr;
}

Duration length(const Behaviour& behaviour, std::uint32_t subject, const BehaviourRule& rule) {
  const auto purpose = purpose_of_length + static_cast<std::uint64_t>(rule.kind);
  const auto span = static_cast<double>((rule.most - rule.least).count());
  return rule.least + Duration{static_cast<std::int64_t>(span * draw(behaviour, subject, purpose))};
}

void set_end(const BehaviourRule& rule, DevicePlan& plan) {
  if (rule.kind == Kind::silent) {
    plan.end = DevicePlan::End::silent;
  } else if (rule.kind == Kind::error) {
    plan.end = DevicePlan::End::refuses;
    plan.trouble = rule.trouble;
  } else {
    plan.end = DevicePlan::End::leaves;
    plan.leaves_when_handed = rule.when == BehaviourRule::When::handed;
  }
}

}  // namespace

Question question_of(Kind kind) {
  switch (kind) {
    case Kind::silent:
    case Kind::error:
    case Kind::check_out:
      return Question::end;
    case Kind::not_now:
      return Question::not_now;
    case Kind::rotate:
      return Question::rotate;
    case Kind::late:
      return Question::late;
    case Kind::twice:
      return Question::twice;
    case Kind::lost:
      return Question::lost;
    case Kind::binary:
      return Question::binary;
    case Kind::fresh_token:
      return Question::fresh_token;
    case Kind::no_user_channel:
      return Question::no_user_channel;
    case Kind::accept:
    case Kind::cancel:
      break;
  }
  return Question::user;
}

void Behaviour::accept(double share, Duration after) {
  std::erase_if(rules, [](const BehaviourRule& rule) { return rule.kind == Kind::accept; });
  BehaviourRule rule;
  rule.kind = Kind::accept;
  rule.share = share;
  rule.least = rule.most = after;
  rules.insert(rules.begin(), rule);
}

double Behaviour::share_of(Question question) const {
  double sum = 0;
  for (const auto& rule : rules) {
    sum += question_of(rule.kind) == question ? rule.share : 0;
  }
  return sum;
}

DevicePlan plan_of(const Behaviour& behaviour, std::uint32_t device) {
  DevicePlan plan;
  if (const auto* rule = met(behaviour, device, Question::end)) {
    set_end(*rule, plan);
  }
  if (const auto* rule = met(behaviour, device, Question::not_now)) {
    plan.not_now = rule->times;
    plan.not_now_by_itself = rule->by_itself;
    plan.not_now_pause = rule->pause;
  }
  if (const auto* rule = met(behaviour, device, Question::rotate)) {
    plan.rotation = rule->when == BehaviourRule::When::pushed ? DevicePlan::Rotation::when_pushed
                                                              : DevicePlan::Rotation::when_woken;
    plan.rotation_pause = rule->pause;
  }
  if (const auto* rule = met(behaviour, device, Question::late)) {
    plan.delay = length(behaviour, device, *rule);
  }
  plan.reports_twice = met(behaviour, device, Question::twice) != nullptr;
  plan.loses_report = met(behaviour, device, Question::lost) != nullptr;
  plan.binary = met(behaviour, device, Question::binary) != nullptr;
  plan.fresh_token = met(behaviour, device, Question::fresh_token) != nullptr;
  plan.no_user_channel = met(behaviour, device, Question::no_user_channel) != nullptr;
  return plan;
}

UserPlan plan_of_user(const Behaviour& behaviour, std::uint32_t user) {
  UserPlan plan;
  if (const auto* rule = met(behaviour, user, Question::user)) {
    plan.accepts = rule->kind == Kind::accept;
    plan.cancels = rule->kind == Kind::cancel;
    plan.delay = plan.accepts ? length(behaviour, user, *rule) : Duration{0};
  }
  return plan;
}

}  // namespace muster::loadgen
