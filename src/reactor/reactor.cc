#include "reactor/reactor.h"

#include <mutex>
#include <utility>

#include "base/assert.h"
#include "base/log.h"
#include "reactor/epoll_network.h"
#include "reactor/uring_network.h"

namespace muster::reactor {
namespace {

// A shard each opens a network; the operator needs to be told once.
void warn_once(const Complaint& complaint) {
  static std::once_flag warned;
  std::call_once(warned, [&complaint] {
    log::warning("reactor", "using epoll", {{"because", complaint.line_of_text()}});
  });
}

template <class Network>
Result<std::unique_ptr<wire::Network>, Complaint> any(
    Result<std::unique_ptr<Network>, Complaint> made) {
  if (!made) {
    return tl::unexpected(std::move(made.error()));
  }
  return std::unique_ptr<wire::Network>(std::move(*made));
}

}  // namespace

const char* name_of(Kind kind) {
  switch (kind) {
    case Kind::automatic:
      return "automatic";
    case Kind::io_uring:
      return "io_uring";
    case Kind::epoll:
      return "epoll";
  }
  return "automatic";
}

Result<std::unique_ptr<wire::Network>, Complaint> open_network(Kind kind, const Clock& clock) {
  if (kind != Kind::epoll) {
    auto made = any(UringNetwork::open(clock));
    if (made || kind == Kind::io_uring) {
      return made;
    }
    warn_once(made.error());
  }
  return any(EpollNetwork::open(clock));
}

Kind kind_of(const wire::Network& network) {
  const auto* ours = dynamic_cast<const BaseNetwork*>(&network);
  MUSTER_ASSERT(ours != nullptr);
  return ours->kind();
}

}  // namespace muster::reactor
