#include "service/directory_sync.h"

#include "base/log.h"
#include "base/thread.h"

namespace muster::service {
namespace {

void say(const Checked<ImportReport>& done) {
  if (!done) {
    log::warning("service", "the directory was not read", {{"why", done.failure().line}});
    return;
  }
  const auto count = [](std::uint64_t number) { return static_cast<std::int64_t>(number); };
  log::info("service", "the directory was read",
            {{"users", count(done->users)},
             {"groups", count(done->groups)},
             {"added", count(done->users_changed.added.count)},
             {"changed", count(done->users_changed.changed.count)},
             {"removed", count(done->users_changed.removed.count)},
             {"left_out", count(done->rejected)}});
  for (const auto& warning : done->warnings) {
    log::warning("service", "the directory says", {{"what", warning}});
  }
}

}  // namespace

DirectorySync::DirectorySync(std::chrono::milliseconds every, Sync sync)
    : every_(every),
      sync_(std::move(sync)),
      thread_(start_thread("directory", [this] { run(); })) {}

DirectorySync::~DirectorySync() {
  {
    const std::lock_guard guard(mutex_);
    ending_ = true;
  }
  woken_.notify_all();
  thread_.join();
}

void DirectorySync::run() {
  const auto keep_on = [this] {
    const std::lock_guard guard(mutex_);
    return !ending_;
  };
  std::unique_lock lock(mutex_);
  while (!ending_) {
    lock.unlock();
    const auto done = sync_(keep_on);
    lock.lock();
    if (!ending_) {
      say(done);
    }
    woken_.wait_for(lock, every_, [this] { return ending_; });
  }
}

}  // namespace muster::service
