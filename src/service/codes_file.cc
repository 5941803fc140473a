#include "service/codes_file.h"

#include <algorithm>
#include <optional>
#include <set>

#include "base/ascii.h"
#include "registrar/invitation_url.h"
#include "roster/csv.h"
#include "service/registering.h"

namespace muster::service {
namespace {

struct Columns {
  std::size_t user = 0;
  std::size_t url = 0;
  std::optional<std::size_t> location;
};

std::optional<std::size_t> column_of(const std::vector<roster::CsvField>& fields,
                                     std::string_view name) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    std::string text(fields[i].text);
    std::ranges::transform(text, text.begin(), ascii_lower);
    if (text == name) {
      return i;
    }
  }
  return std::nullopt;
}

// Of the header; nothing: it is another kind of file.
std::optional<Columns> columns_of(const std::vector<roster::CsvField>& fields) {
  const auto user = column_of(fields, "user_id");
  const auto url = column_of(fields, "invite_url");
  if (!user || !url) {
    return std::nullopt;
  }
  return Columns{*user, *url, column_of(fields, "location")};
}

Result<roster::CsvReader, Complaint> open_csv(const std::string& file) {
  auto opened = roster::TextFile::open(file);
  if (!opened) {
    return tl::unexpected(opened.error());
  }
  return roster::CsvReader(std::move(*opened));
}

tl::unexpected<Complaint> complain(const std::string& file, const roster::CsvField& at,
                                   std::string found, std::string expected, std::string mend) {
  Complaint complaint;
  complaint.file = file;
  complaint.line = at.line;
  complaint.column = at.column;
  complaint.found = std::move(found);
  complaint.expected = std::move(expected);
  complaint.mend = std::move(mend);
  return tl::unexpected(std::move(complaint));
}

Result<registrar::ImportedCode, Complaint> code_of_row(const std::string& file,
                                                       const std::vector<roster::CsvField>& fields,
                                                       const Columns& columns,
                                                       roster::RosterReader& roster) {
  const auto needed = std::max(columns.user, columns.url);
  if (fields.size() <= needed) {
    return complain(file, fields.back(), "a row of " + std::to_string(fields.size()) + " fields",
                    "as many as the header has", "");
  }
  const auto& url = fields[columns.url];
  registrar::ImportedCode code;
  code.url = url.text;
  if (!registrar::code_of(code.url)) {
    return complain(file, url, "no invitation address",
                    "https://… with an inviteCode, as the other MDM server exports it", "");
  }
  const auto user = roster.user_number(std::string(fields[columns.user].text));
  if (!user) {
    return complain(file, fields[columns.user], user.error().found, user.error().expected,
                    user.error().mend);
  }
  code.user = *user;
  code.location = default_location;
  if (columns.location && *columns.location < fields.size() &&
      !fields[*columns.location].text.empty()) {
    code.location = fields[*columns.location].text;
  }
  return code;
}

}  // namespace

bool is_codes_file(const std::string& file) {
  auto csv = open_csv(file);
  if (!csv) {
    return false;
  }
  const auto header = csv->next();
  return header && *header && columns_of(csv->fields()).has_value();
}

Result<std::vector<registrar::ImportedCode>, Complaint> read_codes(const std::string& file,
                                                                   roster::RosterReader& roster) {
  auto csv = open_csv(file);
  if (!csv) {
    return tl::unexpected(csv.error());
  }
  const auto header = csv->next();
  if (!header) {
    return tl::unexpected(header.error());
  }
  const auto columns = *header ? columns_of(csv->fields()) : std::nullopt;
  if (!columns) {
    Complaint complaint;
    complaint.file = file;
    complaint.line = 1;
    complaint.found = "another header";
    complaint.expected = "user_id,invite_url";
    return tl::unexpected(std::move(complaint));
  }
  std::vector<registrar::ImportedCode> codes;
  std::set<UserNumber> seen;
  for (;;) {
    const auto more = csv->next();
    if (!more) {
      return tl::unexpected(more.error());
    }
    if (!*more) {
      return codes;
    }
    auto code = code_of_row(file, csv->fields(), *columns, roster);
    if (!code) {
      return tl::unexpected(code.error());
    }
    if (!seen.insert(code->user).second) {
      return complain(
          file, csv->fields()[columns->user],
          "user '" + std::string(csv->fields()[columns->user].text) + "' stands here a second time",
          "each user once", "keep the newer of his rows");
    }
    codes.push_back(std::move(*code));
  }
}

}  // namespace muster::service
