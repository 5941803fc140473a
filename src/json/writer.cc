#include "json/writer.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/assert.h"

namespace muster::json {
namespace {

std::string quoted(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

Writer& Writer::begin_object() {
  return open(true);
}
Writer& Writer::end_object() {
  return close(true);
}
Writer& Writer::begin_array() {
  return open(false);
}
Writer& Writer::end_array() {
  return close(false);
}

Writer& Writer::key(std::string_view name) {
  MUSTER_ASSERT(!levels_.empty());
  MUSTER_ASSERT(levels_.back().object);
  MUSTER_ASSERT(!key_waits_);
  if (!levels_.back().empty) {
    out_ += ',';
  }
  levels_.back().empty = false;
  out_ += quoted(name);
  out_ += ':';
  key_waits_ = true;
  return *this;
}

Writer& Writer::value(std::string_view text) {
  return literal(quoted(text));
}
Writer& Writer::value(bool truth) {
  return literal(truth ? "true" : "false");
}

Writer& Writer::value(double number) {
  return std::isfinite(number) ? literal(nlohmann::json(number).dump()) : null();
}

void Writer::before_value() {
  if (levels_.empty()) {
    MUSTER_ASSERT(!written_);
    written_ = true;
    return;
  }
  if (levels_.back().object) {
    MUSTER_ASSERT(key_waits_);
    key_waits_ = false;
    return;
  }
  if (!levels_.back().empty) {
    out_ += ',';
  }
  levels_.back().empty = false;
}

Writer& Writer::literal(std::string_view text) {
  before_value();
  out_ += text;
  return *this;
}

Writer& Writer::open(bool object) {
  before_value();
  levels_.push_back({.object = object, .empty = true});
  out_ += object ? '{' : '[';
  return *this;
}

Writer& Writer::close(bool object) {
  MUSTER_ASSERT(!levels_.empty());
  MUSTER_ASSERT(levels_.back().object == object);
  MUSTER_ASSERT(!key_waits_);
  levels_.pop_back();
  out_ += object ? '}' : ']';
  return *this;
}

}  // namespace muster::json
