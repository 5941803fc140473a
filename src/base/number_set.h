// A set of dense 32-bit numbers (users, devices, mailboxes), compressed.
//
// Audiences are algebra on such sets: a group of a million is a few kilobytes and a union takes
// microseconds. Behind it stands CRoaring; nobody else sees it. A value type; reading from several
// threads is safe while nobody writes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/bytes.h"

namespace muster {

class NumberSet {
 public:
  NumberSet();
  ~NumberSet();
  NumberSet(const NumberSet& other);
  NumberSet(NumberSet&& other) noexcept;
  NumberSet& operator=(const NumberSet& other);
  NumberSet& operator=(NumberSet&& other) noexcept;

  void add(std::uint32_t number);
  void add_range(std::uint32_t first, std::uint32_t past_last);
  void remove(std::uint32_t number);
  [[nodiscard]] bool contains(std::uint32_t number) const;
  [[nodiscard]] bool empty() const;
  [[nodiscard]] std::uint64_t size() const;

  NumberSet& operator|=(const NumberSet& other);
  NumberSet& operator&=(const NumberSet& other);
  NumberSet& operator-=(const NumberSet& other);
  friend NumberSet operator|(NumberSet a, const NumberSet& b) { return std::move(a |= b); }
  friend NumberSet operator&(NumberSet a, const NumberSet& b) { return std::move(a &= b); }
  friend NumberSet operator-(NumberSet a, const NumberSet& b) { return std::move(a -= b); }
  friend bool operator==(const NumberSet& a, const NumberSet& b);
  // Sizes of combinations, without building them.
  [[nodiscard]] std::uint64_t size_of_intersection(const NumberSet& other) const;

  // The n-th smallest number (0-based): invitation n of a task. Nothing past the end.
  [[nodiscard]] std::optional<std::uint32_t> at(std::uint64_t n) const;
  // Numbers n … n+count−1 in order, fewer at the end: a page.
  [[nodiscard]] std::vector<std::uint32_t> slice(std::uint64_t n, std::size_t count) const;
  // How many are smaller than `number`: the invitation's n, where contains(number).
  [[nodiscard]] std::uint64_t rank(std::uint32_t number) const;

  // Calls visit(number) for each, in order.
  template <class Visit>
  void for_each(Visit visit) const {
    constexpr std::size_t step = 4096;
    for (std::uint64_t n = 0;; n += step) {
      const auto part = slice(n, step);
      for (const auto number : part) {
        visit(number);
      }
      if (part.size() < step) {
        return;
      }
    }
  }

  // CRoaring's portable format behind our checksum (4 bytes, little-endian). read() refuses
  // whatever was damaged by accident or cut off; it trusts who computed the checksum, so it is for
  // our own files alone.
  [[nodiscard]] std::vector<Byte> write();
  [[nodiscard]] static std::optional<NumberSet> read(Bytes bytes);

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace muster
