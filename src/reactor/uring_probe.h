// Whether io_uring may be used here, and what to say where it may not.
//
// Containers forbid it by seccomp, administrators by sysctl, old kernels do not have what we need.
// Only trying tells, so the probe makes a ring and sends a no-op round.
#pragma once

#include <liburing.h>

#include "base/result.h"

namespace muster::reactor {

// Linux 6.1: the oldest kernel that has both, and then everything else that we use.
inline constexpr unsigned uring_flags =
    IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL;

// 0: it works here. Otherwise an errno.
[[nodiscard]] int probe_uring();
// What /proc/sys/kernel/io_uring_disabled says: '0', '1' or '2'; 0 where there is no such file.
[[nodiscard]] char uring_disabled();
// The words for a refusal with that errno, where `disabled` is what uring_disabled() says.
[[nodiscard]] Complaint complaint_about_uring(int os_error, char disabled);

// A ring that is made disabled will do nothing but our operations once it is enabled. 0 or an
// errno.
[[nodiscard]] int restrict_uring(io_uring& ring);
// Binds a ring that was made disabled to this thread. 0 or an errno.
[[nodiscard]] int enable_uring(io_uring& ring);

}  // namespace muster::reactor
