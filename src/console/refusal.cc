#include "console/refusal.h"

#include "base/log.h"

namespace muster::console {

tl::unexpected<Refusal> refuse_for_trouble(const Error& error) {
  log::error("console", "control.db", {{"why", words(error)}});
  if (error.code == ErrorCode::store_busy) {
    return refuse(503, "another process is changing the same data; try again", 1);
  }
  return refuse(503, "the accounts cannot be read or changed; the server's log says why");
}

}  // namespace muster::console
