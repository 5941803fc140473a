// A school as its files say it, whoever exported them: users, groups, and who is in which.
//
// Groups are made of what the files know: organisations or locations, grades, classes, all staff.
// Their ids say so ("class/7b", "grade/7"), so that none is taken for another. `whole` files say
// everything: who is not in them is there no more. Others say what changed.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace muster::roster {

enum class Standing : std::uint8_t {
  active,
  disabled,  // may not log in: stays what he is, in no audience
  gone,      // deleted: the same, and nothing else is believed of him
  referred,  // files of changes name him without saying more
  left_out,  // parents and guardians
};
struct SchoolFile {
  std::string path;
  bool emails = false;  // has a column for them
  bool accounts = false;
};
struct SchoolUser {
  std::string id;
  std::string full_name;
  std::string email;
  std::string managed_apple_account;
  std::uint32_t file = 0;  // place in School::files
  std::uint32_t line = 0;
  std::uint32_t email_column = 0;
  Standing standing = Standing::active;
};
struct SchoolGroup {
  std::string id;
  std::string name;
  std::uint32_t file = 0;
  std::uint32_t line = 0;
  Standing standing = Standing::active;
  // Places in School::users and ::groups, ascending, once each.
  std::vector<std::uint32_t> users;
  std::vector<std::uint32_t> groups;
  std::vector<std::uint32_t> users_leaving;  // in files of changes
};
struct School {
  std::string name;  // the path, for people
  std::string base;  // which source it is: users of another are none of its business
  bool whole = true;
  std::vector<SchoolFile> files;
  std::deque<SchoolUser> users;
  std::deque<SchoolGroup> groups;
  // In files of changes: whoever is told of leaves the groups whose ids begin so, unless the files
  // put him there again.
  std::vector<std::string> told_anew;
};

inline constexpr const char* staff_group = "school/staff";

}  // namespace muster::roster
