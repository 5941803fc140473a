// What `muster doctor --roster` asks: a roster's hygiene, and which devices fell silent.
//
// Only devices that check in with Muster are heard of; of others nobody can say that they are
// silent. Looks only, also while a server runs.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "base/time.h"
#include "muster/error.h"
#include "roster/hygiene.h"

namespace muster::service {

inline constexpr std::chrono::hours silent_after = std::chrono::days(30);

using roster::Finds;
using roster::Hygiene;

[[nodiscard]] Checked<Hygiene> hygiene_of(const std::string& data_dir, std::size_t examples_max,
                                          WallTime now);

}  // namespace muster::service
