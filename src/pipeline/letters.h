// The letters on their way, in a slab beside the slab of jobs.
//
// Where there is mail, the last limits::letters_max slots of the slab are mail's, and each has a
// letter of its own. So push cannot take mail's slots, however full it keeps the slab, a slow relay
// cannot take push's, and a slot that comes home brings its letter along. Owned by Crossings; who
// may touch which letter follows from its slot (model/letter.h).
#pragma once

#include <memory>

#include "base/assert.h"
#include "model/letter.h"
#include "model/limits.h"

namespace muster::pipeline {

class Letters {
 public:
  static constexpr Slot first = limits::slots_max - limits::letters_max;

  explicit Letters(bool any)
      : letters_(any ? std::make_unique<Letter[]>(limits::letters_max) : nullptr) {}

  [[nodiscard]] bool any() const { return letters_ != nullptr; }
  // Whether it is a slot of mail.
  [[nodiscard]] bool holds(Slot slot) const { return slot >= first && letters_ != nullptr; }
  // Slots that are push's: all below.
  [[nodiscard]] Slot begin() const { return any() ? first : limits::slots_max; }
  [[nodiscard]] Letter& operator[](Slot slot) {
    MUSTER_ASSERT(holds(slot));
    return letters_[slot - first];
  }

 private:
  std::unique_ptr<Letter[]> letters_;
};

}  // namespace muster::pipeline
