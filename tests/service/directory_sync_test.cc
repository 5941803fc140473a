#include "service/directory_sync.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace muster::service {
namespace {

using namespace std::chrono_literals;

TEST(DirectorySync, ReadsAtOnceAndAgainWhateverBecameOfIt) {
  std::atomic<int> times = 0;
  std::promise<void> thrice;
  const DirectorySync sync(1ms, [&](const std::function<bool()>&) -> Checked<ImportReport> {
    const int time = ++times;
    if (time == 1) {
      return Failure{FailureKind::cannot_start, "nobody answers there"};
    }
    if (time == 3) {
      thrice.set_value();
    }
    return ImportReport{};
  });
  EXPECT_EQ(thrice.get_future().wait_for(60s), std::future_status::ready);
}

TEST(DirectorySync, ItsEndInterruptsWhatIsBeingRead) {
  std::promise<void> begun;
  bool interrupted = false;
  {
    const DirectorySync sync(24h,
                             [&](const std::function<bool()>& keep_on) -> Checked<ImportReport> {
                               begun.set_value();
                               while (keep_on()) {
                                 std::this_thread::yield();
                               }
                               interrupted = true;
                               return Failure{FailureKind::refused, "interrupted"};
                             });
    begun.get_future().wait();
  }
  EXPECT_TRUE(interrupted);
}

TEST(DirectorySync, ItsEndDoesNotWaitForTheNextTime) {
  std::promise<void> done;
  {
    const DirectorySync sync(24h, [&](const std::function<bool()>&) -> Checked<ImportReport> {
      done.set_value();
      return ImportReport{};
    });
    done.get_future().wait();
  }
  SUCCEED();
}

}  // namespace
}  // namespace muster::service
