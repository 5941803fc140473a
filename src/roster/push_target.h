// What a push to a device goes to, if it may be pushed at all.
//
// An MDM topic (com.apple.mgmt.*) wakes a device so that it fetches InviteToProgram. Macs and
// Shared iPads take that command on their user channel only, so they are woken by the user's token;
// tvOS, watchOS, visionOS and User Enrollment refuse it, so they are never woken for it. Any other
// topic shows an alert, and a token is all it takes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "roster/hindrance.h"
#include "roster/platform.h"
#include "store/roster_store.h"

namespace muster::roster {

struct Target {
  Bytes token;
  std::string_view magic;  // empty for alerts
};
// Whether its token is still good and whose device it is are not asked. Views into `device`.
[[nodiscard]] std::optional<Target> target_of(const store::DeviceRow& device,
                                              std::string_view topic);
// Whose device it is is not asked.
[[nodiscard]] Hindrance hindrance_of(const store::DeviceRow& device, std::string_view topic);

}  // namespace muster::roster
