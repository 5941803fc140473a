// Who speaks: a device, or a user on a channel of his own.
#pragma once

#include <optional>
#include <string>

#include "mdm/plist.h"

namespace muster::mdm {

struct Sender {
  std::string device;  // UDID, or EnrollmentID of a device that its user enrolled
  // As NanoMDM names enrolments: the device, "device:UserID", of a Shared iPad "device:account".
  std::string id;
  bool user_channel = false;
  bool shared = false;         // a user of a Shared iPad
  bool user_enrolled = false;  // it named itself by EnrollmentID
};

// Nothing where it does not say, or by an id that no device has.
[[nodiscard]] std::optional<Sender> read_sender(const PlistValue& message);

}  // namespace muster::mdm
