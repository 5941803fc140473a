// Spans of time as people write them: "500ms", "30s", "2m", "8h", "7d".
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace muster::settings {

// Nothing for any other text, and for spans beyond a hundred years.
[[nodiscard]] std::optional<std::chrono::milliseconds> period_of_text(std::string_view text);
// In the largest unit that leaves no rest: 120 s is "2m", 90 s is "90s".
[[nodiscard]] std::string text_of_period(std::chrono::milliseconds period);

}  // namespace muster::settings
