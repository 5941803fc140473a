// Question: how long after it was asked for has one invitation to one device left, and how long
// until it is recorded, on a connection that an earlier task left open?
//
//   latency_bench SETTINGS [ROUNDS]     settings of a data directory whose users are u0000001 …,
//                                       as muster-loadgen writes them, and of a --fast sink
//   latency_bench SETTINGS 0 GROUP      the same for the first invitation of a group, behind one
//                                       to a user that opens the connection
//
// Not a Google Benchmark: it says when, a line a round, in nanoseconds of CLOCK_BOOTTIME:
//   asked for (before its preview)   send() called   send() returned   recorded
// The first line is of the cold connection. When the push arrived, the sink knows: its --arrivals
// has the same clock and as many lines. `bash bench/end_to_end.sh latency` lays them side by side.
#include <array>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

#include "muster/dispatcher.h"
#include "settings/read.h"

namespace {

std::int64_t boot_ns() {
  timespec now{};
  (void)::clock_gettime(CLOCK_BOOTTIME, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

muster::Selector user_of(int number) {
  std::array<char, 16> id{};
  (void)std::snprintf(id.data(), id.size(), "u%07d", number);
  muster::Selector selector;
  selector.user = id.data();
  return selector;
}

// False: it could not be sent.
bool send_to(muster::Dispatcher& dispatcher, const muster::Selector& selector,
             std::chrono::seconds limit) {
  const auto asked = boot_ns();
  const auto preview = dispatcher.preview(selector);
  if (!preview) {
    std::fprintf(stderr, "%s\n", preview.failure().line.c_str());
    return false;
  }
  const auto called = boot_ns();
  const auto task = dispatcher.send(*preview, {});
  const auto returned = boot_ns();
  if (!task) {
    std::fprintf(stderr, "%s\n", task.failure().line.c_str());
    return false;
  }
  if (!dispatcher.wait(*task, limit)) {
    std::fprintf(stderr, "%s%s: no end in time\n", selector.user.c_str(), selector.group.c_str());
    return false;
  }
  std::printf("%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 "\n", asked, called, returned,
              boot_ns());
  return true;
}

}  // namespace

int main(int count, char** words) {
  const int rounds = count > 2 ? std::atoi(words[2]) : 50;
  const auto settings = muster::settings::read_settings(count > 1 ? words[1] : "");
  if (!settings) {
    std::fprintf(stderr, "%s\n", settings.error().line_of_text().c_str());
    return 2;
  }
  auto dispatcher = muster::Dispatcher::open(*settings, muster::Access::send);
  if (!dispatcher) {
    std::fprintf(stderr, "%s\n", dispatcher.failure().line.c_str());
    return 3;
  }
  for (int user = 1; user <= rounds + 1; ++user) {  // the first one opens the connection
    if (!send_to(**dispatcher, user_of(user), std::chrono::seconds(10))) {
      return 1;
    }
  }
  if (count > 3) {
    muster::Selector group;
    group.group = words[3];
    return send_to(**dispatcher, group, std::chrono::minutes(10)) ? 0 : 1;
  }
  return 0;
}
