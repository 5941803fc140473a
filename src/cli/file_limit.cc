#include "cli/file_limit.h"

#include <sys/resource.h>

#include <algorithm>

namespace muster::cli {

void raise_file_limit() {
  constexpr rlim_t enough = 65536;  // more than limits of ours let in
  rlimit now{};
  if (::getrlimit(RLIMIT_NOFILE, &now) != 0 || now.rlim_cur >= enough) {
    return;
  }
  now.rlim_cur = now.rlim_max == RLIM_INFINITY ? enough : std::min(now.rlim_max, enough);
  (void)::setrlimit(RLIMIT_NOFILE, &now);  // refused: the old one holds, and late comers wait
}

}  // namespace muster::cli
