// Any bytes as a stored set of numbers, with their checksum and without: read() stays within them.
// Nothing is asked of what it accepts: CRoaring 0.2 checks bounds but not sense, and a set forged
// behind a right checksum can crash its algorithms. The same bytes as ranges of numbers make a set
// that must read as it was written.
#include <algorithm>

#include "base/number_set.h"
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using muster::NumberSet;
  using muster::fuzz::demand;
  (void)NumberSet::read({data, size});
  (void)NumberSet::read(muster::fuzz::sealed({data, size}));
  NumberSet set;
  for (std::size_t at = 0; at + 6 <= size; at += 6) {
    const auto first = muster::load<std::uint32_t>(data + at);
    const auto count = muster::load<std::uint16_t>(data + at + 4);
    set.add_range(first, first + std::min<std::uint32_t>(count, UINT32_MAX - first));
  }
  const auto numbers = set.slice(0, 64);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    demand(set.contains(numbers[i]), "a set contains its numbers");
    demand(i == 0 || numbers[i - 1] < numbers[i], "numbers come in order");
    demand(set.at(i) == numbers[i] && set.rank(numbers[i]) == i, "rank and place agree");
  }
  const auto again = NumberSet::read(set.write());
  demand(again && *again == set, "a set reads as it was written");
  return 0;
}
