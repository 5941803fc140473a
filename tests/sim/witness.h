// What our side was told about each attempt: written down between the shard and the session.
//
// The witness knows what was submitted and what each session said became of it. Beside the far
// end's journal and the ledger's rows it is the third account of the same events; the checker
// (world.cc) holds the three against each other.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "wire/session.h"

namespace muster::sim {

// Of one apns-id, or one letter.
struct Attempts {
  std::uint32_t submitted = 0;
  std::uint32_t accepted = 0;     // 200s and 250s that came back to us
  std::uint32_t refused = 0;      // other answers that came back
  std::uint32_t unprocessed = 0;  // provably not acted upon, the session says
  std::uint32_t doubted = 0;
  std::uint32_t died = 0;       // on its way when the process died
  std::uint32_t forgotten = 0;  // accepted, and the process died before that was durable
  // Accepted since the last crash that forgot it: never more than one.
  std::uint32_t accepted_unforgotten = 0;
};

struct Witness {
  std::unordered_map<std::string, Attempts> attempts;  // by apns-id, or name_of_letter()
  std::unordered_multiset<std::string> on_the_way;
  std::vector<std::string> complaints;
  // Why a job may not be submitted; empty: it may.
  std::function<std::string(const Job&)> objection;
  bool dead = false;  // the process is dying: nobody hears what sessions still say

  void note(const std::string& id, const wire::Answer& answer);
  // Everything on the way died; returns how many.
  std::size_t crash();
};

// Of the n-th mailbox: its recipient's name.
[[nodiscard]] inline std::string name_of_letter(std::uint32_t n) {
  return "m" + std::to_string(n);
}

// The session itself, with the witness listening.
[[nodiscard]] std::unique_ptr<wire::DeliverySession> watched(
    std::unique_ptr<wire::DeliverySession> session, Witness& witness);

}  // namespace muster::sim
