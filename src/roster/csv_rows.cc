#include "roster/csv_rows.h"

#include <algorithm>
#include <array>

#include "roster/nearest.h"

namespace muster::roster {
namespace {

class CsvRows final : public RowReader {
 public:
  CsvRows(CsvReader csv, CsvHeader header) : csv_(std::move(csv)), header_(std::move(header)) {}

  // Finds out which column stands where.
  [[nodiscard]] Result<void, Complaint> settle(Table table);

  [[nodiscard]] Result<bool, Complaint> next(Row& row) override;
  [[nodiscard]] std::string as_csv() const override;
  [[nodiscard]] std::string header_as_csv() const override;
  [[nodiscard]] const std::vector<std::string>& warnings() const override { return warnings_; }
  [[nodiscard]] std::uint64_t bytes_done() const override { return csv_.file().bytes_done(); }
  [[nodiscard]] std::uint64_t bytes_total() const override { return csv_.file().bytes_total(); }

 private:
  [[nodiscard]] Result<void, Complaint> check_separator() const;
  [[nodiscard]] Result<void, Complaint> place(std::size_t at, std::span<const Column> known);
  [[nodiscard]] Complaint complaint(std::size_t at, std::string found, std::string expected,
                                    std::string mend) const {
    return Complaint{csv_.file().path(),
                     header_.line,
                     header_.places[at],
                     std::move(found),
                     std::move(expected),
                     std::move(mend),
                     {}};
  }

  CsvReader csv_;
  CsvHeader header_;
  std::vector<std::optional<Column>> columns_;  // by position
  std::vector<std::string> warnings_;
};

Result<void, Complaint> CsvRows::check_separator() const {
  if (header_.names.size() != 1) {
    return {};
  }
  const auto& only = header_.names[0];
  const auto at = only.find_first_of(";\t");
  if (at == std::string::npos) {
    return {};
  }
  const std::string what = only[at] == ';' ? "semicolons" : "tabs";
  return tl::unexpected(Complaint{csv_.file().path(),
                                  header_.line,
                                  header_.places[0] + at,
                                  "the fields of this file are separated by " + what,
                                  "commas",
                                  "export it as CSV with commas",
                                  {}});
}

Result<void, Complaint> CsvRows::place(std::size_t at, std::span<const Column> known) {
  const auto& name = header_.names[at];
  for (std::size_t earlier = 0; earlier < at; ++earlier) {
    if (header_.names[earlier] == name) {
      return tl::unexpected(complaint(at, "the column '" + name + "' twice", "each column once",
                                      "remove one of them"));
    }
  }
  const auto column = column_named(name);
  if (column && std::ranges::find(columns_, column) != columns_.end()) {
    return tl::unexpected(complaint(at, "the column '" + std::string(name_of(*column)) + "' twice",
                                    "each column once", "remove one of them"));
  }
  if (column && std::ranges::find(known, *column) != known.end()) {
    columns_.push_back(column);
    return {};
  }
  columns_.push_back(std::nullopt);
  Nearest search(name);
  for (const auto one : known) {
    search.offer(name_of(one));
  }
  warnings_.push_back(csv_.file().path() + ": the column '" + name + "' is not known and left out" +
                      (search.word().empty() ? "" : "; did you mean '" + search.word() + "'?"));
  return {};
}

Result<void, Complaint> CsvRows::settle(Table table) {
  if (auto checked = check_separator(); !checked) {
    return checked;
  }
  const auto known = columns_of(table);
  for (std::size_t at = 0; at < header_.names.size(); ++at) {
    if (auto placed = place(at, known); !placed) {
      return placed;
    }
  }
  const auto has = [&](Column column) {
    return std::ranges::find(columns_, std::optional(column)) != columns_.end();
  };
  if (table == Table::devices && std::ranges::none_of(device_keys, has)) {
    return tl::unexpected(
        complaint(0, "the column 'device_id' is missing", "the columns " + names_of(known),
                  "the first line must name the columns; udid, serial, imei or meid do as well"));
  }
  for (const auto needed : required_of(table)) {
    if (!has(needed)) {
      return tl::unexpected(
          complaint(0, "the column '" + std::string(name_of(needed)) + "' is missing",
                    "the columns " + names_of(known), "the first line must name the columns"));
    }
  }
  return {};
}

Result<bool, Complaint> CsvRows::next(Row& row) {
  auto more = csv_.next();
  if (!more || !*more) {
    return more;
  }
  const auto& fields = csv_.fields();
  row.line = csv_.line();
  row.trouble.reset();
  row.groups.clear();
  if (fields.size() != columns_.size()) {
    const auto& place = fields[std::min(fields.size() - 1, columns_.size())];
    row.trouble = Complaint{csv_.file().path(),
                            place.line,
                            place.column,
                            std::to_string(fields.size()) + " fields",
                            std::to_string(columns_.size()) + ", as in the header",
                            "put fields that hold commas in quotes",
                            {}};
    return true;
  }
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (const auto column = columns_[i]; column) {
      row.at(*column) = Value{true, fields[i].text, fields[i].line, fields[i].column};
    }
  }
  // Several names in one field stand between semicolons.
  for (auto names = row.at(Column::group).text; !names.empty();) {
    const auto end = std::min(names.find(';'), names.size());
    if (end > 0) {
      row.groups.push_back(names.substr(0, end));
    }
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return true;
}

std::string CsvRows::as_csv() const {
  std::string text;
  for (std::size_t i = 0; i < csv_.fields().size(); ++i) {
    text += i == 0 ? "" : ",";
    append_csv(text, csv_.fields()[i].text);
  }
  return text;
}

std::string CsvRows::header_as_csv() const {
  std::string text;
  for (std::size_t i = 0; i < header_.names.size(); ++i) {
    text += i == 0 ? "" : ",";
    append_csv(text, header_.names[i]);
  }
  return text;
}

}  // namespace

Table table_of_header(const std::vector<CsvField>& header) {
  const auto has = [&](Column column) {
    return std::ranges::any_of(
        header, [&](const CsvField& field) { return column_named(field.text) == column; });
  };
  if (has(Column::member_group_id) || (has(Column::group_id) && has(Column::user_id))) {
    return Table::members;
  }
  if (has(Column::group_id)) {
    return Table::groups;
  }
  // An inventory: devices by what is printed on them, and nothing about people but whose they are.
  constexpr std::array<Column, 6> of_people = {Column::full_name, Column::email,
                                               Column::language,  Column::managed_apple_account,
                                               Column::location,  Column::group};
  const bool inventory = !has(Column::device_id) && std::ranges::any_of(device_keys, has) &&
                         std::ranges::none_of(of_people, has);
  return inventory ? Table::devices : Table::flat;
}

Result<std::unique_ptr<RowReader>, Complaint> read_csv_rows(CsvReader csv, CsvHeader header,
                                                            Table table) {
  auto rows = std::make_unique<CsvRows>(std::move(csv), std::move(header));
  if (auto settled = rows->settle(table); !settled) {
    return tl::unexpected(settled.error());
  }
  return rows;
}

}  // namespace muster::roster
