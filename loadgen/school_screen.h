// What a rehearsal says on standard error while it plays: one line a stage; on a terminal a bar
// under way, elsewhere a line now and then.
#pragma once

#include <cstdint>
#include <string>

#include "base/time.h"

namespace muster::loadgen {

class SchoolScreen {
 public:
  SchoolScreen();

  void begin(const std::string& stage);
  // `done` of `of` (0: nobody knows), and more in words.
  void show(std::uint64_t done, std::uint64_t of, const std::string& more);
  // The stage is over. Its seconds.
  double end();

 private:
  SystemClock clock_;
  bool terminal_;
  std::string stage_;
  Instant began_;
  Instant shown_;
};

}  // namespace muster::loadgen
