#include "directory/reading.h"

#include <set>

#include "directory/map.h"
#include "directory/members.h"
#include "directory/text.h"
#include "model/directory_limits.h"

namespace muster::directory {
namespace {

class Reading {
 public:
  Reading(Server& server, const Plan& plan)
      : server_(server), plan_(plan), map_(map_of(plan)), members_(directory_) {}

  [[nodiscard]] Result<Directory, Complaint> run();

 private:
  [[nodiscard]] Result<void, Complaint> find_base();
  [[nodiscard]] Result<void, Complaint> read_users();
  [[nodiscard]] Result<void, Complaint> take_user(const Entry& entry);
  [[nodiscard]] Result<void, Complaint> read_groups();
  [[nodiscard]] Result<void, Complaint> take_group(const Entry& entry);
  void take_members(std::uint32_t group, const Entry& entry);
  [[nodiscard]] Result<void, Complaint> read_rest_of_members();
  [[nodiscard]] Result<void, Complaint> read_chain(std::uint32_t group);
  [[nodiscard]] Result<void, Complaint> check_members() const;
  // Whether the entry has what it takes; otherwise it is left out, and counted.
  [[nodiscard]] bool take_id(const Entry& entry, const std::string& guid, const std::string& id,
                             bool user);
  [[nodiscard]] tl::unexpected<Complaint> refuse(std::string found, std::string expected,
                                                 std::string mend) const {
    return tl::unexpected(
        Complaint{plan_.url, 0, 0, std::move(found), std::move(expected), std::move(mend), {}});
  }

  // A group whose members came in part, and what to ask for next.
  struct Rest {
    std::uint32_t group;
    Range range;
  };

  Server& server_;
  const Plan& plan_;
  const Map map_;
  Directory directory_;
  Members members_;
  std::set<std::string> guids_;
  std::vector<Rest> rests_;
  std::uint64_t nameless_ = 0;
  std::string first_nameless_;
};

Result<Directory, Complaint> Reading::run() {
  directory_.name = plan_.url;
  directory_.attributes = map_.attributes;
  for (const auto step : {&Reading::find_base, &Reading::read_users, &Reading::read_groups,
                          &Reading::read_rest_of_members}) {
    if (auto done = (this->*step)(); !done) {
      return tl::unexpected(done.error());
    }
  }
  for (std::uint32_t group = 0; plan_.in_chain && group < directory_.groups.size(); ++group) {
    if (auto read = read_chain(group); !read) {
      return tl::unexpected(read.error());
    }
  }
  members_.settle();
  if (nameless_ != 0) {
    directory_.warnings.push_back(
        std::to_string(nameless_) +
        " entries have no id or no name, and are left out; the first is '" + first_nameless_ + "'");
  }
  return std::move(directory_);
}

// Where nobody said it the server does: Active Directory by one word, others by a list.
Result<void, Complaint> Reading::find_base() {
  std::string base = plan_.base;
  if (base.empty()) {
    const Search root{
        .base = "", .below = false, .attributes = {"defaultNamingContext", "namingContexts"}};
    auto asked = server_.search(root, [&](const Entry& entry) -> Result<void, Complaint> {
      base = first_of(entry, "defaultNamingContext,namingContexts");
      return {};
    });
    if (!asked) {
      return asked;
    }
  }
  if (base.empty()) {
    return refuse("the directory does not say where its entries begin", "a base",
                  "set base in [directory], as in base = \"dc=school,dc=example\"");
  }
  directory_.base = server_.dn_key(base);
  return {};
}

Result<void, Complaint> Reading::read_users() {
  const auto& a = map_.attributes;
  const std::string* const wanted[] = {&a.id,       &a.user_id,  &a.full_name,
                                       &a.email,    &a.language, &a.managed_apple_account,
                                       &a.location, &a.disabled, &a.primary};
  const Search search{
      .base = directory_.base, .filter = map_.user_filter, .attributes = names_in(wanted)};
  auto read = server_.search(search, [&](const Entry& entry) { return take_user(entry); });
  if (!read) {
    return read;
  }
  if (directory_.users.empty()) {
    return refuse("no users below '" + directory_.base + "' that match " + map_.user_filter,
                  "at least one",
                  "check kind, base, bind_dn and user_filter in [directory]; nothing was stored");
  }
  members_.know_users();
  return {};
}

bool Reading::take_id(const Entry& entry, const std::string& guid, const std::string& id,
                      bool user) {
  const bool good = !guid.empty() && !id.empty() && guids_.insert((user ? "u" : "g") + guid).second;
  if (!good) {
    first_nameless_ = nameless_++ == 0 ? entry.dn : first_nameless_;
  }
  return good;
}

Result<void, Complaint> Reading::take_user(const Entry& entry) {
  const auto& a = map_.attributes;
  User user{.guid = guid_of(entry, a.id),
            .dn = entry.dn,
            .user_id = first_of(entry, a.user_id),
            .full_name = first_of(entry, a.full_name),
            .email = first_of(entry, a.email),
            .language = preferred_language(first_of(entry, a.language)),
            .managed_apple_account = first_of(entry, a.managed_apple_account),
            .location = first_of(entry, a.location),
            .active = is_active(plan_.kind, entry, a.disabled)};
  if (!take_id(entry, user.guid, user.user_id, true)) {
    return {};
  }
  if (directory_.users.size() == limits::directory_users_max) {
    return refuse("more than " + std::to_string(limits::directory_users_max) + " users", "",
                  "narrow base or user_filter in [directory]");
  }
  members_.add_primary(static_cast<std::uint32_t>(directory_.users.size()),
                       first_of(entry, a.primary));
  directory_.users.push_back(std::move(user));
  return {};
}

Result<void, Complaint> Reading::read_groups() {
  const auto& a = map_.attributes;
  const std::string* const wanted[] = {&a.id,          &a.group_id,    &a.group_name,
                                       &a.member,      &a.member_uid,  &a.member_guid,
                                       &a.nested_guid, &a.group_number};
  const Search search{
      .base = directory_.base, .filter = map_.group_filter, .attributes = names_in(wanted)};
  return server_.search(search, [&](const Entry& entry) { return take_group(entry); });
}

Result<void, Complaint> Reading::take_group(const Entry& entry) {
  const auto& a = map_.attributes;
  Group group{.guid = guid_of(entry, a.id),
              .dn = entry.dn,
              .group_id = first_of(entry, a.group_id),
              .name = first_of(entry, a.group_name),
              .users = {},
              .groups = {}};
  if (!take_id(entry, group.guid, group.group_id, false)) {
    return {};
  }
  if (directory_.groups.size() == limits::directory_groups_max) {
    return refuse("more than " + std::to_string(limits::directory_groups_max) + " groups", "",
                  "narrow base or group_filter in [directory]");
  }
  const auto place = static_cast<std::uint32_t>(directory_.groups.size());
  directory_.groups.push_back(std::move(group));
  members_.know_number(place, group_number_of(first_of(entry, a.group_number)));
  take_members(place, entry);
  return check_members();
}

void Reading::take_members(std::uint32_t group, const Entry& entry) {
  const auto& a = map_.attributes;
  if (!plan_.in_chain) {
    for (const auto& dn : all_of(entry, a.member)) {
      members_.add_dn(group, server_.dn_key(dn));
    }
    for (const auto& attribute : entry.attributes) {
      const auto range = range_of(attribute.name);
      if (!range) {
        continue;
      }
      for (const auto& dn : attribute.values) {
        members_.add_dn(group, server_.dn_key(dn));
      }
      if (range->last && !attribute.values.empty()) {
        rests_.push_back(Rest{group, *range});
      }
    }
  }
  for (const auto& user_id : all_of(entry, a.member_uid)) {
    members_.add_user_id(group, user_id);
  }
  for (const auto& guid : all_of(entry, a.member_guid)) {
    members_.add_user_guid(group, guid);
  }
  for (const auto& guid : all_of(entry, a.nested_guid)) {
    members_.add_group_guid(group, guid);
  }
}

// Each answer may leave another rest, so the list grows while it is walked. Every answer brings
// values, whose number is bounded.
Result<void, Complaint> Reading::read_rest_of_members() {
  for (std::size_t at = 0; at < rests_.size(); ++at) {
    const auto rest = rests_[at];
    const Search search{.base = directory_.groups[rest.group].dn,
                        .below = false,
                        .attributes = {name_behind(rest.range)}};
    auto read = server_.search(search, [&](const Entry& entry) -> Result<void, Complaint> {
      take_members(rest.group, entry);
      return check_members();
    });
    if (!read) {
      return read;
    }
  }
  return {};
}

// LDAP_MATCHING_RULE_IN_CHAIN (MS-ADTS 3.1.1.3.4.4.3): all users of a group, of whatever depth.
Result<void, Complaint> Reading::read_chain(std::uint32_t group) {
  const Search search{.base = directory_.base,
                      .filter = "(&" + map_.user_filter + "(memberOf:1.2.840.113556.1.4.1941:=" +
                                escaped(directory_.groups[group].dn) + "))",
                      .attributes = {"1.1"}};  // no attribute (RFC 4511 §4.5.1.8)
  return server_.search(search, [&](const Entry& entry) -> Result<void, Complaint> {
    members_.add_dn(group, entry.dn);
    return check_members();
  });
}

Result<void, Complaint> Reading::check_members() const {
  if (members_.count() > limits::directory_members_max) {
    return refuse("more than " + std::to_string(limits::directory_members_max) + " memberships", "",
                  "narrow base or group_filter in [directory]");
  }
  return {};
}

}  // namespace

Result<Directory, Complaint> read_from(Server& server, const Plan& plan) {
  return Reading(server, plan).run();
}

}  // namespace muster::directory
