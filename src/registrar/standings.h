// How each user stands with Apple's Apps and Books, for whoever must know at once: the pipeline,
// for each invitation, on its own thread.
//
// One word a user in chunks by user number, filled from the store at opening and kept by the
// registrar's thread; read by any thread, without a lock and without waiting. What is not known is
// `unknown`. A reader may see a standing a moment late, never one that was not.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>

#include "model/id.h"
#include "model/outcome.h"

namespace muster::registrar {

enum class Standing : std::uint8_t {
  unknown,     // nobody asked for this user
  waiting,     // will be registered, or is being
  registered,  // has a code: can be invited
  associated,  // accepted, or had a Managed Apple Account: enrolled
  refused,     // Apple refused; the reason says why
  retired,     // was removed at Apple's
};

class Standings {
 public:
  struct Seen {
    Standing standing = Standing::unknown;
    Reason reason = Reason::none;  // of refused
    friend bool operator==(const Seen&, const Seen&) = default;
  };
  Standings();
  ~Standings();
  Standings(const Standings&) = delete;
  Standings& operator=(const Standings&) = delete;

  [[nodiscard]] Seen at(UserNumber user) const;  // any thread
  void set(UserNumber user, Seen seen);          // the registrar's thread alone
  // Raised by every set() that changed something: a reader that waits looks again. Any thread.
  [[nodiscard]] std::uint64_t changes() const { return changes_.load(std::memory_order_acquire); }

 private:
  static constexpr std::uint32_t chunk_size = 1U << 16;  // users
  using Chunk = std::array<std::atomic<std::uint16_t>, chunk_size>;
  std::unique_ptr<std::atomic<Chunk*>[]> chunks_;  // by user ÷ chunk_size; release/acquire
  std::atomic<std::uint64_t> changes_{0};          // release; pairs with changes()
};

}  // namespace muster::registrar
