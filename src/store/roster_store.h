// roster.db: the tables, sets and packed blocks of the roster, behind verbs.
//
//   users, user_groups, devices    what administrators search; `number` is given once and never
//   reused sets(kind, key)                derived or collected sets of numbers (NumberSet's format,
//   checksummed) group_sets(number)             a group's direct members, direct child groups, and
//   its members' devices blocks(number)                 what pushes need, packed
//   (roster/block_writer.h); bytes to us names(kind, number)            topics and languages by
//   index counters(name)                 the version of the blocks
//   directory_ids(kind, guid)            which users and groups came from a directory service;
//   whoever is not named there came from elsewhere
//
// Memberships stand in group_sets alone: a million of them are a few kilobytes there. Every verb
// must run between begin() and commit(); an error leaves the transaction to be rolled back. One
// thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/number_set.h"
#include "base/result.h"
#include "model/id.h"
#include "store/database.h"
#include "store/kept_statements.h"

namespace muster::store {

// Managed Distribution as somebody set it. Numbers are stored.
enum class Switch : std::uint8_t { empty = 0, on = 1, off = 2 };
inline constexpr UserNumber no_user = UINT32_MAX;

struct UserRow {
  UserNumber number = 0;
  std::string id;
  std::string full_name;
  std::string email;
  std::uint16_t language = 0;  // index in names(language)
  std::string managed_apple_account;
  Switch managed_distribution = Switch::empty;
  std::string location;
  friend bool operator==(const UserRow&, const UserRow&) = default;
};

struct GroupRow {
  GroupNumber number = 0;
  std::string id;
  std::string name;
  Switch managed_distribution = Switch::empty;
  friend bool operator==(const GroupRow&, const GroupRow&) = default;
};

struct DeviceRow {
  DeviceNumber number = 0;
  std::string id;
  std::string name;
  UserNumber user = no_user;
  std::uint8_t platform = 0;    // roster/push_target.h
  std::uint8_t enrollment = 0;  // likewise
  std::string serial;
  std::uint16_t topic = 0;  // index in names(topic); 0: none
  std::vector<Byte> push_token;
  std::string push_magic;
  std::vector<Byte> user_push_token;
  std::string user_push_magic;
  std::int64_t registered_at_ms = 0;  // when the token that is pushed came to us
  bool active = true;                 // false: the peer said that the token is gone
  std::string udid;                   // or EnrollmentID; empty: it has not checked in yet
  std::string imei;                   // digits
  std::string meid;                   // hexadecimal, in upper case
  friend bool operator==(const DeviceRow&, const DeviceRow&) = default;
};

struct DeviceTexts {
  DeviceNumber number = 0;
  std::string device_id;
  std::string device_name;
  std::string user_id;
  std::string user_full_name;
};

// Numbers are stored: append only.
enum class SetKind : std::uint8_t {
  users = 1,           // all there are
  users_on = 2,        // Managed Distribution set to on, by itself
  users_off = 3,       // likewise off
  users_enabled = 4,   // on after asking the groups
  users_pushable = 5,  // with a device that can be pushed
  users_invited = 6,   // collected
  users_enrolled = 7,  // collected
  users_removed = 8,   // collected; their rows stay, for what was sent to them
  devices_pushable = 9,
  devices_enabled = 10,   // of enabled users
  devices_invited = 11,   // of invited users: at least those that can be pushed
  devices_enrolled = 12,  // of enrolled users
  devices_of_topic = 13,  // key: the topic; of those that can be pushed
  groups_off = 14,
  users_with_mail = 15,  // with an address; absent in files of before version 2
  groups_removed = 16,   // collected
  devices_removed = 17,  // collected
  users_inactive = 18,   // collected: disabled in the directory they came from
};
// A user or group that came from a directory service, by the id that never changes there. `source`
// is the base it was found below. Who was removed keeps his row.
enum class DirectoryKind : std::uint8_t { user = 1, group = 2 };
struct DirectoryId {
  std::string guid;
  std::uint32_t number = 0;
  std::string source;
};
enum class NameKind : std::uint8_t { topic = 1, language = 2 };
enum class Counter : std::uint8_t { version = 1 };

struct GroupSets {
  NumberSet members;   // users
  NumberSet children;  // groups
  NumberSet devices;   // of members
};

class RosterStore {
 public:
  RosterStore(RosterStore&& other) noexcept;
  RosterStore& operator=(RosterStore&& other) = delete;
  ~RosterStore();

  [[nodiscard]] static Result<RosterStore, Complaint> open(const std::string& dir, OpenMode mode);

  [[nodiscard]] Result<void> begin();
  [[nodiscard]] Result<void> commit();
  void rollback();
  // Between these (one transaction) rows are written without the indexes that a big import would
  // scatter its writes over; by-id and by-user lookups are slow meanwhile.
  [[nodiscard]] Result<void> drop_indexes();
  [[nodiscard]] Result<void> build_indexes();

  [[nodiscard]] Result<std::uint64_t> counter(Counter which);
  [[nodiscard]] Result<void> set_counter(Counter which, std::uint64_t value);
  // Of this connection in read mode: differs after a commit of any other, in whatever process.
  // Outside begin() and commit(), unlike the others.
  [[nodiscard]] Result<std::uint64_t> changes();
  [[nodiscard]] Result<std::vector<std::string>> names(NameKind kind);  // by index; 0 is ""
  [[nodiscard]] Result<void> add_name(NameKind kind, std::uint16_t number, std::string_view name);

  // The number of the next new one.
  [[nodiscard]] Result<std::uint32_t> users_count();
  [[nodiscard]] Result<std::uint32_t> groups_count();
  [[nodiscard]] Result<std::uint32_t> devices_count();
  [[nodiscard]] Result<void> put_user(const UserRow& row);  // new, or over the one of that number
  [[nodiscard]] Result<void> put_group(const GroupRow& row);
  [[nodiscard]] Result<void> put_device(const DeviceRow& row);
  // A row of a number that none had before: cheaper by far where many follow each other. Takes what
  // is in `row`, whose texts are anything afterwards. Trouble may show with a later verb, at the
  // latest with commit().
  [[nodiscard]] Result<void> add_user(UserRow& row);
  [[nodiscard]] Result<void> add_device(DeviceRow& row);
  [[nodiscard]] Result<void> rename_user(UserNumber number, std::string_view id);
  [[nodiscard]] Result<void> rename_group(GroupNumber number, std::string_view id);
  [[nodiscard]] Result<std::vector<DirectoryId>> directory_ids(DirectoryKind kind);
  [[nodiscard]] Result<void> put_directory_id(DirectoryKind kind, const DirectoryId& row);
  [[nodiscard]] Result<std::optional<UserRow>> user(UserNumber number);
  [[nodiscard]] Result<std::optional<UserRow>> user_by_id(std::string_view id);
  [[nodiscard]] Result<std::optional<GroupRow>> group(GroupNumber number);
  [[nodiscard]] Result<std::optional<GroupRow>> group_by_id(std::string_view id);
  [[nodiscard]] Result<std::vector<GroupRow>> groups_by_name(std::string_view name);
  [[nodiscard]] Result<std::optional<DeviceRow>> device(DeviceNumber number);
  [[nodiscard]] Result<std::optional<DeviceRow>> device_by_id(std::string_view id);
  [[nodiscard]] Result<std::optional<DeviceRow>> device_by_udid(std::string_view udid);
  [[nodiscard]] Result<std::vector<DeviceRow>> devices_by_serial(std::string_view serial);
  // With this IMEI or this MEID; empty ones are nobody's.
  [[nodiscard]] Result<std::vector<DeviceRow>> devices_by_radio(std::string_view imei,
                                                                std::string_view meid);
  [[nodiscard]] Result<std::vector<DeviceNumber>> devices_of_user(UserNumber user);
  [[nodiscard]] Result<std::vector<DeviceTexts>> texts(DeviceNumber first, DeviceNumber past_last);
  // Users first ≤ number < past_last in order, as (number, email, full_name, language) and as
  // (number, id, full_name). Prepared once: step() until false, before the verb is called again.
  [[nodiscard]] Result<Statement*> mail_of_users(UserNumber first, UserNumber past_last);
  [[nodiscard]] Result<Statement*> names_of_users(UserNumber first, UserNumber past_last);
  // The same as (number, location, email, managed_apple_account).
  [[nodiscard]] Result<Statement*> people_of_users(UserNumber first, UserNumber past_last);

  // Cursors: bind nothing, step() until false. Columns in the order of the name.
  [[nodiscard]] Result<Statement> user_numbers_ids_languages();
  [[nodiscard]] Result<Statement> user_numbers_with_email();
  [[nodiscard]] Result<Statement> user_numbers_with_account();  // a Managed Apple Account
  [[nodiscard]] Result<Statement> group_numbers_ids_names();
  [[nodiscard]] Result<Statement> device_numbers_ids();
  // (number, udid, serial, imei, meid)
  [[nodiscard]] Result<Statement> device_numbers_keys();
  // In order of number: (number, id, full_name, email), (number, id, name) and (number, id, name,
  // serial, udid).
  [[nodiscard]] Result<Statement> users_from(UserNumber first);
  [[nodiscard]] Result<Statement> groups_from(GroupNumber first);
  [[nodiscard]] Result<Statement> devices_from(DeviceNumber first);
  // Members as NumberSet::write() left them.
  [[nodiscard]] Result<Statement> group_numbers_members();
  // Devices first ≤ number < past_last, in order; read_device() gives the row it stands on.
  [[nodiscard]] Result<Statement> devices(DeviceNumber first, DeviceNumber past_last);
  static void read_device(const Statement& at, DeviceRow& row);

  // An absent set is empty; a damaged one is store_corrupt.
  [[nodiscard]] Result<NumberSet> set(SetKind kind, std::uint32_t key = 0);
  // The same, and nothing where the set is absent.
  [[nodiscard]] Result<std::optional<NumberSet>> find_set(SetKind kind, std::uint32_t key = 0);
  [[nodiscard]] Result<void> put_set(SetKind kind, NumberSet& set, std::uint32_t key = 0);
  [[nodiscard]] Result<GroupSets> group_sets(GroupNumber number);
  [[nodiscard]] Result<NumberSet> group_children(GroupNumber number);
  [[nodiscard]] Result<void> put_group_sets(GroupNumber number, GroupSets& sets);
  // Empty: no such block.
  [[nodiscard]] Result<std::vector<Byte>> block(std::uint32_t number);
  // The same into memory that is there already; false, and `into` as it was: no such block.
  [[nodiscard]] Result<bool> read_block(std::uint32_t number, std::vector<Byte>& into);
  [[nodiscard]] Result<void> put_block(std::uint32_t number, Bytes bytes);

  [[nodiscard]] const std::string& file() const { return database_.file(); }

 private:
  explicit RosterStore(Database database);
  [[nodiscard]] Result<Statement*> use(const char* sql);
  [[nodiscard]] Result<Statement> cursor(const char* sql);
  [[nodiscard]] Result<void> execute(const char* sql);
  [[nodiscard]] Result<void> flush();

  // The others end before the database does.
  Database database_;
  KeptStatements statements_;
  struct Gathered;  // rows on their way to their tables
  std::unique_ptr<Gathered> gathered_;
};

}  // namespace muster::store
