#include "roster/push_target.h"

#include <array>

#include "model/job.h"

namespace muster::roster {
namespace {

constexpr std::array<std::string_view, 6> platforms = {"iOS",  "iPadOS",  "macOS",
                                                       "tvOS", "watchOS", "visionOS"};
constexpr std::array<std::string_view, 3> enrollments = {"device", "user", "shared"};

bool takes_invitations(Platform platform, Enrollment enrollment) {
  const bool refuses = platform == Platform::tvos || platform == Platform::watchos ||
                       platform == Platform::visionos || enrollment == Enrollment::user;
  return !refuses;
}

bool on_user_channel(const store::DeviceRow& device) {
  return static_cast<Platform>(device.platform) == Platform::macos ||
         static_cast<Enrollment>(device.enrollment) == Enrollment::shared;
}

// Why there is no target, where there is none.
Hindrance what_is_missing(const store::DeviceRow& device, std::string_view topic) {
  if (topic.empty() || push_type_of(topic) == PushType::alert) {
    return Hindrance::no_token;
  }
  const auto platform = static_cast<Platform>(device.platform);
  if (!takes_invitations(platform, static_cast<Enrollment>(device.enrollment))) {
    return platform == Platform::tvos || platform == Platform::watchos ||
                   platform == Platform::visionos
               ? Hindrance::platform
               : Hindrance::user_enrollment;
  }
  const bool user_channel = on_user_channel(device);
  const auto& token = user_channel ? device.user_push_token : device.push_token;
  if (!token.empty()) {
    return Hindrance::no_magic;
  }
  if (!user_channel || device.push_token.empty()) {
    return Hindrance::no_token;
  }
  return platform == Platform::macos ? Hindrance::mac_without_user : Hindrance::shared_without_user;
}

}  // namespace

std::span<const std::string_view> platform_names() {
  return platforms;
}
std::span<const std::string_view> enrollment_names() {
  return enrollments;
}

std::optional<Target> target_of(const store::DeviceRow& device, std::string_view topic) {
  if (topic.empty()) {
    return std::nullopt;
  }
  const Target of_device{device.push_token, device.push_magic};
  const Target of_user{device.user_push_token, device.user_push_magic};
  if (push_type_of(topic) == PushType::alert) {
    const auto& token = of_device.token.empty() ? of_user.token : of_device.token;
    return token.empty() ? std::nullopt : std::optional(Target{token, {}});
  }
  const auto platform = static_cast<Platform>(device.platform);
  const auto enrollment = static_cast<Enrollment>(device.enrollment);
  if (!takes_invitations(platform, enrollment)) {
    return std::nullopt;
  }
  const auto& target = on_user_channel(device) ? of_user : of_device;
  // Without its magic a device ignores the push: it cannot be reached.
  const bool complete = !target.token.empty() && !target.magic.empty();
  return complete ? std::optional(target) : std::nullopt;
}

Hindrance hindrance_of(const store::DeviceRow& device, std::string_view topic) {
  if (!target_of(device, topic)) {
    return what_is_missing(device, topic);
  }
  return device.active ? Hindrance::none : Hindrance::token_gone;
}

}  // namespace muster::roster
