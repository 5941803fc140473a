// What may be read of a directory service or of a school's files: capacities like those of
// limits.h, apart because few need them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace muster::limits {

inline constexpr std::size_t directory_users_max = 2'000'000;
inline constexpr std::size_t directory_groups_max = 200'000;
inline constexpr std::uint64_t directory_members_max = 50'000'000;
// A group of 500,000 members by DN comes as one message where the server gives no parts.
inline constexpr std::size_t directory_message_bytes_max = 128UL * 1024 * 1024;
inline constexpr std::size_t directory_words_bytes_max =
    200;  // kept of what a server says of trouble
inline constexpr int directory_connect_s = 10;
inline constexpr int directory_silence_s = 60;  // a large page of a slow server
inline constexpr Duration directory_time_max = std::chrono::minutes(60);
// An archive's files: how many it may have, and what all of them may hold unpacked, whatever it
// says itself.
inline constexpr std::uint64_t archive_files_max = 1000;
inline constexpr std::uint64_t archive_bytes_max = 1UL << 30;
// Ids that an import names of what it adds, changes or removes.
inline constexpr std::size_t names_shown_max = 5;

}  // namespace muster::limits
