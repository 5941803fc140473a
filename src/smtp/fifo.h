// A queue in a ring that grows to its largest size and keeps it: nothing is allocated afterwards.
//
// For the few things a session has on their way. Not for threads.
#pragma once

#include <cstddef>
#include <vector>

#include "base/assert.h"

namespace muster::smtp {

template <class T>
class Fifo {
 public:
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t size() const { return size_; }
  // Counted from the oldest.
  [[nodiscard]] T& operator[](std::size_t index) {
    MUSTER_ASSERT(index < size_);
    return items_[(first_ + index) & (items_.size() - 1)];
  }
  [[nodiscard]] const T& operator[](std::size_t index) const {
    MUSTER_ASSERT(index < size_);
    return items_[(first_ + index) & (items_.size() - 1)];
  }
  [[nodiscard]] T& front() { return (*this)[0]; }
  [[nodiscard]] const T& front() const { return (*this)[0]; }
  [[nodiscard]] T& back() { return (*this)[size_ - 1]; }
  [[nodiscard]] const T& back() const { return (*this)[size_ - 1]; }
  void push(const T& item) {
    if (size_ == items_.size()) {
      grow();
    }
    ++size_;
    back() = item;
  }
  void pop() {
    MUSTER_ASSERT(size_ != 0);
    first_ = (first_ + 1) & (items_.size() - 1);
    --size_;
  }
  void pop_back() {
    MUSTER_ASSERT(size_ != 0);
    --size_;
  }
  void clear() {
    first_ = 0;
    size_ = 0;
  }

 private:
  void grow() {
    std::vector<T> larger(items_.empty() ? 8 : items_.size() * 2);
    for (std::size_t i = 0; i < size_; ++i) {
      larger[i] = (*this)[i];
    }
    items_.swap(larger);
    first_ = 0;
  }

  std::vector<T> items_;  // a power of two of them
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};

}  // namespace muster::smtp
