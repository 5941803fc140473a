#include "json/line_parser.h"

#include <simdjson.h>

#include <deque>
#include <nlohmann/json.hpp>

#include "base/assert.h"
#include "model/limits.h"

namespace muster::json {
namespace {

// Takes nothing in and remembers where the parser stopped.
class Locator : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return true; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::json::exception&) override {
    position_ = position;
    return false;
  }
  [[nodiscard]] std::uint64_t position() const { return position_; }

 private:
  std::uint64_t position_ = 0;
};

// The column of the bracket that opens one level too many; 0 where none does.
std::uint64_t column_of_depth(std::string_view line) {
  std::size_t depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quoted) {
      i += c == '\\' ? 1 : 0;
      quoted = c != '"';
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      if (++depth > limits::json_depth_max) {
        return i + 1;
      }
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return 0;
}

LineTrouble trouble_of(std::string_view line, simdjson::error_code code) {
  if (const auto column = column_of_depth(line); column != 0) {
    return LineTrouble{
        column, "JSON nested deeper than " + std::to_string(limits::json_depth_max) + " levels"};
  }
  Locator locator;
  static_cast<void>(nlohmann::json::sax_parse(line.begin(), line.end(), &locator));
  const auto column = std::min<std::uint64_t>(locator.position(), line.size() + 1);
  if (code == simdjson::NUMBER_ERROR) {
    return LineTrouble{column, "a number that is malformed or out of range"};
  }
  return LineTrouble{column, "this is not JSON"};
}

}  // namespace

struct LineParser::Implementation {
  simdjson::dom::parser parser{limits::line_bytes_max + padding};
  std::vector<Field> fields;
  std::deque<std::string> numbers;  // texts of numbers: a deque, so that views stay good

  void read_number(const simdjson::dom::element& value, Field& field) {
    field.kind = Field::Kind::number;
    if (value.is_int64()) {
      numbers.push_back(std::to_string(value.get_int64().value_unsafe()));
    } else if (value.is_uint64()) {
      numbers.push_back(std::to_string(value.get_uint64().value_unsafe()));
    } else {
      field.kind = Field::Kind::nested;  // a fraction is no text of ours
      return;
    }
    field.value = numbers.back();
  }

  static void read_list(const simdjson::dom::array& list, Field& field) {
    field.kind = Field::Kind::texts;
    for (const auto element : list) {
      std::string_view text;
      if (element.get_string().get(text) != simdjson::SUCCESS) {
        field.kind = Field::Kind::nested;
        field.texts.clear();
        return;
      }
      field.texts.push_back(text);
    }
  }

  void read_value(const simdjson::dom::element& value, Field& field) {
    switch (value.type()) {
      case simdjson::dom::element_type::STRING:
        field.kind = Field::Kind::text;
        field.value = value.get_string().value_unsafe();
        break;
      case simdjson::dom::element_type::BOOL:
        field.kind = Field::Kind::boolean;
        field.value = value.get_bool().value_unsafe() ? "true" : "false";
        break;
      case simdjson::dom::element_type::NULL_VALUE:
        field.kind = Field::Kind::null;
        break;
      case simdjson::dom::element_type::ARRAY:
        read_list(value.get_array().value_unsafe(), field);
        break;
      case simdjson::dom::element_type::OBJECT:
        field.kind = Field::Kind::nested;
        break;
      default:
        read_number(value, field);
        break;
    }
  }
};

LineParser::LineParser() : implementation_(std::make_unique<Implementation>()) {
  static_assert(padding >= simdjson::SIMDJSON_PADDING);
  // One level more than we allow, so that simdjson's own limit never speaks before ours.
  MUSTER_ASSERT(implementation_->parser.allocate(limits::line_bytes_max + padding,
                                                 limits::json_depth_max + 1) == simdjson::SUCCESS);
}
LineParser::~LineParser() = default;

Result<std::span<const Field>, LineTrouble> LineParser::parse(std::string_view line) {
  auto& self = *implementation_;
  MUSTER_ASSERT(line.size() <= limits::line_bytes_max);
  self.fields.clear();
  self.numbers.clear();
  simdjson::dom::element root;
  const auto code =
      self.parser.parse(line.data(), line.size(), /*realloc_if_needed=*/false).get(root);
  if (code != simdjson::SUCCESS) {
    return tl::unexpected(trouble_of(line, code));
  }
  simdjson::dom::object object;
  if (root.get_object().get(object) != simdjson::SUCCESS) {
    return tl::unexpected(LineTrouble{1, "a value that is not an object"});
  }
  if (const auto column = column_of_depth(line); column != 0) {
    return tl::unexpected(trouble_of(line, simdjson::DEPTH_ERROR));
  }
  for (const auto member : object) {
    for (const auto& earlier : self.fields) {
      if (earlier.key == member.key) {
        return tl::unexpected(LineTrouble{column_of_value(line, member.key),
                                          "the key '" + std::string(member.key) + "' twice"});
      }
    }
    if (self.fields.size() == limits::columns_max) {
      return tl::unexpected(
          LineTrouble{column_of_value(line, member.key),
                      "more than " + std::to_string(limits::columns_max) + " keys in one object"});
    }
    self.read_value(member.value, self.fields.emplace_back(Field{member.key, {}, {}, {}}));
  }
  return std::span<const Field>(self.fields);
}

std::uint64_t column_of_value(std::string_view line, std::string_view key) {
  std::size_t depth = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      depth -= depth > 0 ? 1 : 0;
    } else if (c == '"') {
      const auto begin = i + 1;
      for (++i; i < line.size() && line[i] != '"'; ++i) {
        i += line[i] == '\\' ? 1 : 0;
      }
      const auto text = line.substr(begin, std::min(i, line.size()) - begin);
      auto after = line.find_first_not_of(" \t", i + 1);
      if (depth == 1 && text == key && after != std::string_view::npos && line[after] == ':') {
        after = line.find_first_not_of(" \t", after + 1);
        return after == std::string_view::npos ? 0 : after + 1;
      }
    }
  }
  return 0;
}

}  // namespace muster::json
