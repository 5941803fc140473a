#include "json/writer.h"

#include <nlohmann/json.hpp>

#include "base/assert.h"

namespace muster::json {
namespace {

std::string quoted(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

void Writer::separate() {
  if (!first_ && !after_key_ && !open_.empty()) {
    text_ += ',';
  }
  first_ = false;
  after_key_ = false;
}

Writer& Writer::begin_object() {
  separate();
  text_ += '{';
  open_.push_back('}');
  first_ = true;
  return *this;
}

Writer& Writer::begin_array() {
  separate();
  text_ += '[';
  open_.push_back(']');
  first_ = true;
  return *this;
}

Writer& Writer::end() {
  MUSTER_ASSERT(!open_.empty());
  MUSTER_ASSERT(!after_key_);
  text_ += open_.back();
  open_.pop_back();
  first_ = false;
  return *this;
}

Writer& Writer::key(std::string_view name) {
  MUSTER_ASSERT(!open_.empty() && open_.back() == '}');
  MUSTER_ASSERT(!after_key_);
  separate();
  text_ += quoted(name);
  text_ += ':';
  after_key_ = true;
  return *this;
}

Writer& Writer::text(std::string_view value) {
  return raw(quoted(value));
}
Writer& Writer::number(double value) {
  return raw(nlohmann::json(value).dump());
}
Writer& Writer::boolean(bool value) {
  return raw(value ? "true" : "false");
}
Writer& Writer::null() {
  return raw("null");
}

Writer& Writer::raw(std::string_view value) {
  MUSTER_ASSERT(open_.empty() || open_.back() == ']' || after_key_);
  separate();
  text_ += value;
  return *this;
}

}  // namespace muster::json
