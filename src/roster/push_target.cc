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
  const bool user_channel = platform == Platform::macos || enrollment == Enrollment::shared;
  const auto& target = user_channel ? of_user : of_device;
  // Without its magic a device ignores the push: it cannot be reached.
  const bool complete = !target.token.empty() && !target.magic.empty();
  return complete ? std::optional(target) : std::nullopt;
}

}  // namespace muster::roster
