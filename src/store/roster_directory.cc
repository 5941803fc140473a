// Who came from a directory service, and ids that change there.
#include "store/roster_store.h"
#include "store/row_statements.h"

namespace muster::store {

Result<void> RosterStore::rename_user(UserNumber number, std::string_view id) {
  MUSTER_USE(write, "UPDATE users SET id=? WHERE number=?");
  return write.bind(1, id).bind(2, std::int64_t{number}).run();
}
Result<void> RosterStore::rename_group(GroupNumber number, std::string_view id) {
  MUSTER_USE(write, "UPDATE user_groups SET id=? WHERE number=?");
  return write.bind(1, id).bind(2, std::int64_t{number}).run();
}

Result<std::vector<DirectoryId>> RosterStore::directory_ids(DirectoryKind kind) {
  MUSTER_USE(query, "SELECT guid,number,source FROM directory_ids WHERE kind=?");
  query.bind(1, static_cast<std::int64_t>(kind));
  return all<DirectoryId>(query, [](const Statement& at) {
    return DirectoryId{std::string(at.text(0)), narrow<std::uint32_t>(at.integer(1)),
                       std::string(at.text(2))};
  });
}
Result<void> RosterStore::put_directory_id(DirectoryKind kind, const DirectoryId& row) {
  MUSTER_USE(write, "INSERT OR REPLACE INTO directory_ids VALUES(?,?,?,?)");
  return write.bind(1, static_cast<std::int64_t>(kind))
      .bind(2, std::string_view(row.guid))
      .bind(3, std::int64_t{row.number})
      .bind(4, std::string_view(row.source))
      .run();
}

}  // namespace muster::store
