// c-ares with its sockets: asks DNS, sleeps until something comes, and calls back.
//
// Everything asked is one question to the resolver as it stands: no search list, no hosts file
// (ares_query knows neither). c-ares asks again over TCP where an answer was cut short, and after
// `patience` without an answer, waiting twice as long each time, until it has asked `tries` times;
// of several resolvers that the system names it asks the next one then.
//
// Belongs to one thread after it was opened. Callbacks come from within ares_query, turn() and the
// destructor, which answers whatever is open with ARES_EDESTRUCTION.
#pragma once

#include <ares.h>
#include <poll.h>

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace muster::reactor {

class DnsChannel {
 public:
  // `resolver` is "192.0.2.53:53" or "[2001:db8::53]:53"; empty: what resolv.conf(5) says, or this
  // machine where that says nothing. Error: `resolver` is none of these.
  [[nodiscard]] static Result<std::unique_ptr<DnsChannel>> open(const std::string& resolver,
                                                                Duration patience, int tries);
  ~DnsChannel();
  DnsChannel(const DnsChannel&) = delete;
  DnsChannel& operator=(const DnsChannel&) = delete;

  [[nodiscard]] ares_channel get() const { return channel_; }
  // Sleeps until a packet came, a question's time is over, or `doorbell` can be read; then calls
  // back for all that was answered or given up.
  void turn(int doorbell);

 private:
  DnsChannel() = default;
  static void on_socket(void* channel, ares_socket_t socket, int readable, int writable);
  void watch(ares_socket_t socket, short events);
  [[nodiscard]] bool use(const std::string& resolver);

  ares_channel channel_ = nullptr;
  std::vector<pollfd> sockets_;  // that c-ares has open, and what it waits for
  std::vector<pollfd> polled_;   // a turn's copy: c-ares opens and closes sockets while it reads
};

}  // namespace muster::reactor
