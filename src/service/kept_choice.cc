#include "service/kept_choice.h"

#include <utility>

namespace muster::service {

Checked<Preview> KeptChoice::preview(roster::RosterReader& roster, const Settings& settings,
                                     const Selector& selector, bool managed) {
  kept_.reset();  // before the next is made: two of a million devices are never there at once
  // Asked first: what is committed while we select makes the selection an old one.
  const auto state = roster.state();
  auto chosen = select(roster, settings, selector, managed);
  if (!chosen) {
    return chosen.failure();
  }
  auto preview = chosen->preview;
  if (state) {
    kept_ = Kept{*state, managed, std::move(*chosen)};
  }
  return preview;
}

Checked<Chosen> KeptChoice::take(roster::RosterReader& roster, const Settings& settings,
                                 const Selector& selector, bool managed) {
  auto kept = std::exchange(kept_, std::nullopt);
  if (kept && kept->chosen.preview.selector == selector && kept->managed == managed) {
    const auto state = roster.state();  // where it cannot be told, selecting says why
    if (state && *state == kept->state) {
      return std::move(kept->chosen);
    }
  }
  kept.reset();
  return select(roster, settings, selector, managed);
}

Checked<Chosen> KeptChoice::select(roster::RosterReader& roster, const Settings& settings,
                                   const Selector& selector, bool managed) {
  ++selections_;
  return choose(roster, settings, selector, managed);
}

}  // namespace muster::service
