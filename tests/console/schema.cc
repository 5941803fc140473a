#include "tests/console/schema.h"

#include <algorithm>

#include "base/ascii.h"

namespace muster::console {
namespace {

constexpr std::string_view components = "#/components/schemas/";

std::string breach_of_object(json::Value document, json::Value schema, json::Value value,
                             const std::string& where) {
  if (!value.is_object()) {
    return where + " is no object";
  }
  const auto properties = schema.at("properties");
  const auto required = schema.at("required");
  for (std::size_t i = 0; i < required.size(); ++i) {
    const auto name = required.at(i).text().value_or("");
    if (value.at(name).absent()) {
      return where + "." + std::string(name) + " is missing";
    }
  }
  for (const auto name : value.names()) {
    const auto property = properties.at(name);
    const auto inner = where + "." + std::string(name);
    if (property.absent()) {
      if (schema.at("additionalProperties").boolean() == false) {
        return inner + " is not described";
      }
      continue;
    }
    if (auto wrong = breach(document, property, value.at(name), inner); !wrong.empty()) {
      return wrong;
    }
  }
  return {};
}

std::string breach_of_array(json::Value document, json::Value schema, json::Value value,
                            const std::string& where) {
  if (!value.is_array()) {
    return where + " is no array";
  }
  for (std::size_t i = 0; i < value.size(); ++i) {
    const auto inner = where + "[" + std::to_string(i) + "]";
    if (auto wrong = breach(document, schema.at("items"), value.at(i), inner); !wrong.empty()) {
      return wrong;
    }
  }
  return {};
}

std::string breach_of_text(json::Value schema, json::Value value, const std::string& where) {
  const auto text = value.text();
  if (!text) {
    return where + " is no text";
  }
  const auto words = schema.at("enum");
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words.at(i).text() == text) {
      return {};
    }
  }
  return words.size() == 0 ? "" : where + " is '" + std::string(*text) + "', none of its words";
}

}  // namespace

std::string breach(json::Value document, json::Value schema, json::Value value,
                   const std::string& where) {
  if (const auto reference = schema.at("$ref").text(); reference) {
    if (!reference->starts_with(components)) {
      return where + ": a reference to elsewhere";
    }
    const auto name = reference->substr(components.size());
    return breach(document, document.at("components").at("schemas").at(name), value, where);
  }
  const auto type = schema.at("type").text().value_or("");
  if (type == "object") {
    return breach_of_object(document, schema, value, where);
  }
  if (type == "array") {
    return breach_of_array(document, schema, value, where);
  }
  if (type == "string") {
    return breach_of_text(schema, value, where);
  }
  if (type == "integer") {
    const auto least = schema.at("minimum").integer();
    const auto number = value.integer();
    return !number || (least && *number < *least) ? where + " is no such whole number" : "";
  }
  if (type == "number") {
    return value.number() ? "" : where + " is no number";
  }
  if (type == "boolean") {
    return value.boolean() ? "" : where + " is neither true nor false";
  }
  return where + ": the schema says no type that is known";
}

std::string breach_of_answer(json::Value document, const std::string& method,
                             const std::string& pattern, int status, const std::string& type,
                             const json::Tree* body) {
  std::string small = method == "HEAD" ? "get" : method;
  std::ranges::transform(small, small.begin(), ascii_lower);
  const auto answer =
      document.at("paths").at(pattern).at(small).at("responses").at(std::to_string(status));
  const auto what = method + " " + pattern + " " + std::to_string(status);
  if (answer.absent()) {
    return what + " is not described";
  }
  const auto bare = type.substr(0, type.find(';'));
  const auto content = answer.at("content");
  if (bare.empty()) {
    return content.absent() ? "" : what + " has no content";
  }
  const auto described = content.at(bare);
  if (described.absent()) {
    return what + ": the content " + bare + " is not described";
  }
  if (!bare.ends_with("json") || described.at("schema").at("type").text() == "string") {
    return {};
  }
  return body == nullptr ? what + " is no JSON"
                         : breach(document, described.at("schema"), body->root(), what);
}

}  // namespace muster::console
