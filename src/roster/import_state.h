// What one import knows while it runs: ids and their numbers, what it has written, what must be
// derived.
//
// Lives inside one transaction of the store and ends with it; nothing of it is kept. Owned by
// import_roster().
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/number_set.h"
#include "base/time.h"
#include "roster/device_keys.h"
#include "roster/id_table.h"
#include "roster/nesting.h"
#include "roster/new_blocks.h"
#include "roster/roster.h"
#include "store/roster_store.h"

namespace muster::roster {

struct Membership {
  GroupNumber group = 0;
  std::uint32_t member = 0;  // a user or, where `nested`, a group
  bool nested = false;
  Mark mark = 0;
};

struct ImportState {
  ImportState(store::RosterStore& into, WallTime at) : store(into), now(at) {}

  store::RosterStore& store;
  WallTime now;
  ImportCounts counts;
  std::vector<std::string> files;  // by file_of(mark) − 1
  std::uint64_t file = 0;          // the one that is read: its place from 1

  IdTable users;
  IdTable groups;
  IdTable devices;
  IdTable tokens;                         // claimed by devices of this import; number: the device
  std::optional<DeviceKeys> device_keys;  // where a row wants them
  std::unordered_map<std::string, std::vector<GroupNumber>> groups_by_name;
  std::vector<std::uint16_t> language_of_user;  // by number
  std::vector<std::string> topics;              // by index
  std::vector<std::string> languages;
  std::uint32_t devices_before = 0;  // numbers below existed before this import

  NumberSet users_all;
  NumberSet users_on;
  NumberSet users_off;
  NumberSet users_with_mail;
  NumberSet groups_off;
  // Their rows are there; whoever is named by a file again is taken back, under his number.
  NumberSet users_removed;
  NumberSet groups_removed;
  NumberSet devices_removed;
  NumberSet users_inactive;
  NumberSet users_leaving;   // removed by this import: out of every group
  NumberSet groups_leaving;  // likewise
  NewBlocks new_blocks;
  std::vector<bool> devices_touched;          // by number, of those before: named by this import
  std::vector<bool> blocks_touched;           // by number: to be rebuilt
  std::vector<UserNumber> languages_changed;  // users whose devices' blocks must follow
  std::vector<Membership> memberships;
  std::vector<bool> groups_replaced;  // by number: the file's list is all there is
  bool assignments_changed = false;   // a device is new or has another user
  std::uint64_t unreachable_mdm = 0;  // devices with an MDM topic and a token but no magic
  std::string first_unreachable_mdm;

  // "line 5", with the file in front where it is another one.
  [[nodiscard]] std::string words_of(Mark mark) const;
  [[nodiscard]] Complaint complaint(const Error& error) const;
};

void note(ImportChange& change, std::string_view id);

// The store refused; the import ends whatever else is skipped.
[[nodiscard]] Complaint complaint_of_store(const std::string& file, const Error& error);

// Reads what is stored into an empty state.
[[nodiscard]] Result<void, Complaint> load(ImportState& state);

// Told between blocks; false ends the import.
using KeepOn = std::function<bool()>;
// Memberships, sets, blocks and indexes from the rows that were written. Afterwards commit.
[[nodiscard]] Result<void, Complaint> derive(ImportState& state, const KeepOn& keep_on);

}  // namespace muster::roster
