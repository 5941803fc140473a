#include "settings/period.h"

#include <array>
#include <charconv>
#include <cstdint>

namespace muster::settings {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};
// The largest first.
constexpr std::array<Unit, 5> units{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::int64_t longest_ms = 100LL * 365 * 86'400'000;

}  // namespace

std::optional<std::chrono::milliseconds> period_of_text(std::string_view text) {
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc{}) {
    return std::nullopt;
  }
  const std::string_view unit_name(
      parsed.ptr, static_cast<std::size_t>(text.data() + text.size() - parsed.ptr));
  for (const auto& unit : units) {
    if (unit.name == unit_name) {
      if (number > static_cast<std::uint64_t>(longest_ms / unit.milliseconds)) {
        return std::nullopt;
      }
      return std::chrono::milliseconds(static_cast<std::int64_t>(number) * unit.milliseconds);
    }
  }
  return std::nullopt;
}

std::string text_of_period(std::chrono::milliseconds period) {
  const auto milliseconds = period.count();
  if (milliseconds == 0) {
    return "0s";
  }
  for (const auto& unit : units) {
    if (milliseconds % unit.milliseconds == 0) {
      return std::to_string(milliseconds / unit.milliseconds) + std::string(unit.name);
    }
  }
  return std::to_string(milliseconds) + "ms";  // unreachable: 1 ms divides everything
}

}  // namespace muster::settings
