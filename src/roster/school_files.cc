#include "roster/school_files.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <fstream>

namespace muster::roster {
namespace {

constexpr std::array of_apple = {"students.csv", "staff.csv",   "courses.csv",
                                 "classes.csv",  "rosters.csv", "locations.csv"};
constexpr std::array of_one_roster = {"manifest.csv", "orgs.csv",    "users.csv",
                                      "roles.csv",    "classes.csv", "enrollments.csv"};
constexpr std::array of_muster = {"groups.csv", "members.csv", "devices.csv"};

bool is_directory(const std::string& path) {
  struct stat facts{};
  return ::stat(path.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode);
}
bool is_regular(const std::string& path) {
  struct stat facts{};
  return ::stat(path.c_str(), &facts) == 0 && S_ISREG(facts.st_mode);
}

bool is_archive(const std::string& path) {
  std::array<char, 4> start{};
  std::ifstream(path, std::ios::binary).read(start.data(), start.size());
  const std::string_view text(start.data(), start.size());
  return text == "PK\x03\x04" || text == "PK\x05\x06";
}

class Folder final : public SchoolFiles {
 public:
  explicit Folder(const std::string& path) : SchoolFiles(path) {
    const auto look_for = [&](const auto& names) {
      for (const auto* name : names) {
        struct stat facts{};
        if (!has(name) && ::stat(path_of(name).c_str(), &facts) == 0) {
          names_.emplace_back(name);
        }
      }
    };
    look_for(of_apple);
    look_for(of_one_roster);
    look_for(of_muster);
  }
  [[nodiscard]] Result<TextFile, Complaint> open(const std::string& name) const override {
    return TextFile::open(path_of(name));
  }
};

tl::unexpected<Complaint> two_kinds(const SchoolFiles& files, const std::string& one,
                                    const std::string& other) {
  return tl::unexpected(Complaint{files.path(),
                                  0,
                                  0,
                                  "both " + one + " and " + other,
                                  "the files of one export",
                                  "keep them in directories of their own, and import each",
                                  {}});
}

}  // namespace

bool SchoolFiles::has(const std::string& name) const {
  return std::ranges::find(names_, name) != names_.end();
}

Result<SchoolKind, Complaint> school_kind(const SchoolFiles& files) {
  const auto first_of = [&](std::initializer_list<const char*> names) -> std::string {
    for (const auto* name : names) {
      if (files.has(name)) {
        return name;
      }
    }
    return "";
  };
  const auto apple = first_of({"students.csv", "staff.csv", "rosters.csv"});
  const auto one_roster = first_of({"manifest.csv", "orgs.csv", "enrollments.csv", "roles.csv"});
  if (apple.empty() && one_roster.empty()) {
    return SchoolKind::none;
  }
  if (!apple.empty() && !one_roster.empty()) {
    return two_kinds(files, "Apple School Manager's " + apple, "OneRoster's " + one_roster);
  }
  const auto own = first_of({"groups.csv", "members.csv", "devices.csv"});
  if (!own.empty()) {
    return two_kinds(
        files, apple.empty() ? "OneRoster's " + one_roster : "Apple School Manager's " + apple,
        "a roster's " + own);
  }
  if (!apple.empty() && files.has("users.csv")) {
    return two_kinds(files, "Apple School Manager's " + apple, "a roster's users.csv");
  }
  return apple.empty() ? SchoolKind::one_roster : SchoolKind::apple_school;
}

std::unique_ptr<SchoolFiles> open_school_directory(const std::string& path) {
  return std::make_unique<Folder>(path);
}

Result<std::unique_ptr<SchoolFiles>, Complaint> open_school_files(const std::string& path) {
  if (is_directory(path)) {
    return open_school_directory(path);
  }
  if (is_regular(path) && is_archive(path)) {
    return open_school_archive(path);
  }
  return nullptr;
}

}  // namespace muster::roster
