// A reader's pages and details, each in one snapshot.
#include "roster/import_state.h"
#include "roster/lookup.h"
#include "roster/reader_implementation.h"

namespace muster::roster {

Result<ListPage<ListedUser>> RosterReader::list_users(const ListQuery& query) {
  auto& store = implementation_->store;
  return in_snapshot<ListPage<ListedUser>>(store, [&] { return roster::list_users(store, query); });
}

Result<ListPage<ListedGroup>> RosterReader::list_groups(const ListQuery& query) {
  auto& store = implementation_->store;
  return in_snapshot<ListPage<ListedGroup>>(store,
                                            [&] { return roster::list_groups(store, query); });
}

Result<ListPage<ListedDevice>> RosterReader::list_devices(const ListQuery& query) {
  auto& store = implementation_->store;
  return in_snapshot<ListPage<ListedDevice>>(store,
                                             [&] { return roster::list_devices(store, query); });
}

namespace {

template <class Value, class Read>
Result<Value, Complaint> details_of(store::RosterStore& store, Read read) {
  if (const auto begun = store.begin(); !begun) {
    return tl::unexpected(complaint_of_store(store.file(), begun.error()));
  }
  auto value = read();
  store.rollback();
  return value;
}

}  // namespace

Result<ListPage<ListedUser>, Complaint> RosterReader::list_members(const std::string& group,
                                                                   MemberState state,
                                                                   const ListQuery& query) {
  auto& store = implementation_->store;
  return details_of<ListPage<ListedUser>>(
      store, [&] { return roster::list_members(store, group, state, query); });
}

Result<UserDetails, Complaint> RosterReader::user_details(const std::string& id) {
  auto& store = implementation_->store;
  return details_of<UserDetails>(store, [&] { return roster::user_details(store, id); });
}

Result<UserNumber, Complaint> RosterReader::user_number(const std::string& user_id) {
  auto& store = implementation_->store;
  return details_of<UserNumber>(store, [&]() -> Result<UserNumber, Complaint> {
    const auto user = find_user(store, user_id);
    return user ? Result<UserNumber, Complaint>(user->number) : tl::unexpected(user.error());
  });
}

Result<GroupDetails, Complaint> RosterReader::group_details(const std::string& group) {
  auto& store = implementation_->store;
  return details_of<GroupDetails>(store, [&] { return roster::group_details(store, group); });
}

Result<ListedDevice, Complaint> RosterReader::device_details(const std::string& id) {
  auto& store = implementation_->store;
  return details_of<ListedDevice>(store, [&] { return roster::device_details(store, id); });
}

}  // namespace muster::roster
