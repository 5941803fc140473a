// Every capacity of the console, beside those of accounts and the audit log (model/limits.h).
#pragma once

#include <cstddef>
#include <cstdint>

namespace muster::limits {

inline constexpr std::size_t request_body_bytes_max = 256UL * 1024;  // of a JSON request
inline constexpr std::size_t piece_bytes_max = 1024UL * 1024;  // of an upload: any body's bound
inline constexpr std::size_t uploads_max = 16;
inline constexpr std::size_t upload_files_max = 64;
inline constexpr std::uint64_t upload_bytes_max = 1UL << 30;
inline constexpr std::uint64_t uploads_bytes_max = 4UL << 30;        // of all, as announced
inline constexpr std::size_t rejects_bytes_max = 4UL * 1024 * 1024;  // told of rows left out
inline constexpr std::uint32_t listeners_max = 1000;                 // of events
inline constexpr std::uint32_t exports_max = 16;                     // under way at once
inline constexpr std::size_t tasks_told_max = 256;  // ended ones that late listeners hear of

}  // namespace muster::limits
