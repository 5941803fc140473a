// Users who cannot be registered because of their location's content token: it has expired, Apple
// does not take it, or another MDM server holds it.
//
// Their invitations fail at once, with that reason (pipeline/clearance.h), until somebody mends the
// token; here it is said before a send, and a send that would reach nobody else is refused.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/number_set.h"
#include "base/result.h"
#include "registrar/registrar.h"
#include "roster/roster.h"

namespace muster::service {

// Whose token it is, what is wrong with it and what to do; empty: nothing is wrong.
[[nodiscard]] std::string why_stopped(const registrar::LocationFacts& location);

struct StoppedUsers {
  std::string location;
  std::string why;          // as why_stopped()
  std::uint64_t users = 0;  // of those asked for: are not registered, and cannot be
};
// Costs a look at each user where a location is stopped, and nothing where none is.
[[nodiscard]] Result<std::vector<StoppedUsers>> stopped_users(
    const std::string& dir, const std::vector<registrar::LocationFacts>& locations,
    roster::RosterReader& roster, const NumberSet& users);

}  // namespace muster::service
