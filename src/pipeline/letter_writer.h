// A thread that has letters written: takes mail's jobs from the expander, has each composed into
// its letter, and hands them on to the mail shard.
//
// Composing costs more than everything else Muster does for a letter where it is signed (an RSA
// signature takes a quarter of a millisecond), so it is done off the expander and off the shard,
// whose connections must not wait for it. A stopped task's jobs are handed on as they are: the
// shard gives them back.
#pragma once

#include <functional>
#include <vector>

#include "base/thread.h"
#include "base/time.h"
#include "pipeline/crossings.h"

namespace muster::pipeline {

// Writes what is the composer's of a letter (model/letter.h). Called by any number of threads.
using Compose = std::function<void(const Job&, const Content&, Letter&, WallTime)>;

class LetterWriter {
 public:
  LetterWriter(Crossings& crossings, Compose compose, const Clock& clock);

  // Some letters at most, so that the first need not wait for the last; true: there may be more.
  bool turn();
  // The thread's body, until Crossings::ending and nothing waits to be written.
  void run();
  [[nodiscard]] Doorbell& bell() { return bell_; }

 private:
  Crossings& crossings_;
  Compose compose_;
  const Clock& clock_;
  Doorbell bell_;
  std::vector<Slot> slots_;
};

}  // namespace muster::pipeline
