#include "registrar/standings.h"

#include "base/assert.h"
#include "model/limits.h"

namespace muster::registrar {
namespace {

// All user numbers there can be.
constexpr std::uint32_t shift = 16;
constexpr std::size_t chunks_count = std::size_t{1} << (32 - shift);

// A word is the standing in its lowest three bits, and above them the reason, or the location of
// one who waits.
constexpr unsigned standing_bits = 3;
constexpr unsigned standing_mask = (1U << standing_bits) - 1;
constexpr std::uint32_t locations_end = limits::locations_max + 1;
static_assert(locations_end << standing_bits <= 1U << 16);
static_assert(static_cast<unsigned>(Standing::retired) <= standing_mask);

std::uint16_t pack(Standing standing, std::uint32_t rest) {
  return static_cast<std::uint16_t>(static_cast<unsigned>(standing) | rest << standing_bits);
}
Standing standing_of(std::uint16_t word) {
  return static_cast<Standing>(word & standing_mask);
}

}  // namespace

Standings::Standings()
    : chunks_(std::make_unique<std::atomic<Chunk*>[]>(chunks_count)),
      stopped_(std::make_unique<std::atomic<std::uint8_t>[]>(locations_end)) {
  static_assert(chunk_size == 1U << shift);
}

Standings::~Standings() {
  for (std::size_t i = 0; i < chunks_count; ++i) {
    delete chunks_[i].load(std::memory_order_relaxed);
  }
}

Standings::Seen Standings::at(UserNumber user) const {
  const auto* chunk = chunks_[user / chunk_size].load(std::memory_order_acquire);
  if (chunk == nullptr) {
    return {};
  }
  const auto word = (*chunk)[user % chunk_size].load(std::memory_order_acquire);
  const auto rest = static_cast<std::uint32_t>(word >> standing_bits);
  if (standing_of(word) != Standing::waiting) {
    return {standing_of(word), static_cast<Reason>(rest)};
  }
  const auto reason = static_cast<Reason>(stopped_[rest].load(std::memory_order_acquire));
  return {reason == Reason::none ? Standing::waiting : Standing::stopped, reason};
}

void Standings::set(UserNumber user, Seen seen, std::uint32_t location) {
  MUSTER_ASSERT(seen.standing != Standing::stopped);  // that is the location's
  MUSTER_ASSERT(location < locations_end);
  auto& place = chunks_[user / chunk_size];
  auto* chunk = place.load(std::memory_order_relaxed);
  if (chunk == nullptr) {
    chunk = new Chunk{};
    place.store(chunk, std::memory_order_release);
  }
  const auto rest =
      seen.standing == Standing::waiting ? location : static_cast<std::uint32_t>(seen.reason);
  const auto word = pack(seen.standing, rest);
  if ((*chunk)[user % chunk_size].exchange(word, std::memory_order_acq_rel) != word) {
    changes_.fetch_add(1, std::memory_order_release);
  }
}

void Standings::stop(std::uint32_t location, Reason reason) {
  MUSTER_ASSERT(location != 0 && location < locations_end);
  const auto word = static_cast<std::uint8_t>(reason);
  if (stopped_[location].exchange(word, std::memory_order_acq_rel) != word) {
    changes_.fetch_add(1, std::memory_order_release);
  }
}

// Whatever the registrar's thread says meanwhile is newer, and stands.
void Standings::reconsider(UserNumber user) {
  auto* chunk = chunks_[user / chunk_size].load(std::memory_order_acquire);
  if (chunk == nullptr) {
    return;
  }
  auto& place = (*chunk)[user % chunk_size];
  auto word = place.load(std::memory_order_acquire);
  if (standing_of(word) == Standing::refused) {
    place.compare_exchange_strong(word, pack(Standing::waiting, 0), std::memory_order_acq_rel);
  }
}

}  // namespace muster::registrar
