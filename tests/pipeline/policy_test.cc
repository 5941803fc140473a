#include "pipeline/policy.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <string>
#include <vector>

namespace muster::pipeline {
namespace {

using Kind = Decision::Kind;

constexpr std::int64_t now_s = 1'700'000'000;
constexpr std::int64_t a_day = 86'400;

constexpr std::array all_reasons{Reason::bad_collapse_id,
                                 Reason::bad_device_token,
                                 Reason::bad_expiration_date,
                                 Reason::bad_message_id,
                                 Reason::bad_priority,
                                 Reason::bad_topic,
                                 Reason::device_token_not_for_topic,
                                 Reason::duplicate_headers,
                                 Reason::idle_timeout,
                                 Reason::invalid_push_type,
                                 Reason::missing_device_token,
                                 Reason::missing_topic,
                                 Reason::payload_empty,
                                 Reason::topic_disallowed,
                                 Reason::bad_certificate,
                                 Reason::bad_certificate_environment,
                                 Reason::expired_provider_token,
                                 Reason::forbidden,
                                 Reason::invalid_provider_token,
                                 Reason::missing_provider_token,
                                 Reason::unrelated_key_id_in_token,
                                 Reason::bad_environment_key_id_in_token,
                                 Reason::bad_path,
                                 Reason::method_not_allowed,
                                 Reason::expired_token,
                                 Reason::unregistered,
                                 Reason::payload_too_large,
                                 Reason::too_many_provider_token_updates,
                                 Reason::too_many_requests,
                                 Reason::internal_server_error,
                                 Reason::service_unavailable,
                                 Reason::shutdown,
                                 Reason::unknown_answer};

struct Asked {
  wire::Fate fate = wire::Fate::answered;
  std::uint16_t status = 0;
  Reason reason = Reason::none;
  std::uint8_t attempts = 1;
  std::int64_t expiration_s = now_s + a_day;
  bool hold = false;
};

Decision decided(const Asked& asked) {
  wire::Answer answer;
  answer.fate = asked.fate;
  answer.status = asked.status;
  answer.reason = asked.reason;
  Job job;
  job.attempts = asked.attempts;
  Policy policy;
  policy.hold_in_doubt = asked.hold;
  Random random(1);
  return decide(answer, job, asked.expiration_s, policy, WallTime{now_s * 1000}, random);
}

// What the table in model/outcome.cc means for an attempt, said once more and independently.
Kind kind_expected(Action action, std::uint8_t attempts) {
  switch (action) {
    case Action::stop_task:
      return Kind::stop_task;
    case Action::stop_credential:
      return Kind::stop_credential;
    case Action::renew_credential:
      return attempts >= limits::attempts_max ? Kind::stop_credential : Kind::renew_credential;
    case Action::retry_elsewhere:
      return attempts >= limits::attempts_max ? Kind::settle : Kind::again_elsewhere;
    default:
      return Kind::settle;
  }
}

State state_expected(const Asked& asked, Action action) {
  switch (action) {
    case Action::unreachable:
      return State::unreachable;
    case Action::retry:
      if (asked.attempts >= limits::attempts_max) {
        return State::failed;
      }
      return asked.expiration_s <= now_s ? State::expired : State::deferred;
    default:
      return State::failed;
  }
}

TEST(Policy, DecidesOnEveryReasonAtEveryAttemptAndExpiry) {
  for (const auto reason : all_reasons) {
    for (std::uint8_t attempts = 1; attempts <= limits::attempts_max; ++attempts) {
      for (const auto expiration_s : {now_s - 1, now_s + a_day}) {
        const Asked asked{wire::Fate::answered, 400, reason, attempts, expiration_s, false};
        SCOPED_TRACE(std::string(name_of(reason)) + " at attempt " + std::to_string(attempts) +
                     " expiring at " + std::to_string(expiration_s));
        const auto action = action_for(400, reason);
        const auto decision = decided(asked);
        ASSERT_EQ(decision.kind, kind_expected(action, attempts));
        if (decision.kind != Kind::settle) {
          continue;
        }
        EXPECT_EQ(decision.outcome.state, state_expected(asked, action));
        EXPECT_EQ(decision.outcome.reason, reason);
        EXPECT_EQ(decision.outcome.attempts, attempts);
        EXPECT_EQ(decision.next_at_ms != 0, decision.outcome.state == State::deferred);
      }
    }
  }
}

TEST(Policy, StopsNothingForWhatAStrangerHasAgainstUs) {
  Policy policy;
  policy.strangers = true;
  Random random(1);
  for (int number = 1; number < 256; ++number) {
    const auto reason = static_cast<Reason>(number);
    if (action_for(530, reason) != Action::stop_credential) {
      continue;
    }
    Job job;
    job.attempts = 1;
    const auto decision = decide({0, wire::Fate::answered, reason, 530, 0}, job, now_s + a_day,
                                 policy, WallTime{now_s * 1000}, random);
    EXPECT_EQ(decision.kind, Kind::settle);
    EXPECT_EQ(decision.outcome, (Outcome{State::deferred, reason, 1}));
  }
}

TEST(Policy, SendsWhatWasAccepted) {
  const auto decision = decided({wire::Fate::answered, 200, Reason::none, 3});

  EXPECT_EQ(decision.kind, Kind::settle);
  EXPECT_EQ(decision.outcome, (Outcome{State::sent, Reason::none, 3}));
}

TEST(Policy, SendsAtOnceWhatWasNotProcessedWhateverTheAttemptExpiryOrHold) {
  for (const bool hold : {false, true}) {
    for (std::uint8_t attempts = 0; attempts <= limits::attempts_max; ++attempts) {
      const auto decision =
          decided({wire::Fate::unprocessed, 0, Reason::none, attempts, now_s - 1, hold});
      EXPECT_EQ(decision.kind, Kind::again);
    }
  }
}

TEST(Policy, SendsAgainAfterASecondWhatIsInDoubt) {
  const auto decision = decided({wire::Fate::in_doubt, 0, Reason::connection_lost});

  EXPECT_EQ(decision.outcome, (Outcome{State::in_doubt, Reason::connection_lost, 1}));
  EXPECT_GE(decision.next_at_ms, now_s * 1000 + 800);
  EXPECT_LE(decision.next_at_ms, now_s * 1000 + 1200);
}

TEST(Policy, GivesUpDoubtWhenAttemptsOrTimeRunOut) {
  const auto spent = decided({wire::Fate::in_doubt, 0, Reason::stream_reset, limits::attempts_max});
  const auto late = decided({wire::Fate::in_doubt, 0, Reason::stream_reset, 1, now_s});

  EXPECT_EQ(spent.outcome.state, State::failed);
  EXPECT_EQ(late.outcome.state, State::expired);
  EXPECT_EQ(late.next_at_ms, 0);
}

TEST(Policy, HoldsDoubtForAPersonWhateverTheAttemptAndExpiry) {
  for (std::uint8_t attempts = 1; attempts <= limits::attempts_max; ++attempts) {
    const auto decision =
        decided({wire::Fate::in_doubt, 0, Reason::answer_overdue, attempts, now_s - 1, true});
    EXPECT_EQ(decision.outcome.state, State::in_doubt);
    EXPECT_EQ(decision.next_at_ms, std::numeric_limits<std::int64_t>::max());
  }
}

TEST(Policy, DefersNothingBeyondItsExpiry) {
  // The first back-off is 30 s ± 20 %.
  const auto before =
      decided({wire::Fate::answered, 503, Reason::service_unavailable, 1, now_s + 40});
  const auto beyond =
      decided({wire::Fate::answered, 503, Reason::service_unavailable, 1, now_s + 20});

  EXPECT_EQ(before.outcome.state, State::deferred);
  EXPECT_EQ(beyond.outcome.state, State::expired);
}

TEST(Policy, BacksOffLongerWithEachAttemptAndNeverBeyondTheLastStep) {
  const Policy policy;
  Random random(7);
  const std::vector<std::int64_t> seconds{30, 120, 480, 900, 900, 900};

  for (std::uint32_t attempts = 1; attempts <= seconds.size(); ++attempts) {
    for (int i = 0; i < 50; ++i) {
      const auto wait = back_off(policy, attempts, random);
      EXPECT_GE(wait, std::chrono::milliseconds(800 * seconds[attempts - 1]));
      EXPECT_LE(wait, std::chrono::milliseconds(1200 * seconds[attempts - 1]));
    }
  }
}

}  // namespace
}  // namespace muster::pipeline
