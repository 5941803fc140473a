// Bugs end the process, in every build.
//
// MUSTER_ASSERT states what Muster itself guarantees, never what came from outside. The ledger
// makes ending safe: whatever was not durable is done again under the same ids. Prints file, line
// and the condition to stderr, then aborts.
#pragma once

namespace muster {
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);
}  // namespace muster

#define MUSTER_ASSERT(condition)                                  \
  do {                                                            \
    if (!(condition)) [[unlikely]] {                              \
      ::muster::assertion_failed(#condition, __FILE__, __LINE__); \
    }                                                             \
  } while (false)
