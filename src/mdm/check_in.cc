#include "mdm/check_in.h"

#include <array>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "mdm/one_line.h"
#include "model/limits.h"

namespace muster::mdm {
namespace {

using Kind = CheckInMessage::Kind;
using roster::Platform;

constexpr std::array<std::pair<std::string_view, Kind>, 8> kinds{{
    {"Authenticate", Kind::authenticate},
    {"TokenUpdate", Kind::token_update},
    {"CheckOut", Kind::check_out},
    {"UserAuthenticate", Kind::user_authenticate},
    {"DeclarativeManagement", Kind::ignored},
    {"SetBootstrapToken", Kind::ignored},
    {"GetBootstrapToken", Kind::ignored},
    {"GetToken", Kind::ignored},
}};

// How models begin: "iPhone14,5", "MacBookPro18,1", "iMac", "Apple TV".
constexpr std::array<std::pair<std::string_view, Platform>, 12> models{{
    {"iPhone", Platform::ios},
    {"iPod", Platform::ios},
    {"iPad", Platform::ipados},
    {"Mac", Platform::macos},
    {"iMac", Platform::macos},
    {"VirtualMac", Platform::macos},
    {"AppleTV", Platform::tvos},
    {"Apple TV", Platform::tvos},
    {"Watch", Platform::watchos},
    {"Apple Watch", Platform::watchos},
    {"RealityDevice", Platform::visionos},
    {"Apple Vision", Platform::visionos},
}};

Platform platform_of(const PlistValue& message) {
  for (const std::string_view key : {"ProductName", "ModelName", "Model"}) {
    const auto text = message.text(key);
    for (const auto& [beginning, platform] : models) {
      if (text.starts_with(beginning)) {
        return platform;
      }
    }
  }
  // The name is the user's own, but better than nothing: "Mia's iPad".
  const auto name = message.text("DeviceName");
  for (const auto& [word, platform] : models) {
    if (name.find(word) != std::string_view::npos) {
      return platform;
    }
  }
  return Platform::unknown;
}

// False: a device could not be woken by this.
bool read_token(const PlistValue& message, roster::CheckIn& device) {
  device.topic = message.text("Topic");
  device.push_magic = message.text("PushMagic");
  const auto token = as_bytes(message.data("Token"));
  device.push_token.assign(token.begin(), token.end());
  return !device.topic.empty() && device.topic.size() <= limits::name_bytes_max &&
         !device.push_magic.empty() && device.push_magic.size() <= limits::push_magic_bytes_max &&
         token.size() >= limits::push_token_bytes_min &&
         token.size() <= limits::push_token_bytes_max;
}

}  // namespace

std::optional<CheckInMessage> read_check_in(const PlistValue& message) {
  const auto type = message.text("MessageType");
  auto sender = read_sender(message);
  CheckInMessage read;
  bool known = false;
  for (const auto& [name, kind] : kinds) {
    if (name == type) {
      read.kind = kind;
      known = true;
    }
  }
  if (!known || !sender) {
    return std::nullopt;
  }
  read.sender = std::move(*sender);
  auto& device = read.device;
  device.udid = read.sender.device;
  switch (read.kind) {
    case Kind::authenticate:
      if (read.sender.user_channel) {
        return std::nullopt;  // only devices enrol
      }
      device.kind = roster::CheckIn::Kind::enrolled;
      device.serial = one_line(message.text("SerialNumber"), limits::name_bytes_max);
      device.imei = one_line(message.text("IMEI"), limits::name_bytes_max);
      device.meid = one_line(message.text("MEID"), limits::name_bytes_max);
      device.name = one_line(message.text("DeviceName"), limits::name_bytes_max);
      device.platform = platform_of(message);
      device.enrollment =
          read.sender.user_enrolled ? roster::Enrollment::user : roster::Enrollment::device;
      return read;
    case Kind::token_update:
      device.kind = read.sender.user_channel ? roster::CheckIn::Kind::user_token
                                             : roster::CheckIn::Kind::token;
      // Whose users have channels is told by them.
      if (read.sender.shared) {
        device.enrollment = roster::Enrollment::shared;
      } else if (read.sender.user_channel && !read.sender.user_enrolled) {
        device.platform = Platform::macos;
      }
      return read_token(message, device) ? std::optional(std::move(read)) : std::nullopt;
    case Kind::check_out:
      device.kind = roster::CheckIn::Kind::left;
      return read;
    case Kind::user_authenticate:
    case Kind::ignored:
      return read;
  }
  return std::nullopt;
}

}  // namespace muster::mdm
