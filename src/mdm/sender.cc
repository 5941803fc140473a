#include "mdm/sender.h"

#include "base/utf8.h"

namespace muster::mdm {
namespace {

// A UDID has 40 characters, an EnrollmentID and a UserID 36; an account is a mail address.
constexpr std::size_t id_bytes_max = 254;
// What every user of a Shared iPad has for UserID; his account stands in UserShortName.
constexpr std::string_view shared_user = "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF";

bool good(std::string_view id) {
  return !id.empty() && id.size() <= id_bytes_max && first_control(id) == id.size();
}

}  // namespace

std::optional<Sender> read_sender(const PlistValue& message) {
  Sender sender;
  sender.device = message.text("UDID");
  if (sender.device.empty()) {
    sender.device = message.text("EnrollmentID");
    sender.user_enrolled = true;
  }
  if (!good(sender.device)) {
    return std::nullopt;
  }
  sender.id = sender.device;
  auto user = message.text(sender.user_enrolled ? "EnrollmentUserID" : "UserID");
  if (user.empty()) {
    return sender;
  }
  if (user == shared_user) {
    sender.shared = true;
    user = message.text("UserShortName");
  }
  if (!good(user)) {
    return std::nullopt;
  }
  sender.user_channel = true;
  sender.id += ':';
  sender.id += user;
  return sender;
}

}  // namespace muster::mdm
