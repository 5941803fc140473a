#include "json/small_object.h"

#include <simdjson.h>

#include <array>
#include <cstring>

#include "base/assert.h"

namespace muster::json {
namespace {

// Deep enough for anything a peer may nest in an answer that we then ignore; the text is short
// anyway.
constexpr std::size_t depth_max = 16;

}  // namespace

struct SmallObject::Implementation {
  simdjson::dom::parser parser;
  std::array<char, bytes_max + simdjson::SIMDJSON_PADDING> text;
  simdjson::dom::object object;
  bool readable = false;

  Implementation() { MUSTER_ASSERT(parser.allocate(bytes_max, depth_max) == simdjson::SUCCESS); }
};

SmallObject::SmallObject() = default;
SmallObject::~SmallObject() = default;
SmallObject::SmallObject(SmallObject&&) noexcept = default;
SmallObject& SmallObject::operator=(SmallObject&&) noexcept = default;

bool SmallObject::read(std::string_view text) {
  if (implementation_ == nullptr) {
    implementation_ = std::make_unique<Implementation>();
  }
  auto& in = *implementation_;
  in.readable = false;
  if (text.empty() || text.size() > bytes_max) {
    return false;
  }
  std::memcpy(in.text.data(), text.data(), text.size());
  std::memset(in.text.data() + text.size(), 0, simdjson::SIMDJSON_PADDING);
  // The buffer has simdjson's padding behind it, so nothing is copied again.
  in.readable =
      in.parser.parse(in.text.data(), text.size(), false).get(in.object) == simdjson::SUCCESS;
  return in.readable;
}

std::optional<std::string_view> SmallObject::string(std::string_view name) const {
  std::string_view value;
  if (implementation_ == nullptr || !implementation_->readable ||
      implementation_->object.at_key(name).get(value) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  return value;
}

std::optional<std::int64_t> SmallObject::integer(std::string_view name) const {
  std::int64_t value = 0;
  if (implementation_ == nullptr || !implementation_->readable ||
      implementation_->object.at_key(name).get(value) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  return value;
}

}  // namespace muster::json
