// A location: a content token of Apple School or Business Manager, and how its users stand with
// Apple's Apps and Books. No secrets here.
#pragma once

#include <cstdint>
#include <string>

namespace muster {

struct Location {
  std::string id;              // "default" where nothing else is said
  std::string organisation;    // whose token it is
  std::string name;            // what Apple calls the location; empty: not asked yet
  std::string expires_at;      // ISO 8601; empty: no token
  std::int64_t days_left = 0;  // whole ones; less than 0: expired
  // ok; unproved (Apple was not asked yet); foreign (another MDM server uses the token); refused
  // (Apple does not take it); codes (no token, invitation codes were imported)
  std::string condition;
  std::string words;             // what to know and to do, in one line; empty: all is well
  std::uint64_t waiting = 0;     // users who are being registered
  std::uint64_t registered = 0;  // have a code
  std::uint64_t enrolled = 0;
  std::uint64_t refused = 0;  // Apple refused to register them
};

}  // namespace muster
