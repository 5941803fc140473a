// The parameters of a request's query, read strictly: a name nobody knows, a name that stands
// twice, or a value that will not do is refused (400), so that no misspelt filter shows everything.
//
//   Question question(call.request.query);
//   const auto after = question.number("after", 0, 0xffffffff);
//   const auto search = question.text("query");
//   if (auto wrong = question.trouble(); wrong) { return refuse… }
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "console/refusal.h"

namespace muster::console {

class Question {
 public:
  explicit Question(std::string_view query);

  // Empty where it is not said.
  [[nodiscard]] std::string text(const std::string& name);
  [[nodiscard]] std::uint64_t number(const std::string& name, std::uint64_t otherwise,
                                     std::uint64_t least, std::uint64_t most);
  [[nodiscard]] bool flag(const std::string& name);  // true or false; false where it is not said
  // Where it is said it must be one of these; empty otherwise.
  [[nodiscard]] std::string one_of(const std::string& name,
                                   std::initializer_list<std::string_view> words);
  // What is wrong, once everything has been asked for.
  [[nodiscard]] Result<void, Refusal> whole() const;

 private:
  void complain(std::string line);

  std::map<std::string, std::string> pairs_;  // not asked for yet
  std::optional<std::string> trouble_;        // the first
};

// The part of a list that is asked for.
struct Part {
  std::uint32_t after = 0;
  std::uint32_t limit = 100;
};
[[nodiscard]] Part part_of(Question& question);

// The number of an invitation as a path names it; 404 where it is none.
[[nodiscard]] Result<std::uint32_t, Refusal> invitation_of(const std::string& text);

}  // namespace muster::console
