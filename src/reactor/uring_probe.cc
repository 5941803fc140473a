#include "reactor/uring_probe.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace muster::reactor {
namespace {

constexpr std::array operations{IORING_OP_CONNECT, IORING_OP_RECV, IORING_OP_SEND,
                                IORING_OP_POLL_ADD, IORING_OP_ASYNC_CANCEL};

int probe_operations(io_uring& ring) {
  io_uring_probe* probe = io_uring_get_probe_ring(&ring);
  if (probe == nullptr) {
    return EINVAL;
  }
  bool all = true;
  for (const auto operation : operations) {
    all = all && io_uring_opcode_supported(probe, operation) != 0;
  }
  io_uring_free_probe(probe);
  return all ? 0 : EINVAL;
}

int go_round(io_uring& ring) {
  io_uring_prep_nop(io_uring_get_sqe(&ring));
  io_uring_cqe* completion = nullptr;
  const int result = io_uring_submit_and_wait_timeout(&ring, &completion, 1, nullptr, nullptr);
  if (result < 0) {
    return -result;
  }
  return completion == nullptr ? EIO : -completion->res;
}

// liburing 2.3 declares functions for what we register here and its archive has them, but its
// shared library does not export them: linking against it fails, so we make the system call.
int register_with(io_uring& ring, unsigned what, const void* values, std::size_t count) {
  const auto result = ::syscall(SYS_io_uring_register, ring.ring_fd, what, values, count);
  return result < 0 ? errno : 0;
}

}  // namespace

int probe_uring() {
  io_uring ring{};
  if (const int result = io_uring_queue_init(8, &ring, uring_flags); result != 0) {
    return -result;
  }
  int os_error = probe_operations(ring);
  if (os_error == 0) {
    os_error = go_round(ring);
  }
  io_uring_queue_exit(&ring);
  return os_error;
}

char uring_disabled() {
  const int fd = ::open("/proc/sys/kernel/io_uring_disabled", O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return 0;
  }
  char digit = 0;
  const auto count = ::read(fd, &digit, 1);
  ::close(fd);
  return count == 1 ? digit : '\0';
}

Complaint complaint_about_uring(int os_error, char disabled) {
  Complaint complaint;
  complaint.cause = os_error == EPERM || os_error == EACCES
                        ? Error{ErrorCode::not_permitted, os_error}
                        : Error{ErrorCode::os, os_error};
  complaint.found = "io_uring cannot be used here: " + words(complaint.cause);
  const std::string otherwise = "or set reactor.kind to \"epoll\" or \"auto\"";
  switch (os_error) {
    case EPERM:
    case EACCES:
      complaint.mend = disabled == '1' || disabled == '2'
                           ? "set sysctl kernel.io_uring_disabled to 0, " + otherwise
                           : "allow io_uring in the container's seccomp profile, " + otherwise;
      break;
    case ENOMEM:
      complaint.mend = "raise the limit of locked memory (ulimit -l, LimitMEMLOCK=), " + otherwise;
      break;
    case EMFILE:
    case ENFILE:
      complaint.mend = "raise the limit of open files (ulimit -n, LimitNOFILE=)";
      break;
    default:  // ENOSYS, EINVAL: built without it, too old, or hidden by a sandbox
      complaint.mend = "use Linux 6.1 or later with CONFIG_IO_URING, " + otherwise;
      break;
  }
  return complaint;
}

int restrict_uring(io_uring& ring) {
  std::array<io_uring_restriction, operations.size() + 1> allowed{};
  for (std::size_t n = 0; n < operations.size(); ++n) {
    allowed[n].opcode = IORING_RESTRICTION_SQE_OP;
    allowed[n].sqe_op = static_cast<std::uint8_t>(operations[n]);
  }
  allowed.back().opcode = IORING_RESTRICTION_SQE_FLAGS_ALLOWED;
  allowed.back().sqe_flags = IOSQE_BUFFER_SELECT;
  return register_with(ring, IORING_REGISTER_RESTRICTIONS, allowed.data(), allowed.size());
}

int enable_uring(io_uring& ring) {
  return register_with(ring, IORING_REGISTER_ENABLE_RINGS, nullptr, 0);
}

}  // namespace muster::reactor
