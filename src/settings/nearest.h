// The known word that somebody most likely meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace muster::settings {

// How many letters must be put in, left out or replaced to make `b` of `a` (Levenshtein).
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);
// The first of the nearest; empty where there are no words.
[[nodiscard]] std::string nearest(std::string_view word, const std::vector<std::string>& words);

}  // namespace muster::settings
