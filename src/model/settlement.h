// A settlement: what the ledger is told about one job. Crosses from a shard to the ledger's thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

#include "model/id.h"
#include "model/outcome.h"

namespace muster {

struct Settlement {
  // settled: `outcome` is the invitation's state now (sent, failed, …, deferred, in_doubt).
  // slow: no answer yet, but the answer takes over a second: move the row out so that the mark can
  // pass.
  //       The slot stays with the shard; another settlement follows.
  // returned: not written to any peer (pause, cancel, drain): the invitation stays queued.
  enum class Kind : std::uint8_t { settled, slow, returned };

  Slot slot = 0;
  InvitationNumber invitation = 0;
  std::uint32_t page = 0;
  TaskIndex task = 0;
  Kind kind = Kind::settled;
  bool from_exception = false;  // the home page's slot says `elsewhere`: patch it
  bool in_doubt = false;        // an earlier attempt may have arrived: this one repeats it
  Outcome outcome;
  std::uint16_t status = 0;  // the peer's status (200, 410, …); 0: none
  std::uint32_t generation = 0;
  std::int64_t next_at_ms = 0;    // deferred, in_doubt: wall time of the next attempt
  std::int64_t timestamp_ms = 0;  // the 410's timestamp; 0: none
  // Mail: the last reply, in the job's letter; good until the slot is freed. Empty: none.
  std::string_view reply;
};
static_assert(std::is_trivially_copyable_v<Settlement> && sizeof(Settlement) <= 64);

}  // namespace muster
