// All integers are little-endian; the checksum is CRC-32 over everything after it.
//
//   page     := checksum(4) task(8) page(4) ('p' outcome(2) × size | 'P' stretch+
//                                            | 'm' stretched reply × size)
//   delta    := run | scatter
//   run      := checksum(4) task(8) page(4) ('r' from(2) outcome(2)+ | 'R' from(2) stretch+
//                                            | 'M' from(2) stretched reply+)
//   stretched := stretches(2) stretch+
//   stretch  := count(2) outcome(2)                 so many neighbours alike; the count is not 0
//   reply    := shared(1) rest(1) byte × rest       a slot each; rest 0 and shared 0: none
//   scatter  := checksum(4) task(8) page(4) ('s' (slot(2) outcome(2))+
//                                            | 'S' (slot(2) outcome(2) reply)+)
//   counts   := checksum(4) repeated(8) by_state(8) × 16 (state(1) reason(1) count(8))* woken(8)?
//   payloads := checksum(4) (size(4) language size(4) payload)*
//
// A run holds the slots from, from + 1, …. Of two forms the shorter is written: most outcomes are
// like their neighbours', and what a commit writes is what it costs. All are read for ever.
//
// The forms with replies are mail's, and written where there is a reply. A reply begins with the
// first `shared` bytes of the last one before it in the blob: a server says the same to all but for
// the queue's id. What a form without replies says of a slot takes its reply away. woken stands
// only where it is not 0; the size tells.
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
static_assert(limits::reply_bytes_max <= UINT8_MAX);
constexpr std::size_t checksum_bytes = 4;
constexpr std::size_t head_bytes = checksum_bytes + 8 + 4 + 1;
constexpr std::size_t stretch_bytes = 4;
constexpr std::size_t reason_bytes = 10;
constexpr std::size_t woken_bytes = 8;
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

// ── replies ──

bool any_reply(std::span<const std::string> replies) {
  return std::any_of(replies.begin(), replies.end(),
                     [](const std::string& reply) { return !reply.empty(); });
}

void append_reply(std::string_view reply, std::string_view& last, std::vector<Byte>& to) {
  MUSTER_ASSERT(reply.size() <= limits::reply_bytes_max);
  const auto same = std::mismatch(reply.begin(), reply.end(), last.begin(), last.end()).first;
  const auto shared = static_cast<std::size_t>(same - reply.begin());
  append<Byte>(to, static_cast<Byte>(shared));
  append<Byte>(to, static_cast<Byte>(reply.size() - shared));
  to.insert(to.end(), reply.begin() + static_cast<std::ptrdiff_t>(shared), reply.end());
  last = reply.empty() ? last : reply;
}

// Takes one reply off `from`; false where it does not hold one.
bool take_reply(Bytes& from, std::string& last, std::string& reply) {
  if (from.size() < 2) {
    return false;
  }
  const std::size_t shared = from[0];
  const std::size_t rest = from[1];
  if (shared > last.size() || rest > from.size() - 2 || shared + rest > limits::reply_bytes_max) {
    return false;
  }
  if (shared + rest == 0) {
    reply.clear();
  } else {
    last.resize(shared);
    last += as_text(from.subspan(2, rest));
    reply = last;
  }
  from = from.subspan(2 + rest);
  return true;
}

void append_replied(Slots slots, std::vector<Byte>& to) {
  const auto at = to.size();
  append<std::uint16_t>(to, 0);
  append_stretches(slots.outcomes, to);
  put<std::uint16_t>(to.data() + at,
                     static_cast<std::uint16_t>((to.size() - at - 2) / stretch_bytes));
  std::string_view last;
  for (const auto& reply : slots.replies) {
    append_reply(reply, last, to);
  }
}

// How many slots it told of; nothing where it is wrong or they do not fit. A page without replies
// refuses it.
std::optional<std::size_t> read_replied(Bytes from, MutableSlots slots) {
  if (from.size() < 2 || slots.replies.empty()) {
    return std::nullopt;
  }
  const std::size_t bytes = load<std::uint16_t>(from.data()) * stretch_bytes;
  from = from.subspan(2);
  if (bytes > from.size()) {
    return std::nullopt;
  }
  const auto told = read_stretches(from.first(bytes), slots.outcomes);
  from = from.subspan(bytes);
  std::string last;
  for (std::size_t at = 0; told && at < *told; ++at) {
    if (!take_reply(from, last, slots.replies[at])) {
      return std::nullopt;
    }
  }
  return from.empty() ? told : std::nullopt;
}

// ── deltas ──

void clear_replies(MutableSlots slots, std::size_t from, std::size_t count) {
  for (std::size_t at = from; at < from + count && at < slots.replies.size(); ++at) {
    slots.replies[at].clear();
  }
}

MutableSlots slots_from(MutableSlots slots, std::size_t from) {
  return {slots.outcomes.subspan(from),
          slots.replies.empty() ? slots.replies : slots.replies.subspan(from)};
}

bool apply_run(Bytes bytes, MutableSlots slots) {
  if (bytes.size() % 2 != 0 || bytes.size() > slots.outcomes.size_bytes()) {
    return false;
  }
  std::memcpy(slots.outcomes.data(), bytes.data(), bytes.size());
  clear_replies(slots, 0, bytes.size() / 2);
  return true;
}

bool apply_stretches(Bytes bytes, MutableSlots slots) {
  const auto told = read_stretches(bytes, slots.outcomes);
  clear_replies(slots, 0, told.value_or(0));
  return told.has_value();
}

// What stands behind `from`, for each of the three forms.
bool apply_run(char kind, Bytes body, MutableSlots slots) {
  if (body.size() < 2 || load<std::uint16_t>(body.data()) > slots.outcomes.size()) {
    return false;
  }
  const auto to = slots_from(slots, load<std::uint16_t>(body.data()));
  const auto rest = body.subspan(2);
  return kind == 'r'   ? apply_run(rest, to)
         : kind == 'R' ? apply_stretches(rest, to)
                       : read_replied(rest, to).has_value();
}

bool apply_scatter(char kind, Bytes body, MutableSlots slots) {
  if (kind == 'S' && slots.replies.empty()) {
    return false;
  }
  std::string last;
  while (body.size() >= 4) {
    const auto at = load<std::uint16_t>(body.data());
    if (at >= slots.outcomes.size()) {
      return false;
    }
    slots.outcomes[at] = load<std::uint16_t>(body.data() + 2);
    body = body.subspan(4);
    if (kind == 's') {
      clear_replies(slots, at, 1);
    } else if (!take_reply(body, last, slots.replies[at])) {
      return false;
    }
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

void write_page(PageName name, Slots slots, std::vector<Byte>& to) {
  if (any_reply(slots.replies)) {
    begin(name, 'm', to);
    append_replied(slots, to);
  } else if (worth_stretches(slots.outcomes)) {
    begin(name, 'P', to);
    append_stretches(slots.outcomes, to);
  } else {
    begin(name, 'p', to);
    append_outcomes(slots.outcomes, to);
  }
  seal(to);
}

void write_run(PageName name, std::uint32_t from, Slots slots, std::vector<Byte>& to) {
  MUSTER_ASSERT(from + slots.outcomes.size() <= limits::page_size);
  const bool replied = any_reply(slots.replies);
  const bool stretches = !replied && worth_stretches(slots.outcomes);
  begin(name, replied ? 'M' : stretches ? 'R' : 'r', to);
  append<std::uint16_t>(to, static_cast<std::uint16_t>(from));
  if (replied) {
    append_replied(slots, to);
  } else if (stretches) {
    append_stretches(slots.outcomes, to);
  } else {
    append_outcomes(slots.outcomes, to);
  }
  seal(to);
}

void write_scatter(PageName name, std::span<const Patch> patches, std::vector<Byte>& to) {
  const bool replied = std::any_of(patches.begin(), patches.end(),
                                   [](const Patch& patch) { return !patch.reply.empty(); });
  begin(name, replied ? 'S' : 's', to);
  std::string_view last;
  for (const auto& patch : patches) {
    append<std::uint16_t>(to, patch.at);
    append<std::uint16_t>(to, patch.outcome);
    if (replied) {
      append_reply(patch.reply, last, to);
    }
  }
  seal(to);
}

bool read_page(PageName name, Bytes from, MutableSlots slots) {
  const auto kind = kind_of(name, from);
  const auto size = slots.outcomes.size();
  if (kind == 'm') {
    return read_replied(from.subspan(head_bytes), slots) == size;
  }
  bool whole = false;
  if (kind == 'P') {
    whole = read_stretches(from.subspan(head_bytes), slots.outcomes) == size;
  } else if (kind == 'p' && from.size() == head_bytes + slots.outcomes.size_bytes()) {
    std::memcpy(slots.outcomes.data(), from.data() + head_bytes, slots.outcomes.size_bytes());
    whole = true;
  }
  clear_replies(slots, 0, whole ? size : 0);
  return whole;
}

bool apply_delta(PageName name, Bytes from, MutableSlots slots) {
  const auto kind = kind_of(name, from);
  switch (kind) {
    case 'r':
    case 'R':
    case 'M':
      return apply_run(kind, from.subspan(head_bytes), slots);
    case 's':
    case 'S':
      return apply_scatter(kind, from.subspan(head_bytes), slots);
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
  if (counts.woken != 0) {
    append<std::uint64_t>(to, counts.woken);
  }
  seal(to);
}

std::optional<Counts> read_counts(Bytes from) {
  if (from.size() < counts_bytes || !sealed(from)) {
    return std::nullopt;
  }
  const auto past_reasons = (from.size() - counts_bytes) % reason_bytes;
  if (past_reasons != 0 && past_reasons != woken_bytes) {
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
  const auto* const past = from.data() + from.size() - past_reasons;
  for (; at != past; at += reason_bytes) {
    counts.by_reason[{static_cast<State>(at[0]), static_cast<Reason>(at[1])}] =
        load<std::uint64_t>(at + 2);
  }
  counts.woken = past_reasons == 0 ? 0 : load<std::uint64_t>(past);
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
