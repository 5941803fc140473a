// Users, groups and devices: as they are shown, and as they are edited by hand.
//
// What a push needs (tokens, PushMagic) is never shown. An edit names the fields that change; an
// empty text empties a field.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace muster {

struct Device {
  std::string id;
  std::string name;
  std::string user_id;  // empty: nobody's
  std::string user_full_name;
  std::string platform;    // iOS, iPadOS, macOS, tvOS, watchOS, visionOS; empty: not said
  std::string enrollment;  // device, user, shared; empty: not said
  std::string serial;
  std::string udid;  // or EnrollmentID; empty: it has not checked in yet
  std::string imei;  // digits
  std::string meid;  // hexadecimal, in upper case
  bool pushable = false;
  std::string why_not;  // "push token gone, 410"; empty: it can be pushed
};

struct User {
  std::string id;
  std::string full_name;
  std::string email;
  std::string managed_apple_account;
  std::string location;
  std::string managed_distribution;  // on, off; empty: as his groups say
  bool enabled = false;              // after asking them
  bool invited = false;
  bool enrolled = false;
  // ── of one user that was asked for, not in pages ──
  std::string language;
  std::string enabled_because;      // "Managed Distribution is off for group g7"
  std::vector<std::string> groups;  // he is directly in, by group_id
  std::vector<Device> devices;
};

struct Group {
  std::string id;
  std::string name;
  std::string managed_distribution;  // on, off
  std::uint64_t members_direct = 0;  // users
  // ── of one group that was asked for, over all groups inside it, each user once ──
  std::uint64_t members = 0;
  std::uint64_t enabled = 0;
  std::uint64_t invited = 0;
  std::uint64_t enrolled = 0;
  std::uint64_t devices = 0;
  std::uint64_t devices_pushable = 0;
  std::vector<std::string> parents;  // by group_id
  std::vector<std::string> children;
};

// A part of a list, by when they came into the roster. `from` of the next call is `next`, where
// there is `more`: a search may give few rows or none at a time.
template <class Item>
struct RosterPage {
  std::vector<Item> rows;
  std::uint32_t next = 0;
  bool more = false;
};

struct UserEdit {
  std::optional<std::string> full_name;
  std::optional<std::string> email;
  std::optional<std::string> language;
  std::optional<std::string> managed_apple_account;
  std::optional<std::string> location;
  std::optional<std::string> managed_distribution;  // on, off; empty: as his groups say
};
struct GroupEdit {
  std::optional<std::string> name;
  std::optional<std::string> managed_distribution;  // on, off
};
struct DeviceEdit {
  std::optional<std::string> name;
  std::optional<std::string> platform;
  std::optional<std::string> serial;
  std::optional<std::string> enrollment;
  std::optional<std::string> udid;
};

}  // namespace muster
