// How long something took, counted by powers of two from a quarter of a millisecond on.
//
// One thread counts and anybody may read, without a lock: a bump is two loads and two stores on a
// line that nobody else writes. What is read may miss the bump that is being made.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace muster {

class alignas(64) Histogram {
 public:
  static constexpr std::size_t bounds = 18;
  static constexpr Duration first_bound = std::chrono::microseconds(250);
  // In counts[i] are those that took at most first_bound × 2^i and longer than the bound before;
  // the last of them took longer than all bounds.
  struct Reading {
    std::array<std::uint64_t, bounds + 1> counts{};
    Duration sum{0};
    Reading& operator+=(const Reading& other) {
      for (std::size_t i = 0; i < counts.size(); ++i) {
        counts[i] += other.counts[i];
      }
      sum += other.sum;
      return *this;
    }
  };

  // By one thread alone.
  void count(Duration took) {
    took = std::max(took, Duration::zero());
    add(counts_[place(took)], 1);
    add(sum_, static_cast<std::uint64_t>(took.count()));
  }
  [[nodiscard]] Reading read() const {
    Reading reading;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      reading.counts[i] = counts_[i].load(std::memory_order_relaxed);
    }
    reading.sum = Duration(static_cast<std::int64_t>(sum_.load(std::memory_order_relaxed)));
    return reading;
  }

 private:
  [[nodiscard]] static std::size_t place(Duration took) {
    if (took <= first_bound) {
      return 0;
    }
    const auto steps = static_cast<std::uint64_t>((took.count() - 1) / first_bound.count());
    return std::min<std::size_t>(static_cast<std::size_t>(std::bit_width(steps)), bounds);
  }
  // No read-modify-write: there is one writer. Relaxed: counts alone.
  static void add(std::atomic<std::uint64_t>& to, std::uint64_t more) {
    to.store(to.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
  }

  std::array<std::atomic<std::uint64_t>, bounds + 1> counts_{};
  std::atomic<std::uint64_t> sum_{0};  // nanoseconds
};

}  // namespace muster
