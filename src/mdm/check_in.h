// What a device says when it checks in: that it enrols (Authenticate), how it can be woken
// (TokenUpdate, for itself or for a user), that it leaves (CheckOut).
#pragma once

#include <cstdint>
#include <optional>

#include "mdm/sender.h"
#include "roster/check_in.h"

namespace muster::mdm {

struct CheckInMessage {
  enum class Kind : std::uint8_t {
    authenticate,
    token_update,
    check_out,
    // A network user of a Mac asks for a channel. We manage none whose password we would have to
    // check: 410 says so, as NanoMDM does unless it is told otherwise; the device then goes on
    // without this user's channel. Local users need no such question.
    user_authenticate,
    // Bootstrap tokens, declarations, GetToken: nothing of ours. An empty answer says that there
    // is nothing for the device.
    ignored,
  };
  Kind kind = Kind::ignored;
  Sender sender;
  roster::CheckIn device;  // of the first three
};

// Nothing: no message that Apple describes, or one that lacks what it must have (answer 400).
[[nodiscard]] std::optional<CheckInMessage> read_check_in(const PlistValue& message);

}  // namespace muster::mdm
