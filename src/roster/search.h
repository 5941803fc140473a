// What an administrator types to find somebody: occurs in a text, ASCII's case aside.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "base/ascii.h"

namespace muster::roster {

class Search {
 public:
  explicit Search(std::string wanted) : wanted_(std::move(wanted)) {
    std::ranges::transform(wanted_, wanted_.begin(), ascii_lower);
  }
  [[nodiscard]] bool empty() const { return wanted_.empty(); }
  [[nodiscard]] bool finds(std::string_view text) const {
    const auto found = std::ranges::search(text, wanted_, {}, ascii_lower);
    return wanted_.empty() || !found.empty();
  }

 private:
  std::string wanted_;
};

}  // namespace muster::roster
