// Apple School Manager's six CSV files, as schools send them there by SFTP:
//
//   locations.csv   location_id, location_name
//   students.csv    person_id, first_name, middle_name, last_name, grade_level, email_address,
//                   location_id, location_id_2 …
//   staff.csv       the same without grade_level
//   courses.csv     course_id, course_number, course_name, location_id
//   classes.csv     class_id, class_number, course_id, instructor_id, instructor_id_2 …,
//   location_id rosters.csv     roster_id, class_id, student_id
//
// Users are known by person_id. Groups are made of locations, grades, classes (their students) and
// all staff. Where a file has managed_apple_account (or managed_apple_id), that comes along.
#include <map>

#include "roster/school_reader.h"

namespace muster::roster {
namespace {

using Done = Result<void, Complaint>;

class AppleSchool {
 public:
  AppleSchool(const SchoolFiles& files, const KeepReading& keep_reading)
      : files_(files),
        walk_(files, keep_reading, /*backslash=*/true),
        builder_(new_school(files), nullptr) {}

  [[nodiscard]] Result<School, Complaint> read() {
    for (const auto step :
         {&AppleSchool::look_for_files, &AppleSchool::read_locations, &AppleSchool::read_people,
          &AppleSchool::read_courses, &AppleSchool::read_classes, &AppleSchool::read_rosters}) {
      if (auto done = (this->*step)(); !done) {
        return tl::unexpected(done.error());
      }
    }
    return builder_.finish();
  }

 private:
  static School new_school(const SchoolFiles& files) {
    School school;
    school.name = files.path();
    school.base = "apple-school";
    return school;
  }

  [[nodiscard]] Done look_for_files() {
    for (const auto* name : {"students.csv", "staff.csv", "courses.csv", "classes.csv",
                             "rosters.csv", "locations.csv"}) {
      if (!files_.has(name)) {
        return missing(files_, name, "the six files of Apple School Manager's template",
                       "export all six; one of a header alone will do");
      }
    }
    return {};
  }

  [[nodiscard]] Done read_locations() {
    return walk_.each(
        "locations.csv", {"location_id", "location_name"},
        [&](const SchoolTable& at) -> Done {
          auto added = builder_.add_group(at, "location_id", "location",
                                          std::string(at.at("location_name")));
          return added ? Done{} : tl::unexpected(added.error());
        },
        &builder_);
  }

  [[nodiscard]] Done read_people() {
    auto read = walk_.each(
        "students.csv", {"person_id", "first_name", "last_name", "location_id"},
        [&](const SchoolTable& at) { return add_person(at, false); }, &builder_);
    if (!read) {
      return read;
    }
    return walk_.each(
        "staff.csv", {"person_id", "first_name", "last_name", "location_id"},
        [&](const SchoolTable& at) { return add_person(at, true); }, &builder_);
  }

  [[nodiscard]] Done add_person(const SchoolTable& at, bool staff) {
    const auto user = builder_.add_user(at, "person_id");
    if (!user) {
      return tl::unexpected(user.error());
    }
    builder_.user_at(*user).full_name =
        joined_name({at.at("first_name"), at.at("middle_name"), at.at("last_name")});
    for (const auto location : at.all("location_id")) {
      const auto group = builder_.group(at, "location_id", "location", location);
      if (!group) {
        return tl::unexpected(group.error());
      }
      builder_.join(*group, *user);
    }
    if (staff) {
      builder_.join(builder_.made_group(at, staff_group, "Staff"), *user);
    } else if (const std::string grade(at.at("grade_level")); !grade.empty()) {
      builder_.join(builder_.made_group(at, "grade/" + grade, "Grade " + grade), *user);
    }
    return {};
  }

  [[nodiscard]] Done read_courses() {
    return walk_.each(
        "courses.csv", {"course_id", "course_name"}, [&](const SchoolTable& at) -> Done {
          const auto [course, fresh] = courses_.emplace(at.at("course_id"), at.at("course_name"));
          return fresh ? Done{}
                       : at.refuse("course_id", "the course '" + course->first + "' twice",
                                   "each once", "remove one of them");
        });
  }

  [[nodiscard]] Done read_classes() {
    return walk_.each(
        "classes.csv", {"class_id", "course_id"},
        [&](const SchoolTable& at) { return add_class(at); }, &builder_);
  }

  [[nodiscard]] Done add_class(const SchoolTable& at) {
    const auto number = at.at("class_number");
    const auto course = courses_.find(at.at("course_id"));
    if (course == courses_.end() && !at.at("course_id").empty()) {
      return at.refuse("course_id",
                       "course_id '" + std::string(at.at("course_id")) + "' is not known",
                       "one of courses.csv", "export all files at once; nothing was stored");
    }
    const auto name = joined_name({course == courses_.end() ? std::string_view() : course->second,
                                   number.empty() ? at.at("class_id") : number});
    if (auto added = builder_.add_group(at, "class_id", "class", name); !added) {
      return tl::unexpected(added.error());
    }
    for (const auto location : at.all("location_id")) {
      if (auto found = builder_.group(at, "location_id", "location", location); !found) {
        return tl::unexpected(found.error());
      }
    }
    for (const auto instructor : at.all("instructor_id")) {
      if (auto found = builder_.user(at, "instructor_id", instructor); !found) {
        return tl::unexpected(found.error());
      }
    }
    return {};
  }

  [[nodiscard]] Done read_rosters() {
    auto read = walk_.each(
        "rosters.csv", {"roster_id", "class_id", "student_id"}, [&](const SchoolTable& at) -> Done {
          rows_.add(at.at("roster_id"), at.line());
          const auto group = builder_.group(at, "class_id", "class", at.at("class_id"));
          if (!group) {
            return tl::unexpected(group.error());
          }
          const auto user = builder_.user(at, "student_id", at.at("student_id"));
          if (!user) {
            return tl::unexpected(user.error());
          }
          builder_.join(*group, *user);
          return {};
        });
    const auto [first, again] = rows_.first_repeat();
    if (read && again != 0) {
      return tl::unexpected(
          Complaint{files_.path_of("rosters.csv"),
                    again,
                    0,
                    "a roster_id twice (first on line " + std::to_string(first) + ")",
                    "each once",
                    "remove one of them",
                    {}});
    }
    return read;
  }

  const SchoolFiles& files_;
  RecordWalk walk_;
  SchoolBuilder builder_;
  std::map<std::string, std::string, std::less<>> courses_;  // name by id
  IdsOnce rows_;
};

}  // namespace

Result<School, Complaint> read_apple_school(const SchoolFiles& files,
                                            const KeepReading& keep_reading) {
  return AppleSchool(files, keep_reading).read();
}

}  // namespace muster::roster
