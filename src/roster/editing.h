// The roster, edited by hand: users, groups and devices one by one.
//
// The checks and complaints are an import's (fields.h, row_fields.h), without a line to name. What
// follows from the rows is kept true as upkeep.h has it, so that an edit costs what it concerns;
// who is enabled is found anew from the groups that are off.
//
// Numbers are given once. Who is removed leaves groups, devices and audiences, but his row stays
// for the names of what was sent, and he comes back under his number when he is added or imported
// again.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "roster/row.h"
#include "roster/upkeep.h"

namespace muster::roster {

// A field to set, by its column of an import; an empty text empties it. Fields not named stay.
struct FieldEdit {
  Column column;
  std::string text;
};
using FieldEdits = std::vector<FieldEdit>;

// Lives for one commit, inside Roster::edit(). Users and devices are named by id, groups by id or
// by a name that only one has. Any complaint ends the commit.
class Editor {
 public:
  Editor(store::RosterStore& store, WallTime now) : store_(store), upkeep_(store), now_(now) {}

  // Columns of users.csv; `add` wants user_id.
  [[nodiscard]] Result<void, Complaint> add_user(const FieldEdits& edits);
  [[nodiscard]] Result<void, Complaint> set_user(const std::string& id, const FieldEdits& edits);
  [[nodiscard]] Result<void, Complaint> remove_user(const std::string& id);
  // Removes him, today or long ago, and blanks his name, address and account for good.
  [[nodiscard]] Result<void, Complaint> erase_user(const std::string& id);

  // Columns of groups.csv; `add` wants group_id. A group made by hand starts off.
  [[nodiscard]] Result<void, Complaint> add_group(const FieldEdits& edits);
  [[nodiscard]] Result<void, Complaint> set_group(const std::string& group,
                                                  const FieldEdits& edits);
  // Its members stay users, its child groups stay groups.
  [[nodiscard]] Result<void, Complaint> remove_group(const std::string& group);
  // Twice is once.
  [[nodiscard]] Result<void, Complaint> add_member(const std::string& group,
                                                   const std::string& user);
  [[nodiscard]] Result<void, Complaint> remove_member(const std::string& group,
                                                      const std::string& user);
  // Refused, with the way, where the group would come to contain itself.
  [[nodiscard]] Result<void, Complaint> add_child(const std::string& group,
                                                  const std::string& child);
  [[nodiscard]] Result<void, Complaint> remove_child(const std::string& group,
                                                     const std::string& child);

  // name, platform, serial, enrollment, udid; `add` takes device_id, and is content with a udid or
  // a serial for it: a placeholder for a device that has not checked in yet.
  [[nodiscard]] Result<void, Complaint> add_device(const FieldEdits& edits);
  [[nodiscard]] Result<void, Complaint> set_device(const std::string& id, const FieldEdits& edits);
  [[nodiscard]] Result<void, Complaint> assign_device(const std::string& id,
                                                      const std::string& user);
  [[nodiscard]] Result<void, Complaint> unassign_device(const std::string& id);
  [[nodiscard]] Result<void, Complaint> remove_device(const std::string& id);

  [[nodiscard]] Result<void> write() { return upkeep_.write(); }

 private:
  [[nodiscard]] Result<void, Complaint> edit_user(store::UserRow row, const FieldEdits& edits,
                                                  bool known);
  [[nodiscard]] Result<void> put_user(const store::UserRow& row);
  [[nodiscard]] Result<void> take_out(const store::UserRow& user);
  [[nodiscard]] Result<void> leave_groups(UserNumber user);
  [[nodiscard]] Result<void, Complaint> edit_group(store::GroupRow row, const FieldEdits& edits);
  [[nodiscard]] Result<void> take_out(const store::GroupRow& group);
  [[nodiscard]] Result<void> leave_parents(GroupNumber group);
  // From `from` down to `to`, both named; empty where none leads there.
  [[nodiscard]] Result<std::vector<GroupNumber>> way_down(GroupNumber from, GroupNumber to);
  [[nodiscard]] tl::unexpected<Complaint> cycle(GroupNumber group,
                                                const std::vector<GroupNumber>& way);
  [[nodiscard]] Result<void, Complaint> edit_device(store::DeviceRow row, const FieldEdits& edits);
  [[nodiscard]] Result<void, Complaint> check_udid(const store::DeviceRow& row);
  [[nodiscard]] Result<void> put_device(const store::DeviceRow& before,
                                        const store::DeviceRow& after);

  [[nodiscard]] tl::unexpected<Complaint> refuse(const Error& error) const;
  // The store's trouble as a complaint.
  [[nodiscard]] Result<void, Complaint> said(const Result<void>& done) const;

  store::RosterStore& store_;
  Upkeep upkeep_;
  WallTime now_;
};

// As a line of a file without lines. Views into `edits`.
[[nodiscard]] Row row_of(const FieldEdits& edits);
[[nodiscard]] tl::unexpected<Complaint> refused_edit(std::string found, std::string expected,
                                                     std::string mend);

}  // namespace muster::roster
