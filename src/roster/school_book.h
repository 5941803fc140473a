// What an import of a school's files does besides writing rows: who came from them, who is gone,
// who is in no group any more.
//
// Whole files replace what the same source said before: who is in them no more is removed as by
// hand, and the members of its groups are those that it names. Changes leave alone what they do not
// name. Users and groups from elsewhere stay as they are, also as members. Runs in the import's
// transaction, behind its rows.
#pragma once

#include "base/number_set.h"
#include "base/result.h"
#include "roster/import_state.h"
#include "roster/school.h"

namespace muster::roster {

class SchoolBook {
 public:
  SchoolBook(const School& school, ImportState& state) : school_(school), state_(state) {}

  // More than this of the users that the roster had from this source would go: refused. Groups may
  // all go at once: classes do, every summer.
  [[nodiscard]] Result<void, Complaint> settle(std::uint32_t removals_percent_max);

 private:
  // Of one kind: numbers of all that ever came from any source, and of those here now.
  struct Kept {
    NumberSet ever;
    NumberSet before;  // of this source, not removed
    NumberSet now;
    NumberSet gone;  // deleted, as these files say
  };
  [[nodiscard]] Result<Kept> keep(store::DirectoryKind kind);
  // One user or group, by its place; false: it is none of ours.
  [[nodiscard]] Result<bool> keep_one(store::DirectoryKind kind, std::size_t place, bool known,
                                      std::uint32_t number);
  [[nodiscard]] Result<void, Complaint> check_removals(const Kept& users,
                                                       std::uint32_t percent) const;
  void note_standing(const Kept& users);
  [[nodiscard]] Result<void> replace_members(const Kept& users, const Kept& groups);
  [[nodiscard]] Result<void> change_members();
  void keep_members(GroupNumber group, const NumberSet& users, const NumberSet& children);
  [[nodiscard]] std::string guid_of(const std::string& id) const { return school_.base + "/" + id; }

  const School& school_;
  ImportState& state_;
};

}  // namespace muster::roster
