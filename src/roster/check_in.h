// What an enrolled device says of itself when it checks in, as the roster takes it.
//
// A device is known by its UDID (or EnrollmentID): first as device_id, then as the UDID that an
// earlier check-in, an inventory or a person gave, else by the serial number, IMEI or MEID of a
// device that was imported and has not checked in yet, which then keeps its device_id and its user.
// Nobody known: a new device without a user, device_id = the UDID. Where a device of that device_id
// was removed it comes back under its number, without a user.
//
// Devices are strangers: what an import would refuse of them is left out here. A name or serial
// number that cannot be kept is not, a token that cannot be kept is no token, and without a UDID
// that can be kept there is no device: `refused`.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "model/id.h"
#include "roster/platform.h"

namespace muster::roster {

struct CheckIn {
  // enrolled: it authenticated, what we knew of its tokens is void. token: its own channel can be
  // pushed. user_token: the channel of its user can. left: it was unenrolled; no token is good.
  enum class Kind : std::uint8_t { enrolled, token, user_token, left };
  Kind kind = Kind::enrolled;
  std::string udid;                             // or EnrollmentID
  std::string serial;                           // may be empty
  std::string imei;                             // likewise
  std::string meid;                             // likewise
  std::string name;                             // the device's name; empty: keep what is known
  Platform platform = Platform::unknown;        // unknown: keep
  Enrollment enrollment = Enrollment::unknown;  // likewise
  std::string topic;                            // token, user_token
  std::vector<Byte> push_token;                 // likewise
  std::string push_magic;                       // likewise
};

struct CheckedIn {
  DeviceNumber device = 0;
  bool created = false;
  bool refused = false;                         // nothing of it was stored; the rest means nothing
  Enrollment enrollment = Enrollment::unknown;  // as the roster has it now
};

}  // namespace muster::roster
