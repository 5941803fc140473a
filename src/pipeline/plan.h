// How many connections the work wants, and what keeps it from going faster: a pure function.
//
// Theory. A connection carries at once as many pushes as the peer allows streams, or as bodies fit
// into its flow-control window: its capacity. A push occupies its place for one round trip. So
//
//   the work wants    (in flight + waiting) ÷ capacity      connections, to have all on their way;
//   the path can use  2 × rate × round trip ÷ capacity      of them.
//
// While the places bind, rate × round trip is what is in flight, and the second line lets the
// connections double. Once somebody else binds (this thread, or the peer), answers take longer than
// the shortest round trip, the second line says fewer than there are, and no more are opened: they
// would only make queues longer. The round trip is the shortest of late, since the rest is
// queueing.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/time.h"

namespace muster::pipeline {

// What limits the rate; none: nothing waits here.
enum class Bound : std::uint8_t {
  none,
  streams,  // every stream the peers allow is in use
  window,   // the flow-control windows have no room for another body
  cpu,      // this thread has no time to spare
  peer,     // nobody is connected, or answers come slower than the path needs
  // mail's
  connections,  // every connection that the settings allow is busy
  pace,         // so many a second, a minute or a day, and no more
};
// "streams", "window", "CPU", "peer", "connections", "pace"; empty for none.
[[nodiscard]] std::string_view name_of(Bound bound);

// One pool over the last stretch.
struct Measured {
  std::uint32_t connections = 0;      // open
  std::uint32_t connections_max = 1;  // as the settings allow
  std::uint64_t streams = 0;          // allowed on them, in all
  std::int64_t window_bytes = 0;      // of one connection when nothing is on its way; 0: unknown
  std::uint32_t body_bytes = 0;       // of one push; 0: unknown
  std::uint64_t in_flight = 0;
  std::uint64_t waiting = 0;  // jobs that this pool could take, had it places
  bool full = false;          // for most of the stretch there was no place
  double rate = 0;            // answers a second
  Duration round_trip{0};     // the shortest of late; 0: unknown
  double busy = 0;            // the thread's share of the time spent working, 0 to 1
};

struct Plan {
  std::uint32_t connections = 1;
  Bound bound = Bound::none;
};

[[nodiscard]] Plan plan(const Measured& measured);

}  // namespace muster::pipeline
