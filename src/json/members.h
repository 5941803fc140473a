// An object's members by name and value, whatever type the value has.
#pragma once

#include <concepts>
#include <string_view>
#include <type_traits>

#include "json/writer.h"

namespace muster::json {

// Writes into an object that has been begun; ends nothing.
struct Members {
  Writer& writer;

  template <class Value>
  const Members& member(std::string_view name, const Value& value) const {
    writer.key(name);
    if constexpr (std::same_as<Value, bool>) {
      writer.boolean(value);
    } else if constexpr (std::is_arithmetic_v<Value>) {
      writer.number(value);
    } else {
      writer.text(value);
    }
    return *this;
  }
};

}  // namespace muster::json
