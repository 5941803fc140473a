// From the text of a field to its value, or to a complaint with its place.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "roster/row.h"
#include "store/roster_store.h"

namespace muster::roster {

// Reads the fields of one row. The first trouble stays in complaint(); later calls do nothing.
class Fields {
 public:
  Fields(const Row& row, const std::string& file) : row_(row), file_(file) {}

  // A column that the file does not have leaves `into` alone.
  void text(Column column, std::string& into);
  void id(Column column, std::string& into);  // must not be empty
  void email(std::string& into);
  void magic(Column column, std::string& into);
  void token(Column column, std::vector<Byte>& into);
  void imei(std::string& into);  // digits, however they are set apart
  void meid(std::string& into);  // hexadecimal digits, likewise
  void on_or_off(store::Switch& into);
  // One of `names`: its place from 1; 0 where empty.
  void choice(Column column, std::span<const std::string_view> names, std::uint8_t& into);
  // Letters, digits and these others, ≤ limit bytes: topics, languages.
  void word(Column column, std::string_view others, std::size_t limit, std::string& into);
  void refuse(Column column, std::string found, std::string expected, std::string mend);

  [[nodiscard]] bool good() const { return good_; }
  // Where not good().
  [[nodiscard]] const Complaint& complaint() const { return *complaint_; }

 private:
  void set_apart(Column column, const char* expected, bool (*is_digit)(char), std::string& into);

  const Row& row_;
  const std::string& file_;
  std::unique_ptr<const Complaint> complaint_;  // hardly a row has one
  bool good_ = true;
};

}  // namespace muster::roster
