// Question: how long after it was asked for has one invitation to one device left, and how long
// until it is recorded, on a connection that an earlier task left open?
//
//   latency_bench SETTINGS [ROUNDS]     settings of a data directory whose users are u0000001 …,
//                                       as muster-loadgen writes them, and of a --fast sink
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

// False: it could not be sent.
bool send_to(muster::Dispatcher& dispatcher, int user) {
  std::array<char, 16> id{};
  (void)std::snprintf(id.data(), id.size(), "u%07d", user);
  muster::Selector selector;
  selector.user = id.data();
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
  if (!dispatcher.wait(*task, std::chrono::seconds(10))) {
    std::fprintf(stderr, "%s: no end in 10 s\n", id.data());
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
    if (!send_to(**dispatcher, user)) {
      return 1;
    }
  }
  return 0;
}
