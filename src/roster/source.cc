// Which kind of file is this?
#include <array>

#include "roster/csv_rows.h"
#include "roster/json_rows.h"
#include "roster/nearest.h"
#include "roster/row.h"

namespace muster::roster {
namespace {

constexpr std::array<std::string_view, 2> formats = {"csv", "ndjson"};

std::string_view file_name_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::optional<Table> table_of_name(std::string_view name) {
  if (name == "users.csv") {
    return Table::users;
  }
  if (name == "groups.csv") {
    return Table::groups;
  }
  if (name == "members.csv") {
    return Table::members;
  }
  if (name == "devices.csv") {
    return Table::devices;
  }
  return std::nullopt;
}

bool looks_like_json(std::string_view name, std::string_view start) {
  if (name.ends_with(".ndjson") || name.ends_with(".jsonl")) {
    return true;
  }
  const auto first = start.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && (start[first] == '{' || start[first] == '[');
}

Result<Source, Complaint> open_csv(TextFile file) {
  const std::string path = file.path();
  CsvReader csv(std::move(file));
  auto more = csv.next();
  if (!more) {
    return tl::unexpected(more.error());
  }
  if (!*more) {
    return tl::unexpected(
        Complaint{path, 1, 1, "the file is blank", "a header line", "export it again", {}});
  }
  CsvHeader header;
  header.line = csv.line();
  for (const auto& field : csv.fields()) {
    header.names.emplace_back(field.text);
    header.places.push_back(field.column);
  }
  const auto table = table_of_name(file_name_of(path)).value_or(table_of_header(csv.fields()));
  auto rows = read_csv_rows(std::move(csv), std::move(header), table);
  if (!rows) {
    return tl::unexpected(rows.error());
  }
  return Source{path, table, std::move(*rows)};
}

}  // namespace

Result<Source, Complaint> open_source(const std::string& path, const std::string& format) {
  if (!format.empty() && format != formats[0] && format != formats[1]) {
    return tl::unexpected(Complaint{"",
                                    0,
                                    0,
                                    "the format '" + format + "'",
                                    list_of(formats),
                                    did_you_mean(nearest(format, formats), ""),
                                    {}});
  }
  auto file = TextFile::open(path);
  if (!file) {
    return tl::unexpected(file.error());
  }
  const std::string_view start(file->data(), file->size());
  if (start.starts_with("PK\x03\x04") || start.starts_with("PK\x05\x06")) {
    return tl::unexpected(Complaint{path,
                                    0,
                                    0,
                                    "this zip archive has no school's files",
                                    "those of Apple School Manager or OneRoster",
                                    "unpack another roster and give its directory",
                                    {}});
  }
  const bool json =
      format.empty() ? looks_like_json(file_name_of(path), start) : format == formats[1];
  if (json) {
    return Source{path, Table::flat, read_json_rows(std::move(*file))};
  }
  return open_csv(std::move(*file));
}

}  // namespace muster::roster
