#include "console/csv.h"

namespace muster::console {

std::string csv_cell(std::string_view text) {
  std::string cell;
  if (!text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos) {
    cell = "'";
  }
  cell += text;
  if (cell.find_first_of(",\"\r\n") == std::string::npos) {
    return cell;
  }
  std::string quoted = "\"";
  for (const char c : cell) {
    quoted += c;
    if (c == '"') {
      quoted += c;
    }
  }
  return quoted + "\"";
}

void append_csv_row(std::string& out, const Invitation& row) {
  out += std::to_string(row.number);
  const auto add = [&out](std::string_view text) {
    out += ',';
    out += csv_cell(text);
  };
  add(row.user_id);
  add(row.user_full_name);
  add(row.device_id);
  add(row.device_name);
  add(row.channel);
  add(row.state);
  add(row.reason);
  out += ',' + std::to_string(row.attempts);
  add(row.apns_id);
  add(row.reply);
  add(row.updated_at);
  out += '\n';
}

void append_csv_row(std::string& out, const UnreachedUser& row) {
  out += csv_cell(row.user_id) + "," + csv_cell(row.full_name) + "," + csv_cell(row.reason) + "\n";
}

}  // namespace muster::console
