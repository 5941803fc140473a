// All integers are little-endian; the checksum is CRC-32 over everything after it.
//
//   page     := checksum(4) task(8) page(4) ('p' outcome(2) × size | 'P' stretch+)
//   delta    := run | scatter
//   run      := checksum(4) task(8) page(4) ('r' from(2) outcome(2)+ | 'R' from(2) stretch+)
//   stretch  := count(2) outcome(2)                 so many neighbours alike; the count is not 0
//   scatter  := checksum(4) task(8) page(4) 's' (slot(2) outcome(2))+
//   counts   := checksum(4) repeated(8) by_state(8) × 16 (state(1) reason(1) count(8))*
//   payloads := checksum(4) (size(4) language size(4) payload)*
//
// A run holds the slots from, from + 1, …. Of two forms the shorter is written: most outcomes are
// like their neighbours', and what a commit writes is what it costs. Both are read for ever.
//
// An outcome is packed as model/outcome.h says. Deltas are applied to the folded page in the order
// of their keys; the later wins.
#include "ledger/formats.h"

#include <algorithm>

#include "base/assert.h"
#include "model/limits.h"

namespace muster::ledger {
namespace {

static_assert(limits::page_size <= UINT16_MAX);
constexpr std::size_t checksum_bytes = 4;
constexpr std::size_t head_bytes = checksum_bytes + 8 + 4 + 1;
constexpr std::size_t stretch_bytes = 4;
constexpr std::size_t reason_bytes = 10;
constexpr std::size_t counts_bytes = checksum_bytes + 8 + 8 * states_count;

void begin(PageName name, char kind, std::vector<Byte>& to) {
  to.clear();
  append<std::uint32_t>(to, 0);
  append<std::int64_t>(to, name.task);
  append<std::uint32_t>(to, name.page);
  append<Byte>(to, static_cast<Byte>(kind));
}

// Whether stretches are shorter than the outcomes one by one.
bool worth_stretches(std::span<const std::uint16_t> outcomes) {
  if (outcomes.empty()) {
    return false;
  }
  std::size_t stretches = 1;
  for (std::size_t i = 1; i < outcomes.size(); ++i) {
    stretches += outcomes[i] != outcomes[i - 1] ? 1 : 0;
  }
  return stretches * stretch_bytes < outcomes.size_bytes();
}

void append_outcomes(std::span<const std::uint16_t> outcomes, std::vector<Byte>& to) {
  const auto at = to.size();
  to.resize(at + outcomes.size_bytes());
  std::memcpy(to.data() + at, outcomes.data(), outcomes.size_bytes());
}

void append_stretches(std::span<const std::uint16_t> outcomes, std::vector<Byte>& to) {
  for (auto from = outcomes.begin(); from != outcomes.end();) {
    const auto past =
        std::find_if(from, outcomes.end(), [&](std::uint16_t other) { return other != *from; });
    append<std::uint16_t>(to, static_cast<std::uint16_t>(past - from));
    append<std::uint16_t>(to, *from);
    from = past;
  }
}

// How many outcomes the stretches gave; nothing where they are none or do not fit.
std::optional<std::size_t> read_stretches(Bytes from, std::span<std::uint16_t> outcomes) {
  std::size_t at = 0;
  for (; from.size() >= stretch_bytes; from = from.subspan(stretch_bytes)) {
    const std::size_t count = load<std::uint16_t>(from.data());
    if (count == 0 || count > outcomes.size() - at) {
      return std::nullopt;
    }
    std::fill_n(outcomes.begin() + static_cast<std::ptrdiff_t>(at), count,
                load<std::uint16_t>(from.data() + 2));
    at += count;
  }
  return from.empty() && at != 0 ? std::optional(at) : std::nullopt;
}

void seal(std::vector<Byte>& blob) {
  put<std::uint32_t>(blob.data(), checksum(Bytes(blob).subspan(checksum_bytes)));
}

bool sealed(Bytes blob) {
  return blob.size() >= checksum_bytes &&
         load<std::uint32_t>(blob.data()) == checksum(blob.subspan(checksum_bytes));
}

// The kind of a blob that is whole and belongs to that page; 0 otherwise.
char kind_of(PageName name, Bytes blob) {
  if (blob.size() < head_bytes || !sealed(blob) ||
      load<std::int64_t>(blob.data() + 4) != name.task ||
      load<std::uint32_t>(blob.data() + 12) != name.page) {
    return 0;
  }
  return static_cast<char>(blob[head_bytes - 1]);
}

bool apply_run(Bytes body, std::span<std::uint16_t> outcomes) {
  if (body.size() < 2 || body.size() % 2 != 0) {
    return false;
  }
  const std::size_t from = load<std::uint16_t>(body.data());
  const auto bytes = body.subspan(2);
  if (from + bytes.size() / 2 > outcomes.size()) {
    return false;
  }
  std::memcpy(outcomes.data() + from, bytes.data(), bytes.size());
  return true;
}

bool apply_stretches(Bytes body, std::span<std::uint16_t> outcomes) {
  if (body.size() < 2) {
    return false;
  }
  const std::size_t from = load<std::uint16_t>(body.data());
  return from <= outcomes.size() &&
         read_stretches(body.subspan(2), outcomes.subspan(from)).has_value();
}

bool apply_scatter(Bytes body, std::span<std::uint16_t> outcomes) {
  for (; body.size() >= 4; body = body.subspan(4)) {
    const auto at = load<std::uint16_t>(body.data());
    if (at >= outcomes.size()) {
      return false;
    }
    outcomes[at] = load<std::uint16_t>(body.data() + 2);
  }
  return body.empty();
}

void append_text(const std::string& text, std::vector<Byte>& to) {
  append<std::uint32_t>(to, static_cast<std::uint32_t>(text.size()));
  to.insert(to.end(), text.begin(), text.end());
}

bool take_text(Bytes& from, std::string& text) {
  if (from.size() < 4 || from.size() - 4 < load<std::uint32_t>(from.data())) {
    return false;
  }
  const auto size = load<std::uint32_t>(from.data());
  text = as_text(from.subspan(4, size));
  from = from.subspan(4 + size);
  return true;
}

}  // namespace

void write_page(PageName name, std::span<const std::uint16_t> outcomes, std::vector<Byte>& to) {
  if (worth_stretches(outcomes)) {
    begin(name, 'P', to);
    append_stretches(outcomes, to);
  } else {
    begin(name, 'p', to);
    append_outcomes(outcomes, to);
  }
  seal(to);
}

void write_run(PageName name, std::uint32_t from, std::span<const std::uint16_t> outcomes,
               std::vector<Byte>& to) {
  MUSTER_ASSERT(from + outcomes.size() <= limits::page_size);
  const bool stretches = worth_stretches(outcomes);
  begin(name, stretches ? 'R' : 'r', to);
  append<std::uint16_t>(to, static_cast<std::uint16_t>(from));
  if (stretches) {
    append_stretches(outcomes, to);
  } else {
    append_outcomes(outcomes, to);
  }
  seal(to);
}

void write_scatter(PageName name, std::span<const Patch> patches, std::vector<Byte>& to) {
  begin(name, 's', to);
  for (const auto& patch : patches) {
    append<std::uint16_t>(to, patch.at);
    append<std::uint16_t>(to, patch.outcome);
  }
  seal(to);
}

bool read_page(PageName name, Bytes from, std::span<std::uint16_t> outcomes) {
  const auto kind = kind_of(name, from);
  if (kind == 'P') {
    return read_stretches(from.subspan(head_bytes), outcomes) == outcomes.size();
  }
  if (kind != 'p' || from.size() != head_bytes + outcomes.size_bytes()) {
    return false;
  }
  std::memcpy(outcomes.data(), from.data() + head_bytes, outcomes.size_bytes());
  return true;
}

bool apply_delta(PageName name, Bytes from, std::span<std::uint16_t> outcomes) {
  switch (kind_of(name, from)) {
    case 'r':
      return apply_run(from.subspan(head_bytes), outcomes);
    case 'R':
      return apply_stretches(from.subspan(head_bytes), outcomes);
    case 's':
      return apply_scatter(from.subspan(head_bytes), outcomes);
    default:
      return false;
  }
}

void write_counts(const Counts& counts, std::vector<Byte>& to) {
  to.clear();
  append<std::uint32_t>(to, 0);
  append<std::uint64_t>(to, counts.repeated);
  for (const auto count : counts.by_state) {
    append<std::uint64_t>(to, count);
  }
  for (const auto& [key, count] : counts.by_reason) {
    append<Byte>(to, static_cast<Byte>(key.first));
    append<Byte>(to, static_cast<Byte>(key.second));
    append<std::uint64_t>(to, count);
  }
  seal(to);
}

std::optional<Counts> read_counts(Bytes from) {
  if (from.size() < counts_bytes || (from.size() - counts_bytes) % reason_bytes != 0 ||
      !sealed(from)) {
    return std::nullopt;
  }
  Counts counts;
  const Byte* at = from.data() + checksum_bytes;
  counts.repeated = load<std::uint64_t>(at);
  at += 8;
  for (auto& count : counts.by_state) {
    count = load<std::uint64_t>(at);
    at += 8;
  }
  for (; at != from.data() + from.size(); at += reason_bytes) {
    counts.by_reason[{static_cast<State>(at[0]), static_cast<Reason>(at[1])}] =
        load<std::uint64_t>(at + 2);
  }
  return counts;
}

std::vector<Byte> write_payloads(const Payloads& payloads) {
  std::vector<Byte> to;
  append<std::uint32_t>(to, 0);
  for (const auto& [language, payload] : payloads) {
    append_text(language, to);
    append_text(payload, to);
  }
  seal(to);
  return to;
}

std::optional<Payloads> read_payloads(Bytes from) {
  if (!sealed(from)) {
    return std::nullopt;
  }
  from = from.subspan(checksum_bytes);
  Payloads payloads;
  while (!from.empty()) {
    auto& [language, payload] = payloads.emplace_back();
    if (!take_text(from, language) || !take_text(from, payload)) {
      return std::nullopt;
    }
  }
  return payloads;
}

}  // namespace muster::ledger
