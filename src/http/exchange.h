// The seam between whoever asks web services and how the bytes travel: libcurl in the product
// (client.h), a script of answers in tests.
#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "http/message.h"

namespace muster::http {

class Exchange {
 public:
  virtual ~Exchange() = default;
  // Makes them all, as many at once as the implementation allows, and returns when each has its
  // response or its trouble: one a request, in their order. Blocks; used by one thread at a time.
  [[nodiscard]] virtual std::vector<Result<Response>> exchange(
      std::span<const Request> requests) = 0;
};

}  // namespace muster::http
