// The door of a command that sends by itself: DIR/muster.sock, as long as it sends (design §3).
//
// By it other commands find what is being sent here, look at it, pause, cancel and retry it, and
// begin sends of their own in this process. Where it cannot be opened the send goes on without, and
// that is said once. Where another process sends (Dispatcher::elsewhere()) the door is that one's,
// and everything here does nothing. The program's first thread, but for close().
#pragma once

#include <cstdint>
#include <memory>

#include "base/time.h"
#include "cli/arguments.h"
#include "cli/screen.h"
#include "console/console.h"
#include "muster/dispatcher.h"

namespace muster::cli {

class Door {
 public:
  // All three outlive it.
  Door(Dispatcher& dispatcher, const Common& common, Screen& screen);

  void open();  // unless it is
  // Nobody comes in any more; who did is answered first. Removes the socket.
  void close();
  // Somebody has ever asked something by it.
  [[nodiscard]] bool knocked() const;
  // Somebody waits for an answer.
  [[nodiscard]] bool busy() const;

 private:
  Dispatcher& dispatcher_;
  const Common& common_;
  Screen& screen_;
  const SystemClock clock_;
  std::uint64_t taken_before_ = 0;  // by consoles that have ended
  bool complained_ = false;
  std::unique_ptr<console::Console> console_;
};

}  // namespace muster::cli
