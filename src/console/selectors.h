// The selector in a request's body, as previews and sends share it.
#pragma once

#include "console/body.h"
#include "muster/selector.h"

namespace muster::console {

// What is wrong with it the body complains of.
[[nodiscard]] Selector selector_in(Body& body);

}  // namespace muster::console
