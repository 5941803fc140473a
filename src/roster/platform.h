// What kind of device it is, and how it is enrolled.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace muster::roster {

// Numbers are stored: append only. 0: not said.
enum class Platform : std::uint8_t { unknown, ios, ipados, macos, tvos, watchos, visionos };
enum class Enrollment : std::uint8_t { unknown, device, user, shared };
// By number, from 1: "iOS" …, "device" ….
[[nodiscard]] std::span<const std::string_view> platform_names();
[[nodiscard]] std::span<const std::string_view> enrollment_names();

}  // namespace muster::roster
