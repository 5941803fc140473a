// Rows as the importer sees them, whatever file they came from: known columns, each with its place.
//
// The names of columns are a contract (design §3). A header decides which are there and in which
// order; what we do not know is left out with a warning. `present` and an empty text differ: a
// column that is not in the file leaves what is stored alone, an empty field empties it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace muster::roster {

enum class Column : std::uint8_t {
  user_id,
  full_name,
  email,
  language,
  managed_apple_account,
  managed_distribution,
  location,
  group_id,
  name,
  member_group_id,
  device_id,
  platform,
  serial,
  enrollment,
  topic,
  push_token,
  push_magic,
  user_push_token,
  user_push_magic,
  group,
  udid,
  imei,
  meid,
};
inline constexpr std::size_t columns_count = 23;
// What tells a device apart, in this order: a row of devices needs one of them. Without a device_id
// it is the device that has the next of them already, or a new one that is called by it: a
// placeholder, until it checks in.
inline constexpr std::array<Column, 5> device_keys = {Column::device_id, Column::udid,
                                                      Column::serial, Column::imei, Column::meid};
[[nodiscard]] std::string_view name_of(Column column);
[[nodiscard]] std::optional<Column> column_named(std::string_view name);

// What a line of a file stands for. Files are read in this order, so that what a line refers to is
// known.
enum class Table : std::uint8_t { users, groups, flat, members, devices };
[[nodiscard]] std::span<const Column> columns_of(Table table);
[[nodiscard]] std::span<const Column> required_of(Table table);
[[nodiscard]] std::string names_of(std::span<const Column> columns);  // "user_id, full_name"

struct Value {
  bool present = false;
  std::string_view text;
  std::uint64_t line = 0;
  std::uint64_t column = 0;
};

struct Row {
  std::uint64_t line = 0;
  std::array<Value, columns_count> values;
  std::vector<std::string_view> groups;  // flat: the names in `group`
  std::optional<Complaint> trouble;      // the row itself is broken; another may follow

  [[nodiscard]] const Value& at(Column column) const {
    return values[static_cast<std::size_t>(column)];
  }
  [[nodiscard]] Value& at(Column column) { return values[static_cast<std::size_t>(column)]; }
};

class RowReader {
 public:
  virtual ~RowReader() = default;
  // False at the end. A complaint ends the file; a broken row is a Row with trouble.
  [[nodiscard]] virtual Result<bool, Complaint> next(Row& row) = 0;
  // The row as the file had it, as CSV: for the file of rejects.
  [[nodiscard]] virtual std::string as_csv() const = 0;
  [[nodiscard]] virtual std::string header_as_csv() const = 0;
  [[nodiscard]] virtual const std::vector<std::string>& warnings() const = 0;
  // Where the row stands, where a line means nothing: the entry of a directory.
  [[nodiscard]] virtual std::string entry() const { return {}; }
  [[nodiscard]] virtual std::uint64_t bytes_done() const = 0;
  [[nodiscard]] virtual std::uint64_t bytes_total() const = 0;
};

// A file that has been recognised: by `format` ("csv", "ndjson") where given, by its name, by its
// content.
struct Source {
  std::string path;
  Table table = Table::flat;
  std::unique_ptr<RowReader> reader;
};
[[nodiscard]] Result<Source, Complaint> open_source(const std::string& path,
                                                    const std::string& format);

}  // namespace muster::roster
