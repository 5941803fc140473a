// Reads a school's files into a School, whichever system exported them.
//
// Everything is read before the roster is touched: a file that is wrong in its last line changes
// nothing. What Apple School Manager and OneRoster say, each in its own way, stands in
// apple_school.cc and one_roster.cc.
#pragma once

#include <functional>
#include <string>

#include "roster/school.h"
#include "roster/school_builder.h"
#include "roster/school_files.h"

namespace muster::roster {

// Told a few times a second how many records came; false ends the reading.
using KeepReading = std::function<bool(const std::string& path, std::uint64_t records)>;

[[nodiscard]] Result<School, Complaint> read_school(const SchoolFiles& files, SchoolKind kind,
                                                    const IsKnown& is_known,
                                                    const KeepReading& keep_reading);

// One walk through the records of all files.
class RecordWalk {
 public:
  using Visit = std::function<Result<void, Complaint>(const SchoolTable&)>;
  RecordWalk(const SchoolFiles& files, const KeepReading& keep_reading, bool backslash)
      : files_(files), keep_reading_(keep_reading), backslash_(backslash) {}

  // Every record of a file that is there and has these columns; ends with the first complaint.
  [[nodiscard]] Result<void, Complaint> each(const char* name, SchoolTable::Columns needed,
                                             const Visit& visit, SchoolBuilder* builder = nullptr);

 private:
  const SchoolFiles& files_;
  const KeepReading& keep_reading_;
  bool backslash_;
  std::uint64_t records_ = 0;
};

[[nodiscard]] Result<School, Complaint> read_apple_school(const SchoolFiles& files,
                                                          const KeepReading& keep_reading);
[[nodiscard]] Result<School, Complaint> read_one_roster(const SchoolFiles& files,
                                                        const IsKnown& is_known,
                                                        const KeepReading& keep_reading);

// "Ann M Miller" of what there is.
[[nodiscard]] std::string joined_name(std::initializer_list<std::string_view> parts);
// A file that must be there.
[[nodiscard]] tl::unexpected<Complaint> missing(const SchoolFiles& files, const std::string& name,
                                                std::string expected, std::string mend);

}  // namespace muster::roster
