#include "roster/json_rows.h"

#include <algorithm>
#include <cstring>

#include "json/line_parser.h"
#include "model/limits.h"
#include "roster/csv.h"

namespace muster::roster {
namespace {

class JsonRows final : public RowReader {
 public:
  explicit JsonRows(TextFile file) : file_(std::move(file)) {}

  [[nodiscard]] Result<bool, Complaint> next(Row& row) override;
  [[nodiscard]] std::string as_csv() const override;
  [[nodiscard]] std::string header_as_csv() const override { return "row"; }
  [[nodiscard]] const std::vector<std::string>& warnings() const override { return warnings_; }
  [[nodiscard]] std::uint64_t bytes_done() const override { return file_.bytes_done(); }
  [[nodiscard]] std::uint64_t bytes_total() const override { return file_.bytes_total(); }

 private:
  // The next line that is not blank, in text_; false at the end.
  [[nodiscard]] Result<bool, Complaint> next_line();
  void read_fields(Row& row);
  void read_field(const json::Field& field, Row& row);
  void warn_of(std::string_view key);
  [[nodiscard]] Complaint complaint(std::uint64_t column, std::string found, std::string expected,
                                    std::string mend) const {
    return Complaint{file_.path(),        line_,           column, std::move(found),
                     std::move(expected), std::move(mend), {}};
  }

  TextFile file_;
  json::LineParser parser_;
  std::string_view text_;
  std::uint64_t line_ = 0;
  std::size_t line_bytes_ = 0;  // of text_ with its line end, not consumed yet
  std::vector<std::string> unknown_keys_;
  std::vector<std::string> warnings_;
};

Result<bool, Complaint> JsonRows::next_line() {
  for (;;) {
    file_.consume(line_bytes_);
    line_bytes_ = 0;
    if (auto filled = file_.fill(); !filled) {
      return tl::unexpected(filled.error());
    }
    if (file_.size() == 0) {
      return false;
    }
    ++line_;
    const std::string_view ready(file_.data(), file_.size());
    const auto end = ready.find('\n');
    text_ = ready.substr(0, end);
    line_bytes_ = std::min(text_.size() + 1, ready.size());
    if (text_.size() > limits::line_bytes_max) {
      return tl::unexpected(
          complaint(0, "a line of more than " + std::to_string(limits::line_bytes_max) + " bytes",
                    "", "put one object on each line"));
    }
    if (auto checked = file_.check_text(text_, line_, 1); !checked) {
      return tl::unexpected(checked.error());
    }
    if (text_.find_first_not_of(" \t\r") != std::string_view::npos) {
      return true;
    }
  }
}

Result<bool, Complaint> JsonRows::next(Row& row) {
  auto more = next_line();
  if (!more || !*more) {
    return more;
  }
  row.line = line_;
  row.trouble.reset();
  row.groups.clear();
  row.values.fill(Value{});
  read_fields(row);
  return true;
}

void JsonRows::read_fields(Row& row) {
  const auto fields = parser_.parse(text_);
  if (!fields) {
    row.trouble =
        complaint(fields.error().column, fields.error().found, "one JSON object on each line", "");
    return;
  }
  for (const auto& field : *fields) {
    read_field(field, row);
    if (row.trouble) {
      return;
    }
  }
  if (!row.at(Column::user_id).present) {
    row.trouble = complaint(1, "the key 'user_id' is missing",
                            "the keys " + names_of(columns_of(Table::flat)), "");
  }
}

void JsonRows::read_field(const json::Field& field, Row& row) {
  const auto known = columns_of(Table::flat);
  const auto column = column_named(field.key);
  if (!column || std::ranges::find(known, *column) == known.end()) {
    warn_of(field.key);
    return;
  }
  const auto place = json::column_of_value(text_, field.key);
  if (*column == Column::group && field.kind == json::Field::Kind::texts) {
    row.groups = field.texts;
    row.at(*column) = Value{true, {}, line_, place};
    return;
  }
  auto text = field.value;
  if (*column == Column::managed_distribution && field.kind == json::Field::Kind::boolean) {
    text = text == "true" ? "on" : "off";
  } else if (field.kind != json::Field::Kind::text && field.kind != json::Field::Kind::number &&
             field.kind != json::Field::Kind::null) {
    row.trouble = complaint(place, "'" + std::string(field.key) + "' is not a text", "a text", "");
    return;
  }
  if (text.size() > limits::field_bytes_max) {
    row.trouble = complaint(place, "a field of " + std::to_string(text.size()) + " bytes",
                            "at most " + std::to_string(limits::field_bytes_max), "");
    return;
  }
  row.at(*column) = Value{true, text, line_, place};
  if (*column == Column::group && !text.empty()) {
    row.groups.push_back(text);
  }
}

void JsonRows::warn_of(std::string_view key) {
  const bool bounded = unknown_keys_.size() < limits::columns_max;
  if (bounded && std::ranges::find(unknown_keys_, key) == unknown_keys_.end()) {
    unknown_keys_.emplace_back(key);
    warnings_.push_back(file_.path() + ": the key '" + std::string(key) +
                        "' is not known and left out");
  }
}

std::string JsonRows::as_csv() const {
  std::string text;
  append_csv(text, text_);
  return text;
}

}  // namespace

std::unique_ptr<RowReader> read_json_rows(TextFile file) {
  return std::make_unique<JsonRows>(std::move(file));
}

}  // namespace muster::roster
