// A school's files, as Apple School Manager and OneRoster have them, in a directory or an archive.
#pragma once

#include <zip.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "fixture.h"

namespace muster::roster {

using Files = std::map<std::string, std::string>;

// The columns stand in another order than in Apple's documentation.
inline Files apple_files() {
  return {
      {"students.csv",
       "last_name,first_name,middle_name,person_id,grade_level,email_address,location_id,"
       "location_id_2\n"
       "Miller,Ann,M,s1,7,ann@school.example,L1,L2\n"
       "O\\\"Neil,Bob,,s2,8,,L1,\n"},
      {"staff.csv",
       "person_id,first_name,last_name,email_address,location_id\n"
       "t1,Tea,Cher,t@school.example,L2\n"},
      {"courses.csv", "course_id,course_number,course_name,location_id\nC1,1,Biology,L1\n"},
      {"classes.csv",
       "class_id,class_number,course_id,instructor_id,location_id\nK1,7b,C1,t1,L1\n"},
      {"rosters.csv", "roster_id,class_id,student_id\nr1,K1,s1\n"},
      {"locations.csv", "location_id,location_name\nL1,South\nL2,North\n"},
  };
}

inline std::string manifest(const std::string& version, const std::string& extent) {
  std::string text =
      "propertyName,value\nmanifest.version,1.0\noneroster.version," + version + "\n";
  for (const auto* file : {"orgs", "users", "classes", "enrollments"}) {
    text.append("file.").append(file).append(",").append(extent).append("\n");
  }
  return text + "source.systemCode,sis\n";
}

inline Files one_roster_files() {
  return {
      {"manifest.csv", manifest("1.1", "bulk")},
      {"orgs.csv",
       "sourcedId,status,name,type,parentSourcedId\n"
       "s,,School,school,d\nd,,District,district,\n"},
      {"users.csv",
       "sourcedId,status,enabledUser,orgSourcedIds,role,givenName,familyName,email,grades\n"
       "u1,,true,s,student,Ann,Miller,ann@school.example,\"07,08\"\n"
       "u2,,true,\"s,d\",teacher,Tea,Cher,,\n"
       "u3,,true,s,guardian,Gu,Ardian,,\n"},
      {"classes.csv", "sourcedId,title,classCode,schoolSourcedId\nk,Biology,B7,s\n"},
      {"enrollments.csv",
       "sourcedId,classSourcedId,userSourcedId,role\ne1,k,u1,student\ne2,k,u2,teacher\n"},
  };
}

class SchoolTest : public RosterTest {
 protected:
  std::string folder(const Files& files) {
    const auto path = dir_ + "/school";
    std::filesystem::remove_all(path);
    std::filesystem::create_directory(path);
    for (const auto& [name, text] : files) {
      std::ofstream(path + "/" + name, std::ios::binary) << text;
    }
    return path;
  }
  std::string archive(const std::vector<std::pair<std::string, std::string>>& members) {
    const auto path = dir_ + "/school.zip";
    std::filesystem::remove(path);
    int trouble = 0;
    zip_t* zip = zip_open(path.c_str(), ZIP_CREATE, &trouble);
    for (const auto& [name, text] : members) {
      zip_file_add(zip, name.c_str(), zip_source_buffer(zip, text.data(), text.size(), 0),
                   ZIP_FL_ENC_UTF_8);
    }
    EXPECT_EQ(zip_close(zip), 0);
    return path;
  }
  std::string archive(const Files& files) {
    return archive(std::vector<std::pair<std::string, std::string>>(files.begin(), files.end()));
  }
  Result<ImportCounts, Complaint> import_school(const Files& files) {
    return import(folder(files));
  }
  // The same with one file that reads otherwise.
  std::string refusal_with(Files files, const std::string& name, const std::string& text) {
    files[name] = text;
    return refusal(import_school(files));
  }
  std::vector<std::string> members(const std::string& group) {
    auto selection = reader().select_group(group, Wanted::not_invited, Means::mail);
    if (!selection) {
      return {"no such group"};
    }
    const auto& users = selection->users_selected;
    std::vector<std::string> ids;
    const auto texts = reader().user_texts(users.slice(0, users.size()));
    EXPECT_TRUE(texts);
    for (const auto& text : *texts) {
      ids.push_back(text.user_id);
    }
    return ids;
  }
  store::UserRow row_of(const std::string& id) {
    const auto details = reader().user_details(id);
    EXPECT_TRUE(details) << id;
    return details ? details->user.row : store::UserRow{};
  }
  static std::uint64_t changes_in(const ImportCounts& counts) {
    std::uint64_t sum = 0;
    for (const auto* one : {&counts.users_changed, &counts.groups_changed}) {
      sum += one->added.count + one->changed.count + one->removed.count;
    }
    return sum;
  }
};

}  // namespace muster::roster
