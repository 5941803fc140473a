// Makes a School of what the files of an export say, record by record, and sees that what one file
// refers to stands in another.
//
// Owned by the reader of one export. Complaints name the field of the record that is at hand.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "roster/id_table.h"
#include "roster/school.h"
#include "roster/school_table.h"

namespace muster::roster {

// Whether the roster has a user or a group of that id: files of changes may refer to those as well.
enum class Kin : std::uint8_t { user, group };
using IsKnown = std::function<Result<bool>(Kin kin, const std::string& id)>;

// Ids of records that nothing refers to (millions): only that each comes once is of interest, so
// that eight bytes of each must do.
class IdsOnce {
 public:
  void add(std::string_view id, std::uint64_t line);
  // The first line that has the id of an earlier one, behind that; zeros: there is none.
  [[nodiscard]] std::pair<std::uint64_t, std::uint64_t> first_repeat();

 private:
  std::vector<std::pair<std::uint64_t, std::uint64_t>> hashes_and_lines_;
};

class SchoolBuilder {
 public:
  static constexpr std::uint32_t nobody = UINT32_MAX;
  SchoolBuilder(School school, IsKnown is_known)
      : school_(std::move(school)), is_known_(std::move(is_known)) {}

  // Records that follow come from this table; `key` names their id.
  void begin(const SchoolTable& at);
  // The place of a new user, whose id is in the first of the needed columns.
  [[nodiscard]] Result<std::uint32_t, Complaint> add_user(const SchoolTable& at, const char* key);
  [[nodiscard]] Result<std::uint32_t, Complaint> add_group(const SchoolTable& at, const char* key,
                                                           const char* kind, std::string name);
  // A group that no record stands for: a grade, all staff. Once or more often.
  [[nodiscard]] std::uint32_t made_group(const SchoolTable& at, const std::string& id,
                                         const std::string& name);

  // What `id`, said in that column, means; a complaint where nobody knows it.
  [[nodiscard]] Result<std::uint32_t, Complaint> user(const SchoolTable& at, const char* column,
                                                      std::string_view id);
  [[nodiscard]] Result<std::uint32_t, Complaint> group(const SchoolTable& at, const char* column,
                                                       const char* kind, std::string_view id);

  [[nodiscard]] SchoolUser& user_at(std::uint32_t place) { return school_.users[place]; }
  [[nodiscard]] SchoolGroup& group_at(std::uint32_t place) { return school_.groups[place]; }
  void join(std::uint32_t group, std::uint32_t user);
  void leave(std::uint32_t group, std::uint32_t user);
  [[nodiscard]] Result<bool, Complaint> is_known(Kin kin, const std::string& id) const;
  [[nodiscard]] bool whole() const { return school_.whole; }

  // The school, in order. Refused: nobody in files that say everything.
  [[nodiscard]] Result<School, Complaint> finish();

 private:
  [[nodiscard]] Result<std::uint32_t, Complaint> referred(const SchoolTable& at, const char* column,
                                                          Kin kin, const std::string& id);
  [[nodiscard]] std::uint32_t put_user(SchoolUser user, std::uint64_t line);
  [[nodiscard]] std::uint32_t put_group(SchoolGroup group, std::uint64_t line);

  School school_;
  IsKnown is_known_;
  IdTable users_;   // number: the place
  IdTable groups_;  // likewise; ids with their kind in front
  std::uint64_t memberships_ = 0;
};

}  // namespace muster::roster
