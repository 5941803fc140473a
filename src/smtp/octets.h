// The buffer a letter is written into, and the ways to write to it.
#pragma once

#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace muster::smtp {

using Octets = std::vector<Byte>;

inline void add(Octets& to, std::string_view text) {
  const auto bytes = as_bytes(text);
  to.insert(to.end(), bytes.begin(), bytes.end());
}
inline void add(Octets& to, char octet) {
  to.push_back(static_cast<Byte>(octet));
}
inline void add(Octets& to, const Octets& octets) {
  to.insert(to.end(), octets.begin(), octets.end());
}

}  // namespace muster::smtp
