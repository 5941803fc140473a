// Who the simulated devices are: devices.csv and users.csv of a roster, as far as a device knows of
// itself.
//
// The number of a device (user) is its row in the file, from 0. What a roster does not say is
// derived: a device's UDID from its device_id, and by the UDID everything else that a real one is
// born with. Where a device says no serial number (its row has none, or its user enrolled it), a
// server can only know it by its device_id, so that is its UDID or EnrollmentID then.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace muster::loadgen {

using PushToken = std::array<Byte, 32>;

inline constexpr std::uint32_t nobody = std::numeric_limits<std::uint32_t>::max();

struct RosterDevice {
  enum class Platform : std::uint8_t { ios, ipados, macos, other };
  enum class Enrollment : std::uint8_t { device, user, shared };
  std::string id;
  std::string name;
  std::string serial;
  std::string topic;
  Platform platform = Platform::ios;
  Enrollment enrollment = Enrollment::device;
  std::uint32_t user = nobody;
  std::optional<PushToken> token;
  std::string magic;
  std::optional<PushToken> user_token;
  std::string user_magic;
};

struct RosterUser {
  std::string id;
  std::string full_name;
  std::string account;  // Managed Apple Account; may be empty
};

struct FleetRoster {
  std::vector<RosterDevice> devices;
  std::vector<RosterUser> users;
};

// Refused with file and line: unknown platforms and kinds of enrolment, tokens that are not 32
// bytes in hexadecimal digits, users that users.csv does not have, no device at all.
[[nodiscard]] Result<FleetRoster, Complaint> read_fleet_roster(const std::string& dir);

[[nodiscard]] std::string udid_of(const RosterDevice& device);
// A token and a PushMagic that follow from the words; the same words, the same secrets.
[[nodiscard]] PushToken token_from(std::string_view words);
[[nodiscard]] std::string magic_from(std::string_view words);
// A UUID in capital letters, likewise.
[[nodiscard]] std::string uuid_from(std::string_view words);

}  // namespace muster::loadgen
