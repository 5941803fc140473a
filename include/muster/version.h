// The version of the library and of the programs.
#pragma once

namespace muster {
inline constexpr const char* version = "0.1.0";
}  // namespace muster
