// The console: the API, the events, the login and the page, behind one handler.
//
// It listens at DATA_DIR/muster.sock, for the commands of whoever owns the data directory; and it
// is handed to Dispatcher::listen(), which lets it answer whatever devices and Apple do not ask. A
// command that sends by itself does not listen: only the socket is there then. Requests are found
// in routes.h, answered on the lanes of workers.h, and what they may do is decided by visitor.h. To
// be ended before its dispatcher.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "console/bounds.h"
#include "console/uploads.h"
#include "console/workers.h"
#include "muster/dispatcher.h"

namespace muster::console {

// How much at once, beyond which requests are answered 503; and for how long.
struct ConsoleRoom {
  Workers::Plan workers = {};
  Uploads::Plan uploads = {};
  std::uint32_t listeners = limits::listeners_max;
  std::uint32_t exports = limits::exports_max;
  bool serves = true;  // false: of a command, which ends when what it sends rests
};

class Console {
 public:
  // Makes control.db where it is missing, and takes the socket. The complaint names the file and
  // the mend. Both outlive it.
  [[nodiscard]] static Result<std::unique_ptr<Console>, Complaint> open(
      Dispatcher& dispatcher, const Settings& settings, const Clock& clock,
      const ConsoleRoom& room = {});
  // Answers nobody any more: the dispatcher is told to unlisten() first.
  ~Console();
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  // For Dispatcher::listen(). Does not block.
  [[nodiscard]] WebHandler handler();
  // What /readyz says: from the first call with true until the one with false.
  void set_ready(bool ready);
  // Requests of the API: those that ever came, and those of them that are not answered yet. A
  // stream is answered when it has begun.
  struct Requests {
    std::uint64_t taken = 0;
    std::uint64_t open = 0;
  };
  [[nodiscard]] Requests requests() const;

 private:
  struct Implementation;
  explicit Console(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

// Where the socket of a data directory is.
[[nodiscard]] std::string socket_of(const std::string& data_dir);
// Whether a process holds that directory alone, whether or not it answers there.
[[nodiscard]] bool is_held(const std::string& data_dir);

}  // namespace muster::console
