// Any bytes as a line of NDJSON: no crash, and every field is inside the line or its parser.
#include <algorithm>

#include "json/line_parser.h"
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using muster::fuzz::demand;
  using muster::json::Field;
  static muster::json::LineParser parser;
  std::vector<char> padded(size + muster::json::LineParser::padding);
  std::copy_n(data, size, padded.begin());
  const std::string_view line(padded.data(), size);
  const auto fields = parser.parse(line);
  if (!fields) {
    demand(!fields.error().found.empty(), "trouble says what was found");
    demand(fields.error().column <= size + 1, "trouble lies within the line");
    return 0;
  }
  std::size_t bytes = 0;
  for (const auto& field : *fields) {
    bytes += field.key.size() + field.value.size();
    for (const auto& text : field.texts) {
      bytes += text.size();
    }
    demand(field.kind == Field::Kind::texts || field.texts.empty(), "only lists have texts");
    demand(muster::json::column_of_value(line, field.key) <= size, "a value is within its line");
  }
  demand(bytes <= size, "fields are no longer than their line");
  return 0;
}
