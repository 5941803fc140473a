// One look at a store: everything read in it belongs to the same moment.
#pragma once

#include <tl/expected.hpp>

namespace muster::store {

// Runs `read`, which gives a Result, on one snapshot of a store that is open for reading.
template <class Store, class Read>
auto in_snapshot(Store& store, Read read) -> decltype(read()) {
  if (auto begun = store.begin(); !begun) {
    return tl::unexpected(begun.error());
  }
  auto value = read();
  store.rollback();  // nothing was written
  return value;
}

}  // namespace muster::store
