// Which number has this id? A hash table that lives for one import.
//
// Texts lie end to end in one arena and entries in one array, so that a million ids cost about 60
// MB and no allocation each. Most of what a search costs is the wait for memory: so a bucket holds
// the hash beside the place, and whoever is not there is not looked for among entries and texts.
// Each entry remembers where this import named it, for complaints.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace muster::roster {

// Where this import named it: the file's place among its sources from 1, then the line. 0: it did
// not.
using Mark = std::uint64_t;
inline constexpr unsigned mark_line_bits = 40;
[[nodiscard]] constexpr Mark mark_of(std::uint64_t file, std::uint64_t line) {
  return file << mark_line_bits | line;
}
[[nodiscard]] constexpr std::uint64_t file_of(Mark mark) {
  return mark >> mark_line_bits;
}
[[nodiscard]] constexpr std::uint64_t line_of(Mark mark) {
  return mark & ((std::uint64_t{1} << mark_line_bits) - 1);
}

class IdTable {
 public:
  struct Entry {
    std::uint32_t number = 0;
    std::uint32_t size = 0;
    Mark mark = 0;
    std::uint64_t offset = 0;
  };

  IdTable();
  // Brings near what find() will read, while there is other work to do.
  void foresee(std::string_view id) const;
  // Null where the id is not there. Pointers are good until the next add().
  [[nodiscard]] Entry* find(std::string_view id);
  // `id` is not there yet.
  Entry& add(std::string_view id, std::uint32_t number, Mark mark);
  [[nodiscard]] std::string_view id_of(const Entry& entry) const {
    return {arena_.data() + entry.offset, entry.size};
  }
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }

 private:
  struct Bucket {
    std::uint32_t place = 0;  // index in entries_ plus one; 0: free
    std::uint32_t hash = 0;
  };
  void put(Bucket bucket);
  void grow();

  std::vector<char> arena_;
  std::vector<Entry> entries_;
  std::vector<Bucket> buckets_;  // linear probing
};

}  // namespace muster::roster
