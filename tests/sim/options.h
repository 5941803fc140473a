// What a simulation does, drawn from its seed: sizes, faults and their shares, crashes and drains.
//
// Each kind of fault is on in some seeds and off in others, so that a rare one is not always hidden
// behind a frequent one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"

namespace muster::sim {

// Shares are probabilities: of a request where nothing else is said.
struct Faults {
  double refused = 0;      // of a connection attempt: nobody listens
  double unreachable = 0;  // of a connection attempt: no answer, given up after ten seconds
  double cut = 0;          // of a connection: reset after some number of bytes either way
  double black_hole = 0;   // of a connection: from some moment on bytes vanish
  double bad_status = 0;   // 400, 410, 429, 500, 503
  double stream_refused = 0;
  double stream_reset = 0;
  double stream_silent = 0;
  double goaway = 0;
  double one_stream = 0;   // SETTINGS fall to one stream and come back
  double window_shut = 0;  // of a connection: WINDOW_UPDATE is withheld
  std::string text() const;
};

struct Options {
  std::uint64_t seed = 0;
  std::uint32_t invitations = 0;
  std::uint32_t shards = 1;
  std::uint32_t connections = 1;
  std::uint32_t streams = 1000;
  std::uint32_t tokens_lost = 0;  // devices without a token since Send
  std::uint32_t canary = 0;
  std::uint32_t rate = 0;
  Duration latency_most{};
  Faults faults;
  Duration faults_last{};
  // In requests seen by the far end: what happens, and when.
  std::vector<std::uint64_t> crashes;
  std::vector<std::uint64_t> drains;

  [[nodiscard]] static Options draw(std::uint64_t seed);
  [[nodiscard]] std::string text() const;
};

}  // namespace muster::sim
