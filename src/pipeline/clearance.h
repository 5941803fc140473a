// What an invitation still needs before it may go out: the registrar's word on its user.
//
// A task of plain pushes and letters needs none. A task that invites to Managed Distribution asks
// for each of its users, when the invitation is issued and before each retry: a user without a code
// yet holds his page where it is (no slot is held meanwhile); one who has accepted is superseded;
// one whom Apple refused fails. The pipeline may not know the registrar: the service joins them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/id.h"
#include "model/outcome.h"

namespace muster::pipeline {

struct Clearance {
  enum class Word : std::uint8_t {
    go,        // has a code
    wait,      // will have one, or will be refused: ask again when changes() has moved
    enrolled,  // has accepted, or needs no invitation
    refused,
  };
  Word word = Word::go;
  Reason reason = Reason::none;  // of refused
};

class Clearances {
 public:
  virtual ~Clearances() = default;
  // Any thread; a look at memory: no lock, no allocation.
  [[nodiscard]] virtual Clearance of(UserNumber user) const = 0;
  // Moves after any of them has: whoever waits looks again. Any thread. Whoever moves it rings
  // Pipeline::clearances_changed().
  [[nodiscard]] virtual std::uint64_t changes() const = 0;
  // Whether what this device is woken for is there for it by now; asked for each push after its
  // user's word was go, until it is. The expander's thread.
  [[nodiscard]] virtual Clearance prepared(const TaskId& /*task*/, InvitationNumber /*invitation*/,
                                           DeviceNumber /*device*/) {
    return {};
  }
  // The invitation URL of each, for letters; empty: none (any more). The expander's thread.
  [[nodiscard]] virtual Result<void> read_urls(std::span<const UserNumber> users,
                                               std::vector<std::string>& into) = 0;
};

}  // namespace muster::pipeline
