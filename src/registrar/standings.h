// How each user stands with Apple's Apps and Books, for whoever must know at once: the pipeline,
// for each invitation, on its own thread.
//
// A location that Apple's service is closed to holds up all of its users at once, and lets them go
// on at once: its reason is kept once, not with each of them.
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
  stopped,     // would be, but nothing may be asked of Apple for his location; the reason says why
  registered,  // has a code: can be invited
  associated,  // accepted, or had a Managed Apple Account: enrolled
  refused,     // Apple refused; the reason says why
  retired,     // was removed at Apple's
};

class Standings {
 public:
  struct Seen {
    Standing standing = Standing::unknown;
    Reason reason = Reason::none;  // of refused and stopped
    friend bool operator==(const Seen&, const Seen&) = default;
  };
  Standings();
  ~Standings();
  Standings(const Standings&) = delete;
  Standings& operator=(const Standings&) = delete;

  [[nodiscard]] Seen at(UserNumber user) const;  // any thread
  // The registrar's thread alone. `location`: of one who waits, 1 to limits::locations_max; 0: of
  // none.
  void set(UserNumber user, Seen seen, std::uint32_t location = 0);
  // Why nobody can be registered there now; none: he can. The registrar's thread alone.
  void stop(std::uint32_t location, Reason reason);
  // One who was refused is going to be tried anew: he waits from now on. Any thread.
  void reconsider(UserNumber user);
  // Raised by whatever changed something: a reader that waits looks again. Any thread.
  [[nodiscard]] std::uint64_t changes() const { return changes_.load(std::memory_order_acquire); }

 private:
  static constexpr std::uint32_t chunk_size = 1U << 16;  // users
  using Chunk = std::array<std::atomic<std::uint16_t>, chunk_size>;
  std::unique_ptr<std::atomic<Chunk*>[]> chunks_;  // by user ÷ chunk_size; release/acquire
  // Reasons by location; release/acquire.
  std::unique_ptr<std::atomic<std::uint8_t>[]> stopped_;
  std::atomic<std::uint64_t> changes_{0};  // release; pairs with changes()
};

}  // namespace muster::registrar
