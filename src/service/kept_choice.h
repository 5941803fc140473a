// The last selection, kept for the send that follows its preview.
//
// A send must mean exactly whom its preview meant, so it has to know who is meant now. Selecting is
// the dearest step of both, so a preview's selection serves its send as well, for as long as
// nothing has been committed to the roster since: not by an import, nor by the keeper, nor by
// another process. Where anything has been, the send selects anew and finds out for itself whether
// it matters. One is kept at most: until it is taken or the next preview replaces it.
#pragma once

#include <cstdint>
#include <optional>

#include "base/assert.h"
#include "service/audience.h"

namespace muster::service {

// Used under the dispatcher's lock, and always with the same reader: a state is told by one
// connection.
class KeptChoice {
 public:
  // Selects, keeps it, and gives what a person is shown of it.
  // `managed` is for all three as choose() has it.
  [[nodiscard]] Checked<Preview> preview(roster::RosterReader& roster, const Settings& settings,
                                         const Selector& selector, bool managed = false);
  // Who is meant now. Afterwards nothing is kept.
  [[nodiscard]] Checked<Chosen> take(roster::RosterReader& roster, const Settings& settings,
                                     const Selector& selector, bool managed = false);
  [[nodiscard]] bool holds() const { return kept_.has_value(); }
  // Who is meant by what it holds.
  [[nodiscard]] const NumberSet& users() const {
    MUSTER_ASSERT(kept_.has_value());
    return kept_->chosen.selection.users;
  }
  // How often it has selected: a preview and its send are one selection.
  [[nodiscard]] std::uint64_t selections() const { return selections_; }

 private:
  [[nodiscard]] Checked<Chosen> select(roster::RosterReader& roster, const Settings& settings,
                                       const Selector& selector, bool managed);
  struct Kept {
    std::uint64_t state = 0;  // the roster's, when the selection began
    bool managed = false;
    Chosen chosen;
  };
  std::optional<Kept> kept_;
  std::uint64_t selections_ = 0;
};

}  // namespace muster::service
