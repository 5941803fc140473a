#include "base/number_set.h"

#include <roaring/roaring.h>

#include <utility>

#include "base/assert.h"

namespace muster {

struct NumberSet::Implementation {
  roaring_bitmap_t* bitmap;
  explicit Implementation(roaring_bitmap_t* owned) : bitmap(owned) {
    MUSTER_ASSERT(bitmap != nullptr);
  }
  ~Implementation() { roaring_bitmap_free(bitmap); }
  Implementation(const Implementation&) = delete;
  Implementation& operator=(const Implementation&) = delete;
};

NumberSet::NumberSet()
    : implementation_(std::make_unique<Implementation>(roaring_bitmap_create())) {}
NumberSet::~NumberSet() = default;
NumberSet::NumberSet(const NumberSet& other)
    : implementation_(
          std::make_unique<Implementation>(roaring_bitmap_copy(other.implementation_->bitmap))) {}
NumberSet::NumberSet(NumberSet&& other) noexcept
    : implementation_(std::exchange(other.implementation_,
                                    std::make_unique<Implementation>(roaring_bitmap_create()))) {}
NumberSet& NumberSet::operator=(const NumberSet& other) {
  if (this != &other) {
    implementation_ =
        std::make_unique<Implementation>(roaring_bitmap_copy(other.implementation_->bitmap));
  }
  return *this;
}
NumberSet& NumberSet::operator=(NumberSet&& other) noexcept {
  std::swap(implementation_, other.implementation_);
  return *this;
}

void NumberSet::add(std::uint32_t number) {
  roaring_bitmap_add(implementation_->bitmap, number);
}
void NumberSet::add_range(std::uint32_t first, std::uint32_t past_last) {
  roaring_bitmap_add_range(implementation_->bitmap, first, past_last);
}
void NumberSet::remove(std::uint32_t number) {
  roaring_bitmap_remove(implementation_->bitmap, number);
}
bool NumberSet::contains(std::uint32_t number) const {
  return roaring_bitmap_contains(implementation_->bitmap, number);
}
bool NumberSet::empty() const {
  return roaring_bitmap_is_empty(implementation_->bitmap);
}
std::uint64_t NumberSet::size() const {
  return roaring_bitmap_get_cardinality(implementation_->bitmap);
}

NumberSet& NumberSet::operator|=(const NumberSet& other) {
  roaring_bitmap_or_inplace(implementation_->bitmap, other.implementation_->bitmap);
  return *this;
}
NumberSet& NumberSet::operator&=(const NumberSet& other) {
  roaring_bitmap_and_inplace(implementation_->bitmap, other.implementation_->bitmap);
  return *this;
}
NumberSet& NumberSet::operator-=(const NumberSet& other) {
  roaring_bitmap_andnot_inplace(implementation_->bitmap, other.implementation_->bitmap);
  return *this;
}
bool operator==(const NumberSet& a, const NumberSet& b) {
  return roaring_bitmap_equals(a.implementation_->bitmap, b.implementation_->bitmap);
}
std::uint64_t NumberSet::size_of_intersection(const NumberSet& other) const {
  return roaring_bitmap_and_cardinality(implementation_->bitmap, other.implementation_->bitmap);
}

std::optional<std::uint32_t> NumberSet::at(std::uint64_t n) const {
  std::uint32_t number = 0;
  if (n > UINT32_MAX ||
      !roaring_bitmap_select(implementation_->bitmap, static_cast<std::uint32_t>(n), &number)) {
    return std::nullopt;
  }
  return number;
}

std::vector<std::uint32_t> NumberSet::slice(std::uint64_t n, std::size_t count) const {
  const auto first = at(n);
  if (!first) {
    return {};
  }
  std::vector<std::uint32_t> numbers(count);
  roaring_uint32_iterator_t iterator;
  roaring_init_iterator(implementation_->bitmap, &iterator);
  roaring_move_uint32_iterator_equalorlarger(&iterator, *first);
  numbers.resize(
      roaring_read_uint32_iterator(&iterator, numbers.data(), static_cast<std::uint32_t>(count)));
  return numbers;
}

std::uint64_t NumberSet::rank(std::uint32_t number) const {
  return number == 0 ? 0 : roaring_bitmap_rank(implementation_->bitmap, number - 1);
}

std::vector<Byte> NumberSet::write() {
  roaring_bitmap_run_optimize(implementation_->bitmap);
  std::vector<Byte> bytes(4 + roaring_bitmap_portable_size_in_bytes(implementation_->bitmap));
  roaring_bitmap_portable_serialize(implementation_->bitmap,
                                    reinterpret_cast<char*>(bytes.data() + 4));
  put<std::uint32_t>(bytes.data(), checksum(Bytes(bytes).subspan(4)));
  return bytes;
}

std::optional<NumberSet> NumberSet::read(Bytes bytes) {
  if (bytes.size() < 4 || load<std::uint32_t>(bytes.data()) != checksum(bytes.subspan(4))) {
    return std::nullopt;
  }
  auto* bitmap = roaring_bitmap_portable_deserialize_safe(
      reinterpret_cast<const char*>(bytes.data() + 4), bytes.size() - 4);
  if (bitmap == nullptr) {
    return std::nullopt;
  }
  NumberSet set;
  set.implementation_ = std::make_unique<Implementation>(bitmap);
  return set;
}

}  // namespace muster
