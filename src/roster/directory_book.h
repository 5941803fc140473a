// What an import from a directory service does besides writing rows: who is who, who is gone.
//
// prepare() finds the rows of the entries and renames them; then the entries are written as the
// rows of any import (directory_rows.h); settle() notes who came from the directory, replaces the
// memberships of its groups, and removes whoever was below its base before and is no more. All of
// it happens in the import's transaction.
//
// The directory's word counts for what came from it. Users and groups from elsewhere stay as they
// are, also as members of its groups. Who is disabled keeps groups and devices and is in no
// audience; who vanished is removed as by hand: his row stays, for what was sent to him.
#pragma once

#include <string>
#include <vector>

#include "base/number_set.h"
#include "base/result.h"
#include "directory/directory.h"
#include "roster/import_state.h"

namespace muster::roster {

// Under which ids the entries stand in the roster; empty: left out.
struct DirectoryNames {
  std::vector<std::string> users;   // by place in Directory::users
  std::vector<std::string> groups;  // likewise
};

class DirectoryBook {
 public:
  explicit DirectoryBook(const directory::Directory& directory) : directory_(directory) {}

  [[nodiscard]] Result<void> prepare(store::RosterStore& store, ImportCounts& counts);
  [[nodiscard]] const DirectoryNames& names() const { return names_; }
  // More than this of those that the roster had from the directory would go: refused.
  [[nodiscard]] Result<void, Complaint> settle(ImportState& state, std::uint32_t removals_percent);

 private:
  // Of one kind: numbers of all that ever came from a directory, and of those here now.
  struct Kept {
    NumberSet ever;
    NumberSet before;  // of this base, not removed
    NumberSet now;
  };
  [[nodiscard]] Result<Kept> keep(ImportState& state, store::DirectoryKind kind);
  [[nodiscard]] Result<void, Complaint> check_removals(const Kept& kept, const char* what,
                                                       std::uint32_t percent) const;
  [[nodiscard]] static Result<void> replace_members(ImportState& state, const Kept& users,
                                                    const Kept& groups);
  void note_inactive(ImportState& state, const Kept& users) const;

  const directory::Directory& directory_;
  DirectoryNames names_;
};

}  // namespace muster::roster
