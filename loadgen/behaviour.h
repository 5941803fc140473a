// What simulated devices and their users do, as data; and what each of them will do, known
// beforehand.
//
// A behaviour is a list of rules from a TOML file (behaviour_file.h), each with a share. Rules that
// answer the same question (how does it end? does it say NotNow? …) share one draw: their shares
// add up, and nobody is in two of them. Questions are drawn apart, so a device may be late *and*
// say NotNow. Everything follows from the seed and the device's (user's) number in the roster's
// file, from 0: whoever knows file and seed can compute every plan again.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/time.h"

namespace muster::loadgen {

struct BehaviourRule {
  enum class Kind : std::uint8_t {
    // how it ends; otherwise the command is shown
    silent,     // is woken, and never asks
    error,      // answers the command with trouble
    check_out,  // leaves the management in the middle of it
    // on the way
    not_now,          // puts each command off, so many times
    rotate,           // gets another token and PushMagic once
    late,             // lets time pass between wake and poll
    twice,            // reports the same twice
    lost,             // the connection ends before the answer to its report; it reports again
    binary,           // writes binary property lists
    fresh_token,      // has other tokens than the roster says
    no_user_channel,  // a Mac that nobody has logged in to
    // of users
    accept,  // taps, after a while
    cancel,  // closes the dialog
  };
  enum class Trouble : std::uint8_t { error, format, invalid_program, invalid_url };
  enum class When : std::uint8_t { woken, handed, pushed };

  Kind kind = Kind::late;
  double share = 0;
  std::uint32_t times = 1;           // not_now
  bool by_itself = true;             // not_now: asks again by itself, not only when pushed
  Duration pause{0};                 // not_now, rotate
  Duration least{0};                 // late, accept: uniform between both
  Duration most{0};                  // likewise
  Trouble trouble = Trouble::error;  // error
  When when = When::woken;           // check_out: woken, handed; rotate: woken, pushed
  bool operator==(const BehaviourRule&) const = default;
};

// The questions that are drawn apart.
enum class Question : std::uint8_t {
  end,
  not_now,
  rotate,
  late,
  twice,
  lost,
  binary,
  fresh_token,
  no_user_channel,
  user,
};
inline constexpr std::size_t questions_count = 10;
[[nodiscard]] Question question_of(BehaviourRule::Kind kind);

struct DevicePlan {
  enum class End : std::uint8_t { shows, refuses, silent, leaves };
  enum class Rotation : std::uint8_t {
    never,
    when_woken,   // says its new token before it asks
    when_pushed,  // its token is dead from enrolment on; says the new one after a push missed it
  };
  End end = End::shows;
  BehaviourRule::Trouble trouble = BehaviourRule::Trouble::error;  // refuses
  bool leaves_when_handed = false;                                 // leaves: otherwise when woken
  std::uint32_t not_now = 0;                                       // times, each command
  bool not_now_by_itself = true;
  Duration not_now_pause{0};
  Rotation rotation = Rotation::never;
  Duration rotation_pause{0};
  Duration delay{0};  // from wake to poll
  bool reports_twice = false;
  bool loses_report = false;  // once
  bool binary = false;
  bool fresh_token = false;
  bool no_user_channel = false;
  bool operator==(const DevicePlan&) const = default;
};

struct UserPlan {
  bool accepts = false;
  bool cancels = false;
  Duration delay{0};  // from dialog to tap
  bool operator==(const UserPlan&) const = default;
};

struct Behaviour {
  std::uint64_t seed = 1;
  std::vector<BehaviourRule> rules;

  // From the command line: this share of the users accepts, this long after they were shown it.
  void accept(double share, Duration after);
  // The sum of the shares of the rules that answer a question; beyond 1 there is nobody left.
  [[nodiscard]] double share_of(Question question) const;
};

[[nodiscard]] DevicePlan plan_of(const Behaviour& behaviour, std::uint32_t device);
[[nodiscard]] UserPlan plan_of_user(const Behaviour& behaviour, std::uint32_t user);

}  // namespace muster::loadgen
