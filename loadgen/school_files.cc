#include "loadgen/school_files.h"

#include <array>
#include <charconv>
#include <fstream>
#include <utility>

#include "json/writer.h"
#include "loadgen/csv.h"

namespace muster::loadgen {

Result<void, Complaint> read_school_people(const std::string& dir, SchoolVerdict& verdict) {
  auto reader = CsvReader::open(dir + "/users.csv");
  if (!reader) {
    return tl::unexpected(reader.error());
  }
  static constexpr std::array<std::string_view, 2> columns{"user_id", "email"};
  return reader->each_row(columns, [&](const auto& fields) -> Result<void, Complaint> {
    if (!fields[1].empty()) {
      verdict.know(fields[0], fields[1]);
    }
    return {};
  });
}

Result<void, Complaint> read_school_rows(const std::string& file, SchoolVerdict& verdict) {
  auto reader = CsvReader::open(file);
  if (!reader) {
    return tl::unexpected(reader.error());
  }
  static constexpr std::array<std::string_view, 5> columns{"invitation", "user_id", "device_id",
                                                           "channel", "state"};
  return reader->each_row(columns, [&](const auto& fields) -> Result<void, Complaint> {
    SchoolRow row;
    const auto* end = fields[0].data() + fields[0].size();
    const auto read = std::from_chars(fields[0].data(), end, row.invitation);
    const auto state = state_named(fields[4]);
    if (read.ec != std::errc() || read.ptr != end || !state) {
      return tl::unexpected(
          reader->complain("invitation '" + fields[0] + "' in state '" + fields[4] + "'"));
    }
    if (fields[3] == "push" || fields[3] == "account") {
      row.account = fields[3] == "account";
      row.user_id = fields[1];
      row.device_id = fields[2];
      row.state = *state;
      verdict.add(std::move(row));
    }
    return {};
  });
}

Result<void, Complaint> read_school_journal(const std::string& file, SchoolVerdict& verdict) {
  std::ifstream stream(file, std::ios::binary);
  Complaint complaint;
  complaint.file = file;
  std::string line;
  while (std::getline(stream, line)) {
    ++complaint.line;
    if (!verdict.hear(line) && !stream.eof()) {
      complaint.found = "neither a line of the devices' journal nor of the books'";
      return tl::unexpected(std::move(complaint));
    }
  }
  if (complaint.line == 0 && !stream.is_open()) {
    complaint.found = "cannot read the journal";
    complaint.cause = Error{ErrorCode::not_found, 0};
    return tl::unexpected(std::move(complaint));
  }
  return {};
}

std::string json_of(const SchoolReport& report) {
  json::Writer out;
  out.begin_object().key("rows").number(report.rows);
  out.key("accounts").number(report.accounts);
  out.key("users_accepted").number(report.users_accepted);
  out.key("asked_again").number(report.asked_again);
  out.key("lost").number(report.lost).key("doubled").number(report.doubled);
  out.key("misreported").number(report.misreported);
  out.key("violations").number(report.violations).key("states").begin_object();
  for (std::size_t i = 0; i < report.by_state.size(); ++i) {
    if (report.by_state[i] > 0) {
      out.key(name_of(static_cast<State>(i))).number(report.by_state[i]);
    }
  }
  out.end().key("defects").begin_object();
  for (std::size_t i = 0; i < report.by_defect.size(); ++i) {
    if (report.by_defect[i] > 0) {
      out.key(words(static_cast<SchoolDefect>(i))).number(report.by_defect[i]);
    }
  }
  out.end().key("examples").begin_array();
  for (const auto& example : report.examples) {
    out.text(example);
  }
  return out.end().key("good").boolean(report.good()).end().result();
}

}  // namespace muster::loadgen
