// What a directory service says of people: who they are, and which groups hold whom.
//
// read() asks a server (Open Directory, Active Directory, or any LDAP server with entryUUID) for
// all users and all groups below one base and gives them back as a value; nothing is written
// anywhere by it, and there is a Directory only where the server said everything: a connection that
// is lost half-way is a complaint. What cannot be understood of a single entry is a warning, and
// the entry is left out.
//
// People and groups are known by the id that their server never changes (`guid`). Names do change.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"

namespace muster::directory {

enum class Kind : std::uint8_t { open_directory, active_directory, generic };

// The attributes that hold what we want to know, by name. Several stand between commas: the first
// that an entry has counts, of members all of them. Empty: nobody says it.
struct Attributes {
  std::string id;  // never changes: GeneratedUID, objectGUID, entryUUID
  std::string user_id;
  std::string full_name;
  std::string email;
  std::string language;
  std::string managed_apple_account;
  std::string location;
  std::string disabled;  // what it says depends on the kind
  std::string group_id;
  std::string group_name;
  std::string member;        // DNs, of users and of groups
  std::string member_uid;    // user_ids
  std::string member_guid;   // ids of users
  std::string nested_guid;   // ids of groups
  std::string primary;       // of a user: the number of his first group, which does not list him
  std::string group_number;  // of a group: that number, or a SID that ends in it
};

struct Plan {
  std::string url;  // ldap://host, ldaps://host:636
  Kind kind = Kind::generic;
  std::string base;     // empty: what the server says is its own
  std::string bind_dn;  // empty: anonymous
  std::string password;
  bool start_tls = true;  // of ldap://: nothing is said before the connection is secured
  std::string trust_file;
  std::uint32_t page_size = 500;  // 0: everything at once
  std::string user_filter;        // empty: that of the kind
  std::string group_filter;
  bool in_chain = false;  // active_directory: each group's users of all levels, as the server says
  Attributes attributes;
};

struct User {
  std::string guid;
  std::string dn;
  std::string user_id;
  std::string full_name;
  std::string email;
  std::string language;
  std::string managed_apple_account;
  std::string location;
  bool active = true;  // not disabled
};
struct Group {
  std::string guid;
  std::string dn;
  std::string group_id;
  std::string name;
  // Places in Directory::users and ::groups, ascending, once each. No group is inside itself: of
  // groups that hold one another each has all their users instead.
  std::vector<std::uint32_t> users;
  std::vector<std::uint32_t> groups;
};

struct Directory {
  std::string name;       // "ldap://host/", for people
  std::string base;       // in lower case: entries of another base are none of its business
  Attributes attributes;  // that were asked for
  std::vector<User> users;
  std::vector<Group> groups;
  std::vector<std::string> warnings;
};

// Told how many entries came so far, a few times a second; false ends the reading.
using KeepOn = std::function<bool(std::uint64_t entries)>;
// The complaint never holds the password.
[[nodiscard]] Result<Directory, Complaint> read(const Plan& plan, const KeepOn& keep_on);

}  // namespace muster::directory
