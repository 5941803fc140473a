// Reads a behaviour from TOML. Anything wrong is one Complaint with file, line and column.
//
//   seed = 7                 # --seed wins
//   [[behaviour]]
//   kind = "not_now"         # silent error check_out not_now rotate late twice lost binary
//                            # fresh_token no_user_channel; of users: accept cancel
//   share = 0.1              # of the devices (users); rules of one question together at most 1
//   times = 3                # not_now: how often, each command
//   again = "itself"         # not_now: asks again by itself after pause_ms, or only when "pushed"
//   pause_ms = 500           # not_now; rotate: between the push that missed it and its TokenUpdate
//   least_ms = 100           # late: from wake to poll; accept: from dialog to tap
//   most_ms = 2000           # likewise; default: least_ms
//   as = "error"             # error: or "format", "invalid_program", "invalid_url"
//   when = "woken"           # check_out: or "handed"; rotate: or "pushed"
#pragma once

#include <string>

#include "base/result.h"
#include "loadgen/behaviour.h"

namespace muster::loadgen {

[[nodiscard]] Result<Behaviour, Complaint> read_behaviour_file(const std::string& file);
// The same from memory; `name` stands for the file in complaints.
[[nodiscard]] Result<Behaviour, Complaint> read_behaviour(const std::string& text,
                                                          const std::string& name);

}  // namespace muster::loadgen
