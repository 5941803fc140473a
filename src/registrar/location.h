// One location in the registrar's memory: its row, its queues, and when it is due.
//
// Queues hold user numbers and are hints: whoever takes a number out looks at the row and leaves
// alone who is no longer what the queue took him for. So a user may stand in several, or twice.
#pragma once

#include <deque>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "base/assert.h"
#include "base/time.h"
#include "registrar/back_off.h"
#include "registrar/content_token.h"
#include "registrar/progress.h"
#include "store/registration_store.h"

namespace muster::registrar {

// A batch whose event is stored and whose fate is open.
struct OpenBatch {
  store::BatchRow row;
  Instant ask_at;  // its status, next
  std::uint32_t asks = 0;
  Instant overdue_at;  // then it is read back, whatever its status says
};

// A user who was asked for and has no event: Apple may know him.
struct Unsettled {
  UserNumber user = 0;
  bool counts = false;  // Apple said that he was done: not to find him costs him a try
};

// To be tried again at a time of his own.
struct Later {
  Instant at;
  UserNumber user = 0;
  friend bool operator>(const Later& left, const Later& right) { return left.at > right.at; }
};

// A walk over GET /users. Pages that have been read are applied and need not be read again, unless
// the list moved under the walk: then users may have slipped from a page ahead to one behind.
struct Walk {
  std::string since;    // empty: over all
  std::string version;  // of its first page
  std::uint32_t pages = 1;
  std::uint32_t page = 0;  // the next one
  std::uint32_t restarts = 0;
  bool moved = false;  // since the last (re)start
};

struct Location {
  store::LocationRow row;

  std::deque<UserNumber> wanted;
  std::priority_queue<Later, std::vector<Later>, std::greater<>> later;
  std::vector<OpenBatch> batches;
  std::vector<Unsettled> unsettled;  // wait for the end of a walk
  std::deque<Unsettled> lookups;     // to be asked for one by one
  bool looked_up = false;            // in the last step
  std::optional<Walk> walk;
  bool walk_wanted = false;
  std::uint32_t batch_size = 1;  // ≤ Apple's limit; less after a batch was refused as a whole

  Instant poll_at;  // the next walk for who has accepted
  Instant not_before;
  Instant paced_until;
  Instant proved_until;               // whose the token is need not be asked before
  bool notifications_off = false;     // Apple cannot reach us
  std::uint64_t shared_accounts = 0;  // idHashes that stand for several users
  std::string trouble;                // for people: why Apple is left alone just now
  BackOff back_off;

  [[nodiscard]] Hold hold() const { return static_cast<Hold>(row.standing); }
  // The walk that is on.
  [[nodiscard]] Walk& walking() {
    MUSTER_ASSERT(walk.has_value());
    return *walk;
  }
  // Whether Apple may be asked anything about it.
  [[nodiscard]] bool open() const {
    return !row.content_token.empty() && (hold() == Hold::ok || unproved());
  }
  // Why none of its users can be registered until a person has seen to its content token; none:
  // nothing is in the way.
  [[nodiscard]] Reason stopped(WallTime now) const {
    if (row.content_token.empty()) {
      return Reason::none;  // who has no code there is refused by himself
    }
    if (hold() == Hold::foreign) {
      return Reason::content_token_foreign;
    }
    const bool expired = expiry_of(row.expires_at, now) == Expiry::expired;
    return expired                   ? Reason::content_token_expired
           : hold() == Hold::refused ? Reason::content_token_refused
                                     : Reason::none;
  }
  [[nodiscard]] bool unproved() const {
    return hold() == Hold::unproved || hold() == Hold::to_be_taken_over;
  }
};

}  // namespace muster::registrar
