// Property lists that a device writes, and the command that it reads. XML, or binary where wished.
//
// Facts: Apple's check-in messages (Authenticate, TokenUpdate, CheckOut), "Sending MDM commands to
// a device", InviteToProgram. A command is read as strictly as a device does that never forgives:
// what libplist would let pass (a bare "&" in XML) is refused here.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "loadgen/device_roster.h"

namespace muster::loadgen {

// Who speaks: the device, or a user's channel on it.
struct Speaker {
  std::string_view udid;  // EnrollmentID where `enrollment_id`
  bool enrollment_id = false;
  std::string_view user_id;     // empty: the device
  std::string_view short_name;  // of a user's channel
  std::string_view long_name;
};

[[nodiscard]] std::string authenticate_plist(const RosterDevice& device, const Speaker& speaker,
                                             bool binary);
struct PushAddress {
  std::string_view topic;
  const PushToken& token;
  std::string_view magic;
};
[[nodiscard]] std::string token_update_plist(const Speaker& speaker, const PushAddress& address,
                                             bool binary);
[[nodiscard]] std::string check_out_plist(const RosterDevice& device, const Speaker& speaker,
                                          bool binary);

// What a device answers to a command, or Idle.
struct DeviceReport {
  std::string_view status = "Idle";
  std::string command_uuid = {};            // empty: Idle
  std::string_view invitation_result = {};  // of Acknowledged
  bool error_chain = false;                 // of Error
};
[[nodiscard]] std::string report_plist(const Speaker& speaker, const DeviceReport& report,
                                       bool binary);

struct DeviceCommand {
  std::string uuid;
  std::string request_type;
  std::string program_id;      // of InviteToProgram
  std::string invitation_url;  // likewise; a secret
};
// Nothing: not a command.
[[nodiscard]] std::optional<DeviceCommand> read_device_command(std::string_view body);

}  // namespace muster::loadgen
