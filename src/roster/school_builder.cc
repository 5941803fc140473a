#include "roster/school_builder.h"

#include <algorithm>

#include "model/directory_limits.h"

namespace muster::roster {
namespace {

std::string quoted(std::string_view id) {
  constexpr std::size_t shown_bytes_max = 64;
  return "'" + std::string(id.substr(0, shown_bytes_max)) +
         (id.size() > shown_bytes_max ? "…'" : "'");
}

void settle(std::vector<std::uint32_t>& places) {
  std::ranges::sort(places);
  const auto repeats = std::ranges::unique(places);
  places.erase(repeats.begin(), repeats.end());
}

tl::unexpected<Complaint> too_many(const SchoolTable& at, const char* what, std::uint64_t most) {
  return tl::unexpected(Complaint{
      at.path(), at.line(), 0, "more than " + std::to_string(most) + " " + what, "", "", {}});
}

}  // namespace

void IdsOnce::add(std::string_view id, std::uint64_t line) {
  hashes_and_lines_.emplace_back(std::hash<std::string_view>{}(id), line);
}

std::pair<std::uint64_t, std::uint64_t> IdsOnce::first_repeat() {
  std::ranges::sort(hashes_and_lines_);
  std::pair<std::uint64_t, std::uint64_t> first{};
  for (std::size_t at = 1; at < hashes_and_lines_.size(); ++at) {
    const auto& [hash_before, line_before] = hashes_and_lines_[at - 1];
    const auto& [hash, line] = hashes_and_lines_[at];
    if (hash == hash_before && (first.second == 0 || line < first.second)) {
      first = {line_before, line};
    }
  }
  return first;
}

void SchoolBuilder::begin(const SchoolTable& at) {
  school_.files.push_back(
      SchoolFile{at.path(), at.has("email_address") || at.has("email"),
                 at.has("managed_apple_account") || at.has("managed_apple_id")});
}

Result<std::uint32_t, Complaint> SchoolBuilder::add_user(const SchoolTable& at, const char* key) {
  SchoolUser user;
  user.id = at.at(key);
  if (const auto* known = users_.find(user.id); known != nullptr) {
    return at.refuse(key, "the " + std::string(key) + " " + quoted(user.id) + " twice",
                     "each person once",
                     "the first is in " + school_.files[file_of(known->mark)].path + ", line " +
                         std::to_string(line_of(known->mark)));
  }
  if (school_.users.size() == limits::directory_users_max) {
    return too_many(at, "users", limits::directory_users_max);
  }
  const bool apple = at.has("email_address");
  user.email = at.at(apple ? "email_address" : "email");
  user.email_column = static_cast<std::uint32_t>(at.column_of(apple ? "email_address" : "email"));
  const auto account = at.at("managed_apple_account");
  user.managed_apple_account = account.empty() ? at.at("managed_apple_id") : account;
  return put_user(std::move(user), at.line());
}

std::uint32_t SchoolBuilder::put_user(SchoolUser user, std::uint64_t line) {
  const auto place = static_cast<std::uint32_t>(school_.users.size());
  user.file = static_cast<std::uint32_t>(school_.files.size() - 1);
  user.line = static_cast<std::uint32_t>(line);
  users_.add(user.id, place, mark_of(user.file, line));
  school_.users.push_back(std::move(user));
  return place;
}

Result<std::uint32_t, Complaint> SchoolBuilder::add_group(const SchoolTable& at, const char* key,
                                                          const char* kind, std::string name) {
  SchoolGroup group;
  group.id = std::string(kind) + "/" + std::string(at.at(key));
  group.name = std::move(name);
  if (const auto* known = groups_.find(group.id); known != nullptr) {
    return at.refuse(key,
                     "the " + std::string(kind) + " " + quoted(at.at(key)) +
                         " twice (first on line " + std::to_string(line_of(known->mark)) + ")",
                     "each once", "remove one of them where the file comes from");
  }
  return put_group(std::move(group), at.line());
}

std::uint32_t SchoolBuilder::put_group(SchoolGroup group, std::uint64_t line) {
  const auto place = static_cast<std::uint32_t>(school_.groups.size());
  group.file = static_cast<std::uint32_t>(school_.files.size() - 1);
  group.line = static_cast<std::uint32_t>(line);
  groups_.add(group.id, place, mark_of(group.file, line));
  school_.groups.push_back(std::move(group));
  return place;
}

std::uint32_t SchoolBuilder::made_group(const SchoolTable& at, const std::string& id,
                                        const std::string& name) {
  if (const auto* known = groups_.find(id); known != nullptr) {
    return known->number;
  }
  SchoolGroup group;
  group.id = id;
  group.name = name;
  return put_group(std::move(group), at.line());
}

Result<bool, Complaint> SchoolBuilder::is_known(Kin kin, const std::string& id) const {
  const auto known = is_known_(kin, id);
  if (!known) {
    return tl::unexpected(
        Complaint{school_.name, 0, 0, words(known.error()), "", "", known.error()});
  }
  return *known;
}

Result<std::uint32_t, Complaint> SchoolBuilder::referred(const SchoolTable& at, const char* column,
                                                         Kin kin, const std::string& id) {
  const bool user = kin == Kin::user;
  const auto known = whole() ? Result<bool, Complaint>(false) : is_known(kin, id);
  if (!known) {
    return tl::unexpected(known.error());
  }
  if (!*known) {
    const auto said = user ? id : id.substr(id.find('/') + 1);
    return at.refuse(column, std::string(column) + " " + quoted(said) + " is not known",
                     whole() ? "one of the other files of this export"
                             : "one of the other files, or of what was imported before",
                     "export all files at once; nothing was stored");
  }
  if (user) {
    SchoolUser one;
    one.id = id;
    one.standing = Standing::referred;
    return put_user(std::move(one), at.line());
  }
  SchoolGroup one;
  one.id = id;
  one.standing = Standing::referred;
  return put_group(std::move(one), at.line());
}

Result<std::uint32_t, Complaint> SchoolBuilder::user(const SchoolTable& at, const char* column,
                                                     std::string_view id) {
  const auto* found = users_.find(id);
  return found != nullptr ? found->number : referred(at, column, Kin::user, std::string(id));
}

Result<std::uint32_t, Complaint> SchoolBuilder::group(const SchoolTable& at, const char* column,
                                                      const char* kind, std::string_view id) {
  const auto full = std::string(kind) + "/" + std::string(id);
  const auto* found = groups_.find(full);
  return found != nullptr ? found->number : referred(at, column, Kin::group, full);
}

void SchoolBuilder::join(std::uint32_t group, std::uint32_t user) {
  school_.groups[group].users.push_back(user);
  ++memberships_;
}
void SchoolBuilder::leave(std::uint32_t group, std::uint32_t user) {
  school_.groups[group].users_leaving.push_back(user);
}

Result<School, Complaint> SchoolBuilder::finish() {
  if (memberships_ > limits::directory_members_max) {
    return tl::unexpected(
        Complaint{school_.name,
                  0,
                  0,
                  "more than " + std::to_string(limits::directory_members_max) + " memberships",
                  "",
                  "",
                  {}});
  }
  if (school_.groups.size() > limits::directory_groups_max) {
    return tl::unexpected(
        Complaint{school_.name,
                  0,
                  0,
                  "more than " + std::to_string(limits::directory_groups_max) + " groups",
                  "",
                  "",
                  {}});
  }
  const bool somebody = std::ranges::any_of(
      school_.users, [](const SchoolUser& user) { return user.standing == Standing::active; });
  if (whole() && !somebody) {
    return tl::unexpected(Complaint{school_.name,
                                    0,
                                    0,
                                    "nobody in these files",
                                    "at least one user",
                                    "nothing was stored",
                                    {}});
  }
  for (auto& group : school_.groups) {
    settle(group.users);
    settle(group.groups);
    settle(group.users_leaving);
  }
  return std::move(school_);
}

}  // namespace muster::roster
