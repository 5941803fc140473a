// Users, groups, devices: who there is, who is meant, and what a push needs.
//
// Tables hold what administrators search; beside them stand sets of numbers (a group's members, who
// can be pushed, who was invited, who enrolled, for whom Managed Distribution is on) and packed
// blocks with what a push needs. Sets and blocks are derived: an import or an edit writes them in
// the same commit as the rows. So a selection is algebra on a few sets, never a scan, and the
// expander reads blocks, never rows.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/number_set.h"
#include "base/result.h"
#include "base/time.h"
#include "directory/directory.h"
#include "model/id.h"
#include "model/job.h"
#include "roster/check_in.h"
#include "roster/hindrance.h"
#include "roster/listing.h"

namespace muster::roster {

class Editor;  // editing.h

struct ImportPlan {
  std::vector<std::string> paths;
  std::string format;  // "", "csv", "ndjson"
  bool dry_run = false;
  std::string rejects_file;  // not empty: bad rows go there, with the reason
  // Instead of paths: what a directory service said. Its users and groups replace those that came
  // from it before (directory_book.h); a bad one is left out with a warning.
  const directory::Directory* directory = nullptr;
  // Of the users that came from a directory, or from a school's whole files; more: refused.
  std::uint32_t removals_percent_max = 100;
};
struct ImportStep {
  std::string file;
  std::uint64_t bytes_done = 0;
  std::uint64_t bytes_total = 0;
  std::uint64_t rows = 0;
};
// What an import made of what was there; of each kind the first names.
struct ImportChange {
  std::uint64_t count = 0;
  std::vector<std::string> first;  // ids, at most limits::names_shown_max
};
struct ImportChanges {
  ImportChange added;
  ImportChange changed;
  ImportChange removed;
};
struct ImportCounts {
  std::uint64_t users = 0;
  std::uint64_t groups = 0;
  std::uint64_t memberships = 0;
  std::uint64_t devices = 0;
  std::uint64_t rejected = 0;
  std::vector<std::string> warnings;
  ImportChanges users_changed;
  ImportChanges groups_changed;
  ImportChanges devices_changed;
};

enum class Wanted : std::uint8_t { not_invited, not_enrolled };
// How the wanted users are to be reached.
//   push            every device that can be pushed
//   mail            every user with an address
//   push_and_mail   both
//   push_then_mail  every device that can be pushed; mail for users with an address and no such
//                   device; the other users with an address are fallbacks
enum class Means : std::uint8_t { push, mail, push_and_mail, push_then_mail };

struct Selection {
  std::string target_name;
  NumberSet users_selected;  // the target's users, nesting resolved, once each
  NumberSet users;           // of those: in the audience, enabled, and reached by one of the means
  NumberSet devices;         // what would be pushed
  NumberSet mailboxes;       // users who would get mail
  NumberSet fallbacks;       // users who would get mail if their last device invitation failed
  NumberSet accounts;        // users who would be associated by Managed Apple Account, uninvited
  std::uint64_t users_by_device = 0;    // of `users`: who are pushed
  std::uint64_t users_not_invited = 0;  // of users_selected and enabled
  std::uint64_t users_not_enrolled = 0;
  std::uint64_t users_disabled = 0;  // Managed Distribution is off
  // In the audience and enabled, but not reached by these means: because they have no device that
  // can be pushed (mail is not among the means), no address (push is not), or neither.
  std::uint64_t users_without_device = 0;
  std::uint64_t users_without_address = 0;
  std::uint64_t users_without_either = 0;
  // The same people by name, and why_unreached() says why of each: users_off are disabled,
  // users_unreached the others. Of their devices those that cannot be pushed; empty where push is
  // not among the means.
  NumberSet users_off;
  NumberSet users_unreached;
  NumberSet devices_unpushable;
  Means means = Means::push;
};

// What a mail to a user needs.
struct MailTarget {
  UserNumber user = 0;
  bool known = false;   // the user exists, and was not removed
  std::string address;  // empty: has none
  std::string full_name;
  std::uint16_t language = 0;  // index in languages(); 0: none
};

struct UserText {
  UserNumber user = 0;
  std::string user_id;
  std::string user_full_name;
};

// A user as the registrar needs him.
struct Person {
  UserNumber user = 0;
  std::string location;
  std::string email;
  std::string managed_apple_account;
};

struct DeviceText {
  DeviceNumber device = 0;
  std::string device_id;
  std::string device_name;
  std::string user_id;
  std::string user_full_name;
};

// Why a user of the target gets no invitation. Numbers are stored nowhere.
enum class Why : std::uint8_t {
  disabled,     // Managed Distribution is off for him
  no_address,   // push is not among the means
  no_device,    // he has none
  by_hindrance  // he has, but none can be pushed: see `hindrance`
};
struct Unreached {
  Why why = Why::disabled;
  Hindrance hindrance = Hindrance::none;  // by_hindrance: of all his devices what is soonest mended
  bool nor_address = false;               // mail is among the means, and he has no address either
  friend auto operator<=>(const Unreached&, const Unreached&) = default;
};
struct UnreachedCount {
  Unreached reason;
  std::uint64_t users = 0;
};
struct UnreachedUser {
  UserText user;
  Unreached reason;
};

// What a push to a device needs; spans live as long as the block they came from.
struct PushTarget {
  bool known = false;  // the device exists
  UserNumber user = 0;
  std::uint16_t topic = 0;     // index in Roster::topics()
  std::uint16_t language = 0;  // index in Roster::languages(); 0: none
  std::int64_t registered_at_s = 0;
  Hindrance hindrance = Hindrance::none;  // why the token is empty; none: it is not known
  Bytes token;                            // empty: cannot be pushed (any more)
  std::string_view magic;
};

// A packed block of limits::block_size device numbers, checked against its checksum.
class Block {
 public:
  Block() = default;  // knows no device
  explicit Block(std::vector<Byte> bytes) : bytes_(std::move(bytes)) {}
  [[nodiscard]] PushTarget at(DeviceNumber device) const;

 private:
  friend class RosterReader;
  std::vector<Byte> bytes_;
};

// A snapshot reader; one object a thread. Each call sees the newest commit.
class RosterReader {
 public:
  [[nodiscard]] static Result<std::unique_ptr<RosterReader>, Complaint> open(
      const std::string& dir);
  ~RosterReader();

  // By user_id, or by group_id or a group's name (an ambiguous name is an error that lists the
  // ids); the complaint for an unknown one names the nearest known.
  // `accounts`: users with a Managed Apple Account need neither push nor mail.
  [[nodiscard]] Result<Selection, Complaint> select_user(const std::string& user_id,
                                                         const std::string& device_id,
                                                         Wanted wanted, Means means = Means::push,
                                                         bool accounts = false);
  [[nodiscard]] Result<Selection, Complaint> select_group(const std::string& group, Wanted wanted,
                                                          Means means = Means::push,
                                                          bool accounts = false);

  [[nodiscard]] Result<Block> block(std::uint32_t number);  // device ÷ limits::block_size
  // The same into the memory of a block that is needed no longer; after trouble it knows no device.
  [[nodiscard]] Result<void> read_block(std::uint32_t number, Block& into);
  // Raised by every commit that changes blocks: a cached block is good while it is the same.
  [[nodiscard]] Result<std::uint64_t> version();
  // Differs after any commit to the roster, by whomever, from what this reader said before. It may
  // differ without one.
  [[nodiscard]] Result<std::uint64_t> state();
  [[nodiscard]] Result<std::vector<std::string>> topics();     // by index
  [[nodiscard]] Result<std::vector<std::string>> languages();  // by index; 0 is ""
  // The topics among these devices' targets (by index), without reading each device's row.
  [[nodiscard]] Result<std::vector<std::uint16_t>> topics_of(const NumberSet& devices);
  [[nodiscard]] Result<std::vector<DeviceText>> texts(const std::vector<DeviceNumber>& devices);
  // In the order asked; numbers ascend. `into` keeps its capacity, and that of its strings.
  [[nodiscard]] Result<void> read_mail_targets(std::span<const UserNumber> users,
                                               std::vector<MailTarget>& into);
  [[nodiscard]] Result<std::vector<UserText>> user_texts(const std::vector<UserNumber>& users);
  // In the order asked; numbers ascend; users that are not known are left out.
  [[nodiscard]] Result<std::vector<Person>> people(std::span<const UserNumber> users);
  // Complains, with the nearest known id, where nobody has this one.
  [[nodiscard]] Result<UserNumber, Complaint> user_number(const std::string& user_id);
  [[nodiscard]] Result<NumberSet> users_enrolled();
  // All of a user's devices, pushable or not.
  [[nodiscard]] Result<std::vector<DeviceNumber>> devices_of(UserNumber user);
  // The users of the target who are not reached, by reason, most users first. Costs what their
  // devices need, and no more than all blocks.
  [[nodiscard]] Result<std::vector<UnreachedCount>> why_unreached(const Selection& selection);
  // They themselves, by number: those above `after` (nothing: from the first), at most `limit`.
  [[nodiscard]] Result<std::vector<UnreachedUser>> unreached(const Selection& selection,
                                                             std::optional<UserNumber> after,
                                                             std::size_t limit);
  // As listing.h has them.
  [[nodiscard]] Result<ListPage<ListedUser>> list_users(const ListQuery& query);
  [[nodiscard]] Result<ListPage<ListedUser>, Complaint> list_members(const std::string& group,
                                                                     MemberState state,
                                                                     const ListQuery& query);
  [[nodiscard]] Result<ListPage<ListedGroup>> list_groups(const ListQuery& query);
  [[nodiscard]] Result<ListPage<ListedDevice>> list_devices(const ListQuery& query);
  [[nodiscard]] Result<UserDetails, Complaint> user_details(const std::string& id);
  [[nodiscard]] Result<GroupDetails, Complaint> group_details(const std::string& group);
  [[nodiscard]] Result<ListedDevice, Complaint> device_details(const std::string& id);
  [[nodiscard]] Result<NumberSet> users_removed();  // for invitations frozen before a removal

 private:
  struct Implementation;
  explicit RosterReader(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

// The writer: one a data directory (guarded by store::DirectoryLock), used by one thread at a time.
class Roster {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Roster>, Complaint> open(const std::string& dir);
  ~Roster();

  // All or nothing, in one commit that readers see at once; `step` is called a few times a second
  // and ends the import by returning false (nothing is stored; complaint "interrupted").
  [[nodiscard]] Result<ImportCounts, Complaint> import(
      const ImportPlan& plan, const std::function<bool(const ImportStep&)>& step, WallTime now);

  // invited gains these users; idempotent.
  [[nodiscard]] Result<void> add_invited(const NumberSet& users);
  // The same where all their devices that can be pushed are known: no block is read. A device that
  // cannot be pushed is in no audience until an import gives it a token, and finds its user
  // invited.
  [[nodiscard]] Result<void> add_invited(const NumberSet& users, const NumberSet& pushable);
  // … and loses those whose every invitation ended without arriving.
  [[nodiscard]] Result<void> remove_invited(const NumberSet& users);
  [[nodiscard]] Result<void> add_enrolled(const NumberSet& users);
  // 410: the token of this device is no longer valid, unless it was registered after
  // `timestamp_ms`.
  [[nodiscard]] Result<void> forget_tokens(
      const std::vector<std::pair<DeviceNumber, std::int64_t>>& devices_and_timestamps_ms);
  // Devices that checked in, in order, in one commit; one result each. Costs what these devices
  // need (their rows, blocks and sets), whatever the roster holds.
  [[nodiscard]] Result<std::vector<CheckedIn>> check_in(std::span<const CheckIn> devices,
                                                        WallTime now);
  // One or more edits (editing.h) in one commit; a complaint of `change` stores nothing.
  using Change = std::function<Result<void, Complaint>(Editor&)>;
  [[nodiscard]] Result<void, Complaint> edit(const Change& change, WallTime now);
  // Everything that follows from the rows, from the rows alone: a repair, and the yardstick of what
  // is kept incrementally. Linear in the roster.
  [[nodiscard]] Result<void, Complaint> derive_anew(WallTime now);

 private:
  struct Implementation;
  explicit Roster(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace muster::roster
