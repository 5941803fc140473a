// Where a server listens: an address of the network, or a file.
//
// A file's socket can be connected to by its owner alone, from its first moment on: its mode is set
// before anybody can connect. One that a dead process left behind is taken over; one that answers,
// and a file that is no socket, never. It is removed at the end, unless somebody else has put
// another one there.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"

namespace muster::http {

class Listener {
 public:
  // "host:port", "[address]:port" or "unix:FILE". The complaint names it.
  [[nodiscard]] static Result<Listener, Complaint> open(const std::string& listen);
  Listener(Listener&& other) noexcept;
  Listener& operator=(Listener&&) = delete;
  ~Listener();  // removes the file
  // The socket, once: non-blocking, and from now on the caller's to close.
  [[nodiscard]] int release();
  [[nodiscard]] std::uint16_t port() const { return port_; }  // 0: a file

 private:
  Listener() = default;
  [[nodiscard]] Result<void, Complaint> listen_on_network(const std::string& listen);
  [[nodiscard]] Result<void, Complaint> listen_on_file(const std::string& file);

  int fd_ = -1;
  std::uint16_t port_ = 0;
  std::string file_;  // empty: the network's
  // Which file it was that we made.
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

struct Accepted {
  int fd = -1;                       // non-blocking; below 0: see os_error
  int os_error = 0;                  // EAGAIN: nobody waits
  std::string peer;                  // "127.0.0.1:51234", "unix"
  std::optional<std::uint32_t> uid;  // the peer's, where it came by a file
};
// Whether a user may come by our file: the kernel has looked at its mode, which somebody may have
// changed since.
[[nodiscard]] bool may_enter(std::uint32_t user, std::uint32_t ours);
// The next who waits at a listening socket. EPERM: one who may not enter, and was sent away.
[[nodiscard]] Accepted accept_from(int listening);

}  // namespace muster::http
