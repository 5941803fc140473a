// OneRoster 1.1 and 1.2 in CSV:
//
//   manifest.csv      propertyName, value: oneroster.version, source.systemCode, file.users …
//   orgs.csv          sourcedId, name, type, parentSourcedId
//   users.csv         sourcedId, enabledUser, givenName, familyName, email, grades; and in 1.1
//                     orgSourcedIds, role
//   roles.csv         1.2: userSourcedId, role, orgSourcedId
//   classes.csv       sourcedId, title, classCode, schoolSourcedId
//   enrollments.csv   sourcedId, classSourcedId, userSourcedId, role
//
// Users are known by their sourcedId. Parents and guardians are left out. Groups are made of
// organisations (inside one another), grades, classes (their students) and all staff.
//
// The manifest says of each file whether it is whole (bulk), holds changes (delta), or is absent.
// Where one of them is a delta all are read as changes: who is not named stays as he is, and who is
// "tobedeleted" gets no invitation any more. A deleted role of 1.2 takes its user out of the
// organisation; out of the staff only a bulk import takes him, since a delta does not say what
// else he is.
#include <algorithm>
#include <array>
#include <map>

#include "base/ascii.h"
#include "roster/school_reader.h"

namespace muster::roster {
namespace {

using Done = Result<void, Complaint>;

std::string lower(std::string_view text) {
  std::string out;
  for (const char c : text) {
    out += ascii_lower(c);
  }
  return out;
}

// Lists stand between commas in one field.
std::vector<std::string> list_in(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const auto end = std::min(text.find(','), text.size());
    const auto item = text.substr(0, end);
    const auto first = item.find_first_not_of(' ');
    if (first != std::string_view::npos) {
      items.emplace_back(item.substr(first, item.find_last_not_of(' ') - first + 1));
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return items;
}

class OneRoster {
 public:
  OneRoster(const SchoolFiles& files, const IsKnown& is_known, const KeepReading& keep_reading)
      : files_(files),
        is_known_(is_known),
        walk_(files, keep_reading, /*backslash=*/false),
        builder_(School{}, is_known) {}

  [[nodiscard]] Result<School, Complaint> read() {
    for (const auto step :
         {&OneRoster::read_manifest, &OneRoster::read_orgs, &OneRoster::read_parents,
          &OneRoster::read_users, &OneRoster::read_roles, &OneRoster::read_classes,
          &OneRoster::read_enrolments}) {
      if (auto done = (this->*step)(); !done) {
        return tl::unexpected(done.error());
      }
    }
    if (auto judged = leave_families_out(); !judged) {
      return tl::unexpected(judged.error());
    }
    return builder_.finish();
  }

 private:
  // What somebody is, as far as roles were told.
  struct Part {
    bool told = false;
    bool family_alone = true;
  };

  [[nodiscard]] Done read_manifest();
  [[nodiscard]] Done look_for_files();
  [[nodiscard]] Done read_orgs();
  [[nodiscard]] Done read_parents();
  [[nodiscard]] Done read_users();
  [[nodiscard]] Done add_user(const SchoolTable& at);
  [[nodiscard]] Done join_orgs_and_grades(const SchoolTable& at, std::uint32_t user);
  [[nodiscard]] Done read_roles();
  void play(const SchoolTable& at, std::uint32_t user, const std::string& role);
  [[nodiscard]] Done read_classes();
  [[nodiscard]] Done read_enrolments();
  [[nodiscard]] Done leave_families_out();

  [[nodiscard]] std::string property(const std::string& name) const {
    const auto found = properties_.find(name);
    return found == properties_.end() ? "" : found->second;
  }
  [[nodiscard]] bool is_there(const std::string& name) const {
    return files_.has(name) && property("file." + name.substr(0, name.size() - 4)) != "absent";
  }
  // Every record of a file, where it is there; `deleted`: it says so of itself.
  using Visit = std::function<Done(const SchoolTable& at, bool deleted)>;
  [[nodiscard]] Done each(const char* name, SchoolTable::Columns needed, const Visit& visit,
                          bool builds = true);

  const SchoolFiles& files_;
  const IsKnown& is_known_;
  RecordWalk walk_;
  SchoolBuilder builder_;  // begun by the manifest
  std::map<std::string, std::string> properties_;
  bool roles_apart_ = false;  // 1.2
  std::vector<Part> parts_;   // by place of the user
  IdsOnce enrolments_;
  IdsOnce roles_;
};

Done OneRoster::read_manifest() {
  if (!files_.has("manifest.csv")) {
    return missing(files_, "manifest.csv", "OneRoster's manifest",
                   "it says whether the files are whole or changes; export it as well");
  }
  auto read =
      walk_.each("manifest.csv", {"propertyName", "value"}, [&](const SchoolTable& at) -> Done {
        properties_[std::string(at.at("propertyName"))] = std::string(at.at("value"));
        return {};
      });
  if (!read) {
    return read;
  }
  const auto version = property("oneroster.version");
  if (version != "1.1" && version != "1.2") {
    return tl::unexpected(Complaint{files_.path_of("manifest.csv"),
                                    0,
                                    0,
                                    "oneroster.version is '" + version.substr(0, 64) + "'",
                                    "1.1 or 1.2",
                                    "export one of these",
                                    {}});
  }
  roles_apart_ = version == "1.2";
  School school;
  school.name = files_.path();
  school.base = "oneroster/" + property("source.systemCode");
  for (const auto* name : {"orgs", "users", "roles", "classes", "enrollments"}) {
    school.whole = school.whole && property(std::string("file.") + name) != "delta";
  }
  school.told_anew = roles_apart_ ? std::vector<std::string>{"grade/"}
                                  : std::vector<std::string>{"org/", "grade/", staff_group};
  builder_ = SchoolBuilder(std::move(school), is_known_);
  return look_for_files();
}

Done OneRoster::look_for_files() {
  for (const auto* name : {"orgs", "users", "roles", "classes", "enrollments"}) {
    const auto said = property(std::string("file.") + name);
    const auto file = std::string(name) + ".csv";
    if ((said == "bulk" || said == "delta") && !files_.has(file)) {
      return missing(files_, file, "every file that manifest.csv names",
                     "export all files at once");
    }
  }
  for (const auto* file : {"orgs.csv", "users.csv", "roles.csv"}) {
    const bool needed = builder_.whole() && (roles_apart_ || std::string_view(file) != "roles.csv");
    if (needed && !is_there(file)) {
      return missing(files_, file, "users.csv, orgs.csv and, in 1.2, roles.csv",
                     "export all files at once");
    }
  }
  return {};
}

Done OneRoster::each(const char* name, SchoolTable::Columns needed, const Visit& visit,
                     bool builds) {
  if (!is_there(name)) {
    return {};
  }
  return walk_.each(
      name, needed,
      [&](const SchoolTable& at) -> Done {
        const auto status = lower(at.at("status"));
        const bool good =
            status == "active" || status == "tobedeleted" || (status.empty() && builder_.whole());
        if (!good) {
          return at.refuse("status", "the status '" + status.substr(0, 64) + "'",
                           "active or tobedeleted", "");
        }
        return visit(at, status == "tobedeleted");
      },
      builds ? &builder_ : nullptr);
}

Done OneRoster::read_orgs() {
  return each("orgs.csv", {"sourcedId", "name"}, [&](const SchoolTable& at, bool deleted) -> Done {
    const auto group = builder_.add_group(at, "sourcedId", "org", std::string(at.at("name")));
    if (!group) {
      return tl::unexpected(group.error());
    }
    builder_.group_at(*group).standing = deleted ? Standing::gone : Standing::active;
    return {};
  });
}

// Parents may stand behind their children.
Done OneRoster::read_parents() {
  return each(
      "orgs.csv", {"sourcedId", "name"},
      [&](const SchoolTable& at, bool deleted) -> Done {
        const auto parent_id = at.at("parentSourcedId");
        if (deleted || parent_id.empty()) {
          return {};
        }
        const auto parent = builder_.group(at, "parentSourcedId", "org", parent_id);
        const auto child = parent ? builder_.group(at, "sourcedId", "org", at.at("sourcedId"))
                                  : tl::unexpected(parent.error());
        if (!child) {
          return tl::unexpected(child.error());
        }
        builder_.group_at(*parent).groups.push_back(*child);
        return {};
      },
      /*builds=*/false);
}

Done OneRoster::read_users() {
  return each("users.csv", {"sourcedId", "givenName", "familyName"},
              [&](const SchoolTable& at, bool deleted) -> Done {
                const auto user = builder_.add_user(at, "sourcedId");
                if (!user) {
                  return tl::unexpected(user.error());
                }
                parts_.resize(*user + std::size_t{1});
                if (deleted) {
                  builder_.user_at(*user).standing = Standing::gone;
                  return {};
                }
                return add_user(at);
              });
}

Done OneRoster::add_user(const SchoolTable& at) {
  const auto place = builder_.user(at, "sourcedId", at.at("sourcedId"));
  if (!place) {
    return tl::unexpected(place.error());
  }
  auto& user = builder_.user_at(*place);
  const auto given = at.at("preferredGivenName");
  const auto family = at.at("preferredFamilyName");
  user.full_name = joined_name(
      {given.empty() ? at.at("givenName") : given, family.empty() ? at.at("familyName") : family});
  const auto enabled = lower(at.at("enabledUser"));
  if (!enabled.empty() && enabled != "true" && enabled != "false") {
    return at.refuse("enabledUser", "enabledUser '" + enabled.substr(0, 64) + "'", "true or false",
                     "");
  }
  user.standing = enabled == "false" ? Standing::disabled : Standing::active;
  return join_orgs_and_grades(at, *place);
}

Done OneRoster::join_orgs_and_grades(const SchoolTable& at, std::uint32_t user) {
  if (!roles_apart_) {
    play(at, user, lower(at.at("role")));
    for (const auto& org : list_in(at.at("orgSourcedIds"))) {
      const auto group = builder_.group(at, "orgSourcedIds", "org", org);
      if (!group) {
        return tl::unexpected(group.error());
      }
      builder_.join(*group, user);
    }
  }
  for (const auto& grade : list_in(at.at("grades"))) {
    builder_.join(builder_.made_group(at, "grade/" + grade, "Grade " + grade), user);
  }
  return {};
}

void OneRoster::play(const SchoolTable& at, std::uint32_t user, const std::string& role) {
  if (role.empty()) {
    return;
  }
  constexpr std::array of_family = {"parent", "guardian", "relative"};
  const bool family = std::ranges::find(of_family, role) != of_family.end();
  parts_.resize(std::max<std::size_t>(parts_.size(), user + std::size_t{1}));
  parts_[user].told = true;
  parts_[user].family_alone = parts_[user].family_alone && family;
  if (!family && role != "student") {
    builder_.join(builder_.made_group(at, staff_group, "Staff"), user);
  }
}

Done OneRoster::read_roles() {
  if (!roles_apart_) {
    return {};
  }
  auto read = each("roles.csv", {"sourcedId", "userSourcedId", "role", "orgSourcedId"},
                   [&](const SchoolTable& at, bool deleted) -> Done {
                     roles_.add(at.at("sourcedId"), at.line());
                     const auto user = builder_.user(at, "userSourcedId", at.at("userSourcedId"));
                     const auto org =
                         user ? builder_.group(at, "orgSourcedId", "org", at.at("orgSourcedId"))
                              : tl::unexpected(user.error());
                     if (!org) {
                       return tl::unexpected(org.error());
                     }
                     if (deleted) {
                       builder_.leave(*org, *user);
                       return {};
                     }
                     builder_.join(*org, *user);
                     play(at, *user, lower(at.at("role")));
                     return {};
                   });
  const auto [first, again] = roles_.first_repeat();
  if (read && again != 0) {
    return tl::unexpected(
        Complaint{files_.path_of("roles.csv"),
                  again,
                  0,
                  "a sourcedId twice (first on line " + std::to_string(first) + ")",
                  "each once",
                  "remove one of them",
                  {}});
  }
  return read;
}

Done OneRoster::read_classes() {
  return each(
      "classes.csv", {"sourcedId", "title"}, [&](const SchoolTable& at, bool deleted) -> Done {
        const auto title = at.at("title");
        const auto group = builder_.add_group(
            at, "sourcedId", "class", std::string(title.empty() ? at.at("classCode") : title));
        if (!group) {
          return tl::unexpected(group.error());
        }
        builder_.group_at(*group).standing = deleted ? Standing::gone : Standing::active;
        const auto school = at.at("schoolSourcedId");
        if (deleted || school.empty()) {
          return {};
        }
        const auto org = builder_.group(at, "schoolSourcedId", "org", school);
        return org ? Done{} : tl::unexpected(org.error());
      });
}

Done OneRoster::read_enrolments() {
  auto read = each(
      "enrollments.csv", {"sourcedId", "classSourcedId", "userSourcedId", "role"},
      [&](const SchoolTable& at, bool deleted) -> Done {
        enrolments_.add(at.at("sourcedId"), at.line());
        const auto group = builder_.group(at, "classSourcedId", "class", at.at("classSourcedId"));
        const auto user = group ? builder_.user(at, "userSourcedId", at.at("userSourcedId"))
                                : tl::unexpected(group.error());
        if (!user) {
          return tl::unexpected(user.error());
        }
        if (deleted) {
          builder_.leave(*group, *user);
        } else if (lower(at.at("role")) == "student") {
          builder_.join(*group, *user);
        }
        return {};
      });
  const auto [first, again] = enrolments_.first_repeat();
  if (read && again != 0) {
    return tl::unexpected(
        Complaint{files_.path_of("enrollments.csv"),
                  again,
                  0,
                  "a sourcedId twice (first on line " + std::to_string(first) + ")",
                  "each once",
                  "remove one of them",
                  {}});
  }
  return read;
}

// Whose roles are those of family alone; and, among changes of 1.2, strangers of whom no role is
// told: they came with theirs, if they were to come.
Done OneRoster::leave_families_out() {
  for (std::uint32_t place = 0; place < parts_.size(); ++place) {
    auto& user = builder_.user_at(place);
    const bool stands = user.standing == Standing::active || user.standing == Standing::disabled;
    if (!stands) {
      continue;
    }
    if (parts_[place].told) {
      user.standing = parts_[place].family_alone ? Standing::left_out : user.standing;
    } else if (roles_apart_ && !builder_.whole()) {
      const auto known = builder_.is_known(Kin::user, user.id);
      if (!known) {
        return tl::unexpected(known.error());
      }
      user.standing = *known ? user.standing : Standing::left_out;
    }
  }
  return {};
}

}  // namespace

Result<School, Complaint> read_one_roster(const SchoolFiles& files, const IsKnown& is_known,
                                          const KeepReading& keep_reading) {
  return OneRoster(files, is_known, keep_reading).read();
}

}  // namespace muster::roster
