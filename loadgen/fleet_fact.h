// What a simulated device or its user did, or saw done wrong: one line of the fleet's journal.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"
#include "loadgen/device_roster.h"

namespace muster::loadgen {

struct Fact {
  enum class Kind : std::uint8_t {
    enrolled,     // the server took a channel's TokenUpdate
    woken,        // a push reached it
    missed,       // a push went to a token that is dead, and was answered 410
    asked,        // Idle
    handed,       // was given a command
    answered,     // what it says to the command
    rotated,      // has another token
    checked_out,  // leaves
    tapped,       // its user taps
    accepted,     // and Apple took it
    not_taken,    // or did not
    cancelled,    // its user closed the dialog
    violation,    // somebody broke the protocol
  };
  Kind kind = Kind::woken;
  Instant at{};
  std::uint32_t device = nobody;
  std::uint32_t user = nobody;  // of what users do
  bool user_channel = false;
  std::string command = {};      // CommandUUID
  std::string url_digest = {};   // SHA-256 of the invitation's URL, in hexadecimal digits
  std::string code_digest = {};  // likewise of the code in it; empty: it has none
  std::string_view word = {};    // answered: the status; violation: its name
  std::string_view result = {};  // answered: InvitationResult
  std::uint16_t status = 0;      // not_taken: of the answer; 0: none came
};
inline constexpr std::size_t fact_kinds_count = 13;
[[nodiscard]] std::string_view name_of(Fact::Kind kind);

// What nobody may do to a device.
enum class Violation : std::uint8_t {
  wrong_magic,          // a push with another PushMagic than its token's
  unreadable_command,   // an answer that is neither empty nor a command
  unknown_request,      // a command that is not InviteToProgram
  wrong_program,        // another ProgramID than com.apple.cloudvpp
  wrong_url,            // no web address with an invitation code
  wrong_channel,        // a Mac or a shared iPad is invited by its user's channel alone
  forbidden_enrolment,  // an account-driven enrolment cannot be invited
  wrong_platform,       // nor can an Apple TV
  handed_at_once,       // the same command as the answer to NotNow
  handed_again,         // the same command after its result had been taken
  check_in_with_body,   // a check-in is answered with nothing
  unrecognized,         // 403 makes a device unenrol
  shared_command,       // one CommandUUID for devices of two users
  shared_url,           // one invitation for two users
};
inline constexpr std::size_t violations_count = 14;
[[nodiscard]] std::string_view name_of(Violation violation);

}  // namespace muster::loadgen
