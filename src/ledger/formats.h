// The packed blobs of the ledger: page outcomes, deltas, counts, alert payloads. The grammar stands
// at the top of formats.cc. Every blob carries a checksum; what reads false gives false and leaves
// the target half-written: drop it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "ledger/task.h"

namespace muster::ledger {

// Where a blob belongs; it is part of the checksum, so that no blob passes for another's.
struct PageName {
  std::int64_t task = 0;
  std::uint32_t page = 0;
};

// Slots side by side: what became of each, and on mail's pages what the server said to it. Replies
// are as many as outcomes, or none at all: push has none.
struct Slots {
  std::span<const std::uint16_t> outcomes;
  std::span<const std::string> replies;
};
struct MutableSlots {
  std::span<std::uint16_t> outcomes;
  std::span<std::string> replies;
};

// A late word on one slot of a page.
struct Patch {
  std::uint16_t at = 0;
  std::uint16_t outcome = 0;
  std::string_view reply;
};

// Each writes `to` anew and keeps its capacity.
void write_page(PageName name, Slots slots, std::vector<Byte>& to);
void write_run(PageName name, std::uint32_t from, Slots slots, std::vector<Byte>& to);
void write_scatter(PageName name, std::span<const Patch> patches, std::vector<Byte>& to);
[[nodiscard]] bool read_page(PageName name, Bytes from, MutableSlots slots);
[[nodiscard]] bool apply_delta(PageName name, Bytes from, MutableSlots slots);

void write_counts(const Counts& counts, std::vector<Byte>& to);
[[nodiscard]] std::optional<Counts> read_counts(Bytes from);

using Payloads = std::vector<std::pair<std::string, std::string>>;
[[nodiscard]] std::vector<Byte> write_payloads(const Payloads& payloads);
[[nodiscard]] std::optional<Payloads> read_payloads(Bytes from);

}  // namespace muster::ledger
