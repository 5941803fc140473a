// Reads one small, flat JSON object: what a peer puts into an answer's body.
//
// Made for bodies of a few dozen bytes such as {"reason":"Unregistered","timestamp":1700000000000}:
// read() takes one object of at most bytes_max bytes, string() and integer() look members up by
// name. Anything else — another type, a broken text, bad UTF-8, a longer body — makes read() answer
// false; members of another type, nested ones included, are as if absent. The buffers are made at
// the first read() and kept. Owned by one session and its thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace muster::json {

class SmallObject {
 public:
  static constexpr std::size_t bytes_max = 4096;

  SmallObject();
  ~SmallObject();
  SmallObject(SmallObject&&) noexcept;
  SmallObject& operator=(SmallObject&&) noexcept;

  [[nodiscard]] bool read(std::string_view text);
  // Of the object that was read last; the view lives until the next read(). The first of repeated
  // names.
  [[nodiscard]] std::optional<std::string_view> string(std::string_view name) const;
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view name) const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace muster::json
