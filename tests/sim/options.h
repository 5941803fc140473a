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
  // mail
  double mail_busy = 0;        // of a connection: 421 instead of the greeting
  double mail_leave = 0;       // of a command: 421 amid the group
  double mail_deferred = 0;    // of a command: 4yz
  double mail_refused = 0;     // of a command: 5yz
  double mail_silent_end = 0;  // of a letter: the connection ends between the dot and its reply
  double dns_failed = 0;       // of a question
  std::string text() const;
};

struct Options {
  std::uint64_t seed = 0;
  std::uint32_t invitations = 0;  // by push
  std::uint32_t mailboxes = 0;    // … and by mail
  std::uint32_t shards = 1;
  std::uint32_t connections = 1;
  std::uint32_t streams = 1000;
  std::uint32_t tokens_lost = 0;  // devices without a token since Send
  std::uint32_t canary = 0;
  std::uint32_t rate = 0;
  Duration latency_most{};
  bool direct = false;  // mail goes to the domains' own hosts
  bool pipelining = false;
  std::uint32_t letters_a_connection = 0;  // 0: any number
  std::uint32_t letters_a_second = 0;      // our pace; 0: none
  bool asks = false;                       // whether users may be invited
  std::uint32_t accounts = 0;              // … users who need no invitation
  Duration registering_lasts{};            // until everybody has come to a word
  Faults faults;
  Duration faults_last{};
  // In pushes seen by the far end: what happens, and when.
  std::vector<std::uint64_t> crashes;
  std::vector<std::uint64_t> drains;
  std::vector<std::uint64_t> mail_crashes;  // in recipients seen by the mail server

  [[nodiscard]] static Options draw(std::uint64_t seed);
  [[nodiscard]] std::string text() const;
};

}  // namespace muster::sim
