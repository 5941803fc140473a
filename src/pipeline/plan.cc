#include "pipeline/plan.h"

#include <algorithm>
#include <cmath>

namespace muster::pipeline {
namespace {

constexpr double busy_share = 0.85;  // beyond it, another connection would only cost memory
// Of the streams: so many in use count as all, since answers and new requests cross.
constexpr double in_use_share = 0.9;

// Pushes that one connection carries at once.
double capacity_of(const Measured& measured) {
  double capacity = static_cast<double>(measured.streams) / measured.connections;
  if (measured.window_bytes > 0 && measured.body_bytes != 0) {
    capacity = std::min(capacity, static_cast<double>(measured.window_bytes) / measured.body_bytes);
  }
  return std::max(1.0, capacity);
}

Bound bound_of(const Measured& measured, bool queueing) {
  if (measured.waiting == 0) {
    return Bound::none;
  }
  if (measured.busy >= busy_share) {
    return Bound::cpu;
  }
  if (!measured.full) {
    return Bound::none;
  }
  if (queueing) {
    return Bound::peer;
  }
  return static_cast<double>(measured.in_flight) >=
                 in_use_share * static_cast<double>(measured.streams)
             ? Bound::streams
             : Bound::window;
}

}  // namespace

std::string_view name_of(Bound bound) {
  switch (bound) {
    case Bound::none:
      return "";
    case Bound::streams:
      return "streams";
    case Bound::window:
      return "window";
    case Bound::cpu:
      return "CPU";
    case Bound::peer:
      return "peer";
    case Bound::connections:
      return "connections";
    case Bound::pace:
      return "pace";
  }
  return "";
}

Plan plan(const Measured& measured) {
  if (measured.connections == 0) {
    return Plan{1, measured.waiting != 0 ? Bound::peer : Bound::none};
  }
  const double capacity = capacity_of(measured);
  const auto wanted = static_cast<double>(measured.in_flight + measured.waiting) / capacity;
  // Before the first answers nothing is known of the path: one connection has to show it.
  const double seconds = static_cast<double>(measured.round_trip.count()) * 1e-9;
  const double usable = 2 * measured.rate * seconds / capacity;
  const bool queueing = usable < measured.connections;
  Plan made{measured.connections, bound_of(measured, queueing)};
  if (made.bound == Bound::streams || made.bound == Bound::window) {
    const auto most =
        std::min<double>(measured.connections_max, std::ceil(std::min(wanted, usable)));
    made.connections = std::max(made.connections, static_cast<std::uint32_t>(most));
  }
  return made;
}

}  // namespace muster::pipeline
