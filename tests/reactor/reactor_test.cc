// Which kernel interface one gets, and what is said where io_uring is forbidden.
#include "reactor/reactor.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstddef>

#include "reactor/uring_probe.h"
#include "tests/reactor/harness.h"

namespace muster::reactor {
namespace {

// What a container does: io_uring_setup answers `os_error`, everything else goes on.
bool forbid_io_uring(unsigned os_error) {
  std::array<sock_filter, 4> program{{
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_io_uring_setup},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | os_error},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
  }};
  const sock_fprog filter{program.size(), program.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

// Runs `body` in a child where io_uring is forbidden; gives what it wrote to stderr. The child ends
// with status 0 where `body` returns true.
template <class Body>
std::string told_without_io_uring(unsigned os_error, Body body) {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe(ends.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], STDERR_FILENO);
    ::_exit(forbid_io_uring(os_error) && body() ? 0 : 1);
  }
  ::close(ends[1]);
  std::string told;
  std::array<char, 4096> part{};
  for (ssize_t count = 0; (count = ::read(ends[0], part.data(), part.size())) > 0;) {
    told.append(part.data(), static_cast<std::size_t>(count));
  }
  ::close(ends[0]);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0) << told;
  return told;
}

TEST(Reactor, TakesIoUringByItselfWhereItWorks) {
  ASSERT_EQ(probe_uring(), 0)
      << complaint_about_uring(probe_uring(), uring_disabled()).line_of_text();
  const SystemClock clock;
  const auto network = open_network(Kind::automatic, clock);
  ASSERT_TRUE(network);
  EXPECT_EQ(kind_of(**network), Kind::io_uring);
}

TEST(Reactor, GivesTheKindThatIsAskedFor) {
  const SystemClock clock;
  for (const auto kind : {Kind::io_uring, Kind::epoll}) {
    const auto network = open_network(kind, clock);
    ASSERT_TRUE(network) << network.error().line_of_text();
    EXPECT_EQ(kind_of(**network), kind);
  }
}

TEST(Reactor, NamesItsKinds) {
  EXPECT_STREQ(name_of(Kind::automatic), "automatic");
  EXPECT_STREQ(name_of(Kind::io_uring), "io_uring");
  EXPECT_STREQ(name_of(Kind::epoll), "epoll");
}

TEST(Reactor, FallsBackToEpollWithOneWarningWhereIoUringIsForbidden) {
  const auto told = told_without_io_uring(EPERM, [] {
    const SystemClock clock;
    const auto first = open_network(Kind::automatic, clock);
    const auto second = open_network(Kind::automatic, clock);
    return first && second && kind_of(**first) == Kind::epoll && kind_of(**second) == Kind::epoll;
  });
  EXPECT_EQ(std::count(told.begin(), told.end(), '\n'), 1) << told;
  EXPECT_NE(told.find("level=warning room=reactor msg=\"using epoll\""), std::string::npos) << told;
  EXPECT_NE(told.find("Operation not permitted"), std::string::npos) << told;
}

TEST(Reactor, ComplainsWhereIoUringIsAskedForAndForbidden) {
  const auto told = told_without_io_uring(EPERM, [] {
    const SystemClock clock;
    const auto network = open_network(Kind::io_uring, clock);
    return !network && network.error().cause == Error{ErrorCode::not_permitted, EPERM} &&
           network.error().mend.find("seccomp") != std::string::npos;
  });
  EXPECT_EQ(told, "");
}

TEST(Reactor, ComplainsOfAKernelWithoutIoUring) {
  (void)told_without_io_uring(ENOSYS, [] {
    const SystemClock clock;
    const auto network = open_network(Kind::io_uring, clock);
    return !network && network.error().mend.find("Linux 6.1") != std::string::npos;
  });
}

TEST(Reactor, SaysTheMendThatFitsTheRefusal) {
  const auto mend = [](int os_error, char disabled) {
    return complaint_about_uring(os_error, disabled).mend;
  };
  EXPECT_NE(mend(EPERM, '2').find("sysctl kernel.io_uring_disabled"), std::string::npos);
  EXPECT_NE(mend(EPERM, '0').find("seccomp"), std::string::npos);
  EXPECT_NE(mend(EACCES, 0).find("seccomp"), std::string::npos);
  EXPECT_NE(mend(ENOMEM, '0').find("LimitMEMLOCK"), std::string::npos);
  EXPECT_NE(mend(EMFILE, '0').find("LimitNOFILE"), std::string::npos);
  EXPECT_NE(mend(EINVAL, '0').find("Linux 6.1"), std::string::npos);
  EXPECT_NE(complaint_about_uring(ENOMEM, '0').line_of_text().find("Cannot allocate memory"),
            std::string::npos);
}

}  // namespace
}  // namespace muster::reactor
