// Every capacity of the console, beside those of accounts and the audit log (model/limits.h).
#pragma once

#include <cstddef>
#include <cstdint>

namespace muster::limits {

inline constexpr std::size_t request_body_bytes_max = 256UL * 1024;       // of a JSON request
inline constexpr std::size_t roster_body_bytes_max = 64UL * 1024 * 1024;  // of an import
inline constexpr std::uint32_t listeners_max = 1000;                      // of events
inline constexpr std::uint32_t exports_max = 16;                          // under way at once
inline constexpr std::size_t tasks_told_max = 256;  // ended ones that late listeners hear of

}  // namespace muster::limits
