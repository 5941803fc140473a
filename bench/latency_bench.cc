// Question: how long after Dispatcher::send() has one invitation to one device been sent, answered
// and recorded, on a connection that an earlier task left open? The push itself leaves before that,
// so 5 ms here is the stricter bound.
//
//   latency_bench SETTINGS [ROUNDS]     settings of a data directory whose users are u0000001 …,
//                                       as muster-loadgen writes them, and of a --fast sink
//
// Not a Google Benchmark: each round is another user, and the median and the worst are the answer.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "muster/dispatcher.h"
#include "settings/read.h"

namespace {

// Milliseconds from send() to the task's end; nothing where it cannot be sent.
double send_to(muster::Dispatcher& dispatcher, int user) {
  constexpr double failed = -1;
  std::string id = std::to_string(user);
  id.insert(0, 7 - std::min<std::size_t>(7, id.size()), '0');
  muster::Selector selector;
  selector.user = "u" + id;
  const auto preview = dispatcher.preview(selector);
  if (!preview || preview->invitations == 0) {
    return failed;
  }
  const auto begun = std::chrono::steady_clock::now();
  const auto task = dispatcher.send(*preview, {});
  if (!task || !dispatcher.wait(*task, std::chrono::seconds(10))) {
    return failed;
  }
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun)
      .count();
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
  const double first = send_to(**dispatcher, 1);  // opens the connection
  std::vector<double> times;
  for (int user = 2; static_cast<int>(times.size()) < rounds && user < 10 * rounds; ++user) {
    if (const double time = send_to(**dispatcher, user); time >= 0) {
      times.push_back(time);
    }
  }
  if (times.empty()) {
    std::fputs("nothing could be sent\n", stderr);
    return 1;
  }
  std::sort(times.begin(), times.end());
  std::printf("first (cold) %.2f ms; then of %zu: median %.2f ms, worst %.2f ms\n", first,
              times.size(), times[times.size() / 2], times.back());
  return 0;
}
