// One [[fault]] table being read: typed values, complaints with file, line and column.
//
// The first complaint stays; a key that nobody asked for is one too, so that a misspelt one does
// not silently leave a fault toothless. What toml++ throws ends here.
#pragma once

#include <toml++/toml.h>

#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "loadgen/fault_timing.h"

namespace muster::loadgen {

class FaultReader {
 public:
  static constexpr std::int64_t many = std::numeric_limits<std::int64_t>::max();
  template <class T>
  struct Name {
    std::string_view name;
    T value;
  };

  FaultReader(const std::string& file, const toml::table& table) : file_(file), table_(table) {}

  void complain(const toml::source_region& where, std::string found, std::string expected = {});
  void complain(std::string found, std::string expected = {}) {
    complain(table_.source(), std::move(found), std::move(expected));
  }
  [[nodiscard]] const toml::node* find(std::string_view key);
  [[nodiscard]] bool has(std::string_view key) const { return table_.contains(key); }

  [[nodiscard]] std::optional<std::string> text(std::string_view key);
  [[nodiscard]] std::optional<bool> flag(std::string_view key);
  [[nodiscard]] std::int64_t whole(std::string_view key, std::int64_t otherwise, std::int64_t least,
                                   std::int64_t most);
  [[nodiscard]] double share(std::string_view key);
  // share, every, after and count; neither or both of the first two is a complaint.
  void read_timing(FaultTiming& timing);
  // The value of a key that must be there and be one of these names.
  template <class Names>
  [[nodiscard]] auto named(std::string_view key, const Names& names)
      -> Result<decltype(names[0].value), Complaint> {
    const auto word = text(key).value_or("");
    std::string all;
    for (const auto& each : names) {
      if (each.name == word) {
        return each.value;
      }
      all += (all.empty() ? "" : ", ") + std::string(each.name);
    }
    return tl::unexpected(unnamed(key, word, std::move(all)));
  }
  // After all keys were asked for: the first complaint. `command` has the help.
  [[nodiscard]] Result<void, Complaint> done(std::string_view command);

 private:
  template <class T>
  std::optional<T> value(std::string_view key, const char* expected);
  [[nodiscard]] Complaint unnamed(std::string_view key, const std::string& word, std::string names);

  const std::string& file_;
  const toml::table& table_;
  std::vector<std::string_view> known_;
  std::optional<Complaint> complaint_;
};

// Reads a document of `seed = n` and [[fault]] tables (or of another name), calls `each` for every
// table in order, and gives back the seed. `name` stands for the file in complaints.
[[nodiscard]] Result<std::uint64_t, Complaint> read_fault_tables(
    const std::string& text, const std::string& name,
    const std::function<Result<void, Complaint>(FaultReader&)>& each,
    std::string_view tables = "fault");
[[nodiscard]] Result<std::string, Complaint> read_fault_text(const std::string& file);

}  // namespace muster::loadgen
