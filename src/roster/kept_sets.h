// The store's sets, each read once, changed in memory and written only where it changed.
//
// For edits: a check-in touches a handful of sets, and writes those in which a number really moved.
// Lives inside one transaction of the store; what is not written is lost with it.
#pragma once

#include <cstdint>
#include <map>
#include <utility>

#include "base/number_set.h"
#include "base/result.h"
#include "store/roster_store.h"

namespace muster::roster {

class KeptSets {
 public:
  explicit KeptSets(store::RosterStore& store) : store_(store) {}

  // Good for as long as this object.
  [[nodiscard]] Result<const NumberSet*> read(store::SetKind kind, std::uint32_t key = 0);
  // Into the set, or out of it.
  [[nodiscard]] Result<void> put(store::SetKind kind, std::uint32_t key, std::uint32_t number,
                                 bool in);
  [[nodiscard]] Result<void> put(store::SetKind kind, std::uint32_t number, bool in) {
    return put(kind, 0, number, in);
  }
  [[nodiscard]] Result<void> replace(store::SetKind kind, NumberSet set);
  [[nodiscard]] Result<void> move(store::SetKind kind, const NumberSet& gained,
                                  const NumberSet& lost);
  [[nodiscard]] Result<void> write();

 private:
  struct Kept {
    NumberSet set;
    bool changed = false;
  };
  [[nodiscard]] Result<Kept*> kept(store::SetKind kind, std::uint32_t key);

  store::RosterStore& store_;
  std::map<std::pair<store::SetKind, std::uint32_t>, Kept> sets_;
};

}  // namespace muster::roster
