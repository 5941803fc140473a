// As much of JSON Schema as openapi.json uses: types, required and additional properties, items,
// enumerations, and references to its own components.
#pragma once

#include <string>

#include "json/value.h"

namespace muster::console {

// Where and why `value` is not what `schema` describes; empty: it is. References lead into
// `document`.
[[nodiscard]] std::string breach(json::Value document, json::Value schema, json::Value value,
                                 const std::string& where = "$");

// What is wrong with an answer of that method, path pattern, status and content type, as the
// description has it.
[[nodiscard]] std::string breach_of_answer(json::Value document, const std::string& method,
                                           const std::string& pattern, int status,
                                           const std::string& type, const json::Tree* body);

}  // namespace muster::console
