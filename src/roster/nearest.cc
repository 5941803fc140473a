#include "roster/nearest.h"

#include <algorithm>
#include <vector>

#include "base/ascii.h"

namespace muster::roster {
namespace {

// Levenshtein's distance, letters compared without case.
std::size_t distance_between(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) {
    row[j] = j;
  }
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t above = row[j + 1];
      const std::size_t replaced = diagonal + (ascii_lower(a[i]) == ascii_lower(b[j]) ? 0 : 1);
      row[j + 1] = std::min({above + 1, row[j] + 1, replaced});
      diagonal = above;
    }
  }
  return row[b.size()];
}

// Beyond this length nobody mistypes a word; it also bounds the work a hostile word can cause.
constexpr std::size_t word_bytes_max = 64;

}  // namespace

Nearest::Nearest(std::string_view wanted)
    : wanted_(wanted.substr(0, word_bytes_max)), distance_(wanted_.size() / 3 + 2) {}

void Nearest::offer(std::string_view known) {
  const auto difference =
      known.size() > wanted_.size() ? known.size() - wanted_.size() : wanted_.size() - known.size();
  if (difference >= distance_ || known.size() > word_bytes_max) {
    return;
  }
  if (const auto distance = distance_between(wanted_, known); distance < distance_) {
    distance_ = distance;
    word_ = known;
  }
}

std::string nearest(std::string_view wanted, std::span<const std::string_view> known) {
  Nearest search(wanted);
  for (const auto word : known) {
    search.offer(word);
  }
  return search.word();
}

std::string did_you_mean(const std::string& word, const std::string& otherwise) {
  return word.empty() ? otherwise : "did you mean '" + word + "'?";
}

std::string list_of(std::span<const std::string_view> words) {
  std::string text;
  for (const auto word : words) {
    text += text.empty() ? "" : ", ";
    text += word;
  }
  return text;
}

}  // namespace muster::roster
