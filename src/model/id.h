// The names of things: task ids, dense numbers, slots.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace muster {

// Dense, given once, never reused.
using UserNumber = std::uint32_t;
using DeviceNumber = std::uint32_t;
using GroupNumber = std::uint32_t;
// Position in a task's frozen audience: the n-th set bit of its targets.
using InvitationNumber = std::uint32_t;
// A place in the slab of jobs.
using Slot = std::uint32_t;
// A task's place among the open tasks of this process; means nothing in another.
using TaskIndex = std::uint16_t;

// A task's id: a random UUID (version 4), shown in the canonical lower-case form.
struct TaskId {
  std::array<Byte, 16> bytes{};
  friend auto operator<=>(const TaskId&, const TaskId&) = default;
};

// "01234567-89ab-cdef-0123-456789abcdef": 36 characters to `out`, no terminator.
void write_uuid(const std::array<Byte, 16>& bytes, char* out);
[[nodiscard]] std::string uuid_text(const std::array<Byte, 16>& bytes);
// Accepts the canonical form in either case; nothing otherwise.
[[nodiscard]] std::optional<std::array<Byte, 16>> read_uuid(std::string_view text);

enum class Channel : std::uint8_t { push = 0, mail = 1, account = 2 };
[[nodiscard]] std::string_view name_of(Channel channel);

// apns-id: a UUIDv8 (RFC 9562 §5.8) that is the same over attempts, restarts and nodes and leads
// back to its row. Bytes 0–7: the first 64 bits of SHA-256(task id ‖ channel) with the version in
// its nibble; byte 8: the variant; 9–11: generation, 12–15: invitation number, both big-endian.
using IdPrefix = std::array<Byte, 8>;
[[nodiscard]] std::array<Byte, 16> apns_id(const IdPrefix& prefix, InvitationNumber invitation,
                                           std::uint32_t generation);
// The invitation number inside an apns-id.
[[nodiscard]] InvitationNumber invitation_of(const std::array<Byte, 16>& apns_id);

}  // namespace muster
