// The known word that a person probably meant.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace muster::roster {

// Offer every known word, then ask. Costs O(length²) a word; words of very different length cost
// nothing.
class Nearest {
 public:
  explicit Nearest(std::string_view wanted);
  void offer(std::string_view known);
  // The nearest word offered; empty where none comes close enough to be worth saying.
  [[nodiscard]] const std::string& word() const { return word_; }

 private:
  std::string wanted_;
  std::string word_;
  std::size_t distance_;  // of word_, or the largest that is still worth saying, plus one
};

[[nodiscard]] std::string nearest(std::string_view wanted, std::span<const std::string_view> known);
// "did you mean 'x'?", or `otherwise` where nothing is near.
[[nodiscard]] std::string did_you_mean(const std::string& word, const std::string& otherwise);
// "iOS, iPadOS, macOS"
[[nodiscard]] std::string list_of(std::span<const std::string_view> words);

}  // namespace muster::roster
