#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace muster {

void assertion_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "muster: bug at %s:%d: %s does not hold\n", file, line, condition);
  std::abort();
}

}  // namespace muster
