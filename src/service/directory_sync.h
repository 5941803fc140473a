// Reads the directory service again and again, on a thread of its own.
//
// The first time at once, then every so often from one end to the next beginning, whatever became
// of it: a directory that cannot be reached changes nothing and is asked again. What each time said
// goes to the log.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "muster/dispatcher.h"

namespace muster::service {

class DirectorySync {
 public:
  // Reads and writes once; ends early where it is told not to go on.
  using Sync = std::function<Checked<ImportReport>(const std::function<bool()>& keep_on)>;
  DirectorySync(std::chrono::milliseconds every, Sync sync);
  // Interrupts what is being read.
  ~DirectorySync();
  DirectorySync(const DirectorySync&) = delete;
  DirectorySync& operator=(const DirectorySync&) = delete;

 private:
  void run();

  const std::chrono::milliseconds every_;
  const Sync sync_;
  std::mutex mutex_;
  std::condition_variable woken_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace muster::service
