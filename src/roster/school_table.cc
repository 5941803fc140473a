#include "roster/school_table.h"

#include <algorithm>

#include "base/ascii.h"
#include "model/limits.h"

namespace muster::roster {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  const auto last = text.find_last_not_of(" \t");
  return first == std::string_view::npos ? std::string_view()
                                         : text.substr(first, last - first + 1);
}

std::string compared(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c != '_' && c != ' ' && c != '\t') {
      out += ascii_lower(c);
    }
  }
  return out;
}

char separator_of(std::string_view start) {
  const auto header = start.substr(0, start.find_first_of("\r\n"));
  return std::ranges::count(header, ';') > std::ranges::count(header, ',') ? ';' : ',';
}

}  // namespace

Result<SchoolTable, Complaint> SchoolTable::open(const SchoolFiles& files, const std::string& name,
                                                 Columns needed, bool backslash) {
  auto file = files.open(name);
  if (!file) {
    return tl::unexpected(file.error());
  }
  const CsvDialect dialect{separator_of({file->data(), file->size()}), backslash};
  SchoolTable table(CsvReader(std::move(*file), dialect), *needed.begin());
  if (auto read = table.read_header(needed); !read) {
    return tl::unexpected(read.error());
  }
  return table;
}

Result<void, Complaint> SchoolTable::read_header(Columns needed) {
  const auto more = csv_.next();
  if (!more) {
    return tl::unexpected(more.error());
  }
  if (!*more) {
    return tl::unexpected(
        Complaint{path(), 1, 1, "the file is blank", "a header line", "export it again", {}});
  }
  for (const auto& field : csv_.fields()) {
    auto name = compared(field.text);
    if (!name.empty() && std::ranges::find(columns_, name) != columns_.end()) {
      return tl::unexpected(Complaint{path(),
                                      field.line,
                                      field.column,
                                      "the column '" + std::string(trimmed(field.text)) + "' twice",
                                      "each column once",
                                      "remove one of them",
                                      {}});
    }
    columns_.push_back(std::move(name));
  }
  for (const auto* column : needed) {
    if (!has(column)) {
      return tl::unexpected(Complaint{path(),
                                      csv_.line(),
                                      1,
                                      "the column '" + std::string(column) + "' is missing",
                                      "the columns of the template",
                                      "the first line must name the columns",
                                      {}});
    }
  }
  return {};
}

Result<bool, Complaint> SchoolTable::next() {
  auto more = csv_.next();
  if (!more || !*more) {
    return more;
  }
  const auto& fields = csv_.fields();
  if (fields.size() != columns_.size()) {
    const auto& place = fields[std::min(fields.size() - 1, columns_.size())];
    return tl::unexpected(Complaint{path(),
                                    place.line,
                                    place.column,
                                    std::to_string(fields.size()) + " fields",
                                    std::to_string(columns_.size()) + ", as in the header",
                                    "put fields that hold separators in quotes",
                                    {}});
  }
  if (at(key_).empty()) {
    return refuse(key_, key_ + " is empty", "an id", "fill it in where the file comes from");
  }
  if (const auto size = at(key_).size(); size > limits::name_bytes_max) {
    return refuse(key_, "an id of " + std::to_string(size) + " bytes",
                  "at most " + std::to_string(limits::name_bytes_max), "");
  }
  return true;
}

std::size_t SchoolTable::place_of(std::string_view column) const {
  const auto found = std::ranges::find(columns_, compared(column));
  return found == columns_.end() ? nowhere : static_cast<std::size_t>(found - columns_.begin());
}

std::string_view SchoolTable::at(std::string_view column) const {
  const auto place = place_of(column);
  return place == nowhere ? std::string_view() : trimmed(csv_.fields()[place].text);
}

std::uint64_t SchoolTable::column_of(std::string_view column) const {
  const auto place = place_of(column);
  return place == nowhere ? 0 : csv_.fields()[place].column;
}

std::vector<std::string_view> SchoolTable::all(std::string_view column) const {
  const auto beginning = compared(column);
  std::vector<std::string_view> found;
  for (std::size_t place = 0; place < columns_.size(); ++place) {
    const auto& name = columns_[place];
    const bool named_so =
        name.starts_with(beginning) &&
        name.find_first_not_of("0123456789", beginning.size()) == std::string::npos;
    if (const auto text = trimmed(csv_.fields()[place].text); named_so && !text.empty()) {
      found.push_back(text);
    }
  }
  return found;
}

tl::unexpected<Complaint> SchoolTable::refuse(std::string_view column, std::string found,
                                              std::string expected, std::string mend) const {
  const auto place = place_of(column);
  const auto line = place == nowhere ? csv_.line() : csv_.fields()[place].line;
  return tl::unexpected(Complaint{
      path(), line, column_of(column), std::move(found), std::move(expected), std::move(mend), {}});
}

}  // namespace muster::roster
