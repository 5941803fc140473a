#include "registrar/standings.h"

namespace muster::registrar {
namespace {

// All user numbers there can be.
constexpr std::uint32_t shift = 16;
constexpr std::size_t chunks_count = std::size_t{1} << (32 - shift);

std::uint16_t pack(Standings::Seen seen) {
  return static_cast<std::uint16_t>(static_cast<unsigned>(seen.standing) |
                                    static_cast<unsigned>(seen.reason) << 8);
}

Standings::Seen unpack(std::uint16_t packed) {
  return {static_cast<Standing>(packed & 255U), static_cast<Reason>(packed >> 8)};
}

}  // namespace

Standings::Standings() : chunks_(std::make_unique<std::atomic<Chunk*>[]>(chunks_count)) {
  static_assert(chunk_size == 1U << shift);
}

Standings::~Standings() {
  for (std::size_t i = 0; i < chunks_count; ++i) {
    delete chunks_[i].load(std::memory_order_relaxed);
  }
}

Standings::Seen Standings::at(UserNumber user) const {
  const auto* chunk = chunks_[user / chunk_size].load(std::memory_order_acquire);
  return chunk == nullptr ? Seen{}
                          : unpack((*chunk)[user % chunk_size].load(std::memory_order_acquire));
}

void Standings::set(UserNumber user, Seen seen) {
  auto& place = chunks_[user / chunk_size];
  auto* chunk = place.load(std::memory_order_relaxed);
  if (chunk == nullptr) {
    chunk = new Chunk{};
    place.store(chunk, std::memory_order_release);
  }
  if ((*chunk)[user % chunk_size].exchange(pack(seen), std::memory_order_acq_rel) != pack(seen)) {
    changes_.fetch_add(1, std::memory_order_release);
  }
}

}  // namespace muster::registrar
