#include "roster/csv.h"

#include <cstring>

#include "model/limits.h"

namespace muster::roster {
namespace {

bool ends_line(char c) {
  return c == '\n' || c == '\r';
}

}  // namespace

Result<bool, Complaint> CsvReader::next() {
  for (;;) {
    if (auto filled = file_.fill(); !filled) {
      return tl::unexpected(filled.error());
    }
    if (file_.size() == 0) {
      return false;
    }
    char* const begin = file_.data();
    Cursor cursor{begin, begin + file_.size(), line_, begin};
    record_line_ = line_;
    auto read = read_record(cursor);
    if (!read) {
      return read;
    }
    const auto size = static_cast<std::size_t>(cursor.at - begin);
    if (size > limits::line_bytes_max + 2) {
      return tl::unexpected(too_long());
    }
    file_.consume(size);
    line_ = cursor.line;
    if (*read) {
      return true;
    }
  }
}

Result<bool, Complaint> CsvReader::read_record(Cursor& cursor) {
  fields_.clear();
  char* const begin = cursor.at;
  for (;;) {
    if (fields_.size() == limits::columns_max) {
      return trouble(cursor.line, cursor.column(),
                     "more than " + std::to_string(limits::columns_max) + " columns", "", "");
    }
    fields_.push_back(CsvField{{}, cursor.line, cursor.column()});
    if (cursor.at != cursor.end && *cursor.at == '"') {
      if (auto read = read_quoted(cursor); !read) {
        return tl::unexpected(read.error());
      }
    } else {
      read_plain(cursor);
    }
    if (cursor.at == cursor.end && !file_.last()) {
      return tl::unexpected(too_long());
    }
    if (auto checked = check_last_field(); !checked) {
      return tl::unexpected(checked.error());
    }
    if (cursor.at == cursor.end || *cursor.at != dialect_.separator) {
      break;
    }
    ++cursor.at;
  }
  const bool blank = cursor.at == begin;
  if (cursor.at != cursor.end) {
    const bool pair = *cursor.at == '\r' && cursor.end - cursor.at > 1 && cursor.at[1] == '\n';
    cursor.at += pair ? 2 : 1;
    ++cursor.line;
    cursor.line_begin = cursor.at;
  }
  return !blank;
}

bool CsvReader::escapes(const Cursor& cursor) const {
  return dialect_.backslash && *cursor.at == '\\' && cursor.end - cursor.at > 1 &&
         !ends_line(cursor.at[1]);
}

void CsvReader::read_plain(Cursor& cursor) {
  char* const begin = cursor.at;
  const char separator = dialect_.separator;
  if (!dialect_.backslash) {
    while (cursor.at != cursor.end && *cursor.at != separator && !ends_line(*cursor.at)) {
      ++cursor.at;
    }
    fields_.back().text = {begin, static_cast<std::size_t>(cursor.at - begin)};
    return;
  }
  char* out = begin;
  for (; cursor.at != cursor.end && *cursor.at != separator && !ends_line(*cursor.at);
       ++cursor.at) {
    cursor.at += escapes(cursor) ? 1 : 0;
    *out++ = *cursor.at;
  }
  fields_.back().text = {begin, static_cast<std::size_t>(out - begin)};
}

// Joins the pieces between doubled quotes in place: the text only ever gets shorter.
Result<void, Complaint> CsvReader::read_quoted(Cursor& cursor) {
  const CsvField opened = fields_.back();
  char* out = ++cursor.at;
  char* const begin = out;
  for (;; ++cursor.at) {
    if (cursor.at == cursor.end) {
      return trouble(opened.line, opened.column,
                     file_.last() ? "a quote opens here and never closes"
                                  : "a quote opens here and does not close within 1 MiB",
                     "a closing quote", "close it, or double the quotes inside");
    }
    if (escapes(cursor)) {
      *out++ = *++cursor.at;
      continue;
    }
    const char c = *cursor.at;
    if (c == '"') {
      const bool doubled = cursor.end - cursor.at > 1 && cursor.at[1] == '"';
      if (!doubled) {
        break;
      }
      ++cursor.at;
    } else if (c == '\n' || (c == '\r' && (cursor.at + 1 == cursor.end || cursor.at[1] != '\n'))) {
      ++cursor.line;
      cursor.line_begin = cursor.at + 1;
    }
    *out++ = c;
  }
  ++cursor.at;
  fields_.back().text = {begin, static_cast<std::size_t>(out - begin)};
  if (cursor.at != cursor.end && *cursor.at != dialect_.separator && !ends_line(*cursor.at)) {
    return trouble(cursor.line, cursor.column(), "text behind a closing quote",
                   dialect_.separator == ',' ? "a comma or the end of the line"
                                             : "a semicolon or the end of the line",
                   "double the quotes inside a field");
  }
  return {};
}

Result<void, Complaint> CsvReader::check_last_field() const {
  const auto& field = fields_.back();
  if (field.text.size() > limits::field_bytes_max) {
    return trouble(field.line, field.column,
                   "a field of " + std::to_string(field.text.size()) + " bytes",
                   "at most " + std::to_string(limits::field_bytes_max), "");
  }
  return file_.check_text(field.text, field.line, field.column);
}

Complaint CsvReader::too_long() const {
  return Complaint{file_.path(),
                   record_line_,
                   0,
                   "a line of more than " + std::to_string(limits::line_bytes_max) + " bytes",
                   "",
                   "check the line ends of this file",
                   {}};
}

tl::unexpected<Complaint> CsvReader::trouble(std::uint64_t line, std::uint64_t column,
                                             std::string found, std::string expected,
                                             std::string mend) const {
  return tl::unexpected(Complaint{
      file_.path(), line, column, std::move(found), std::move(expected), std::move(mend), {}});
}

void append_csv(std::string& out, std::string_view field) {
  const bool plain = field.find_first_of(",\"\r\n") == std::string_view::npos;
  if (plain) {
    out += field;
    return;
  }
  out += '"';
  for (const char c : field) {
    out += c;
    if (c == '"') {
      out += c;
    }
  }
  out += '"';
}

}  // namespace muster::roster
