#include "roster/lookup.h"

#include <algorithm>

#include "roster/import_state.h"
#include "roster/nearest.h"

namespace muster::roster {
namespace {

using store::SetKind;

struct Known {
  const char* what;
  Result<store::Statement> rows;  // (number, id, name where `names_too`)
  bool names_too = false;
};

tl::unexpected<Complaint> unknown(const std::string& file, const std::string& id, Known known,
                                  const NumberSet& removed) {
  Nearest search(id);
  if (!known.rows) {
    return tl::unexpected(complaint_of_store(file, known.rows.error()));
  }
  for (;;) {
    auto more = known.rows->step();
    if (!more) {
      return tl::unexpected(complaint_of_store(file, more.error()));
    }
    if (!*more) {
      break;
    }
    if (removed.contains(static_cast<std::uint32_t>(known.rows->integer(0)))) {
      continue;
    }
    search.offer(known.rows->text(1));
    if (known.names_too) {
      search.offer(known.rows->text(2));
    }
  }
  return tl::unexpected(Complaint{"", 0, 0, std::string(known.what) + " '" + id + "' is not known",
                                  std::string("a ") + known.what + " of the roster",
                                  did_you_mean(search.word(), "import it first"),
                                  Error{ErrorCode::not_found, 0}});
}

tl::unexpected<Complaint> ambiguous(const std::string& group,
                                    const std::vector<store::GroupRow>& rows) {
  constexpr std::size_t ids_shown = 8;
  std::string ids;
  for (std::size_t i = 0; i < std::min(rows.size(), ids_shown); ++i) {
    ids += (i == 0 ? "" : ", ") + rows[i].id;
  }
  ids += rows.size() > ids_shown ? ", …" : "";
  return tl::unexpected(Complaint{"",
                                  0,
                                  0,
                                  std::to_string(rows.size()) + " groups are named '" + group + "'",
                                  "one group",
                                  "give its group_id, one of " + ids,
                                  {}});
}

}  // namespace

Result<store::UserRow, Complaint> find_user(store::RosterStore& store, const std::string& id) {
  auto found = store.user_by_id(id);
  const auto removed = store.set(SetKind::users_removed);
  if (!found || !removed) {
    return tl::unexpected(
        complaint_of_store(store.file(), found ? removed.error() : found.error()));
  }
  auto& row = *found;
  if (!row || removed->contains(row->number)) {
    return unknown(store.file(), id, {"user", store.user_numbers_ids_languages()}, *removed);
  }
  return std::move(*row);
}

Result<store::GroupRow, Complaint> find_group(store::RosterStore& store, const std::string& group) {
  auto by_id = store.group_by_id(group);
  auto by_name = store.groups_by_name(group);
  const auto removed = store.set(SetKind::groups_removed);
  if (!by_id || !by_name || !removed) {
    return tl::unexpected(complaint_of_store(store.file(), !by_id     ? by_id.error()
                                                           : !by_name ? by_name.error()
                                                                      : removed.error()));
  }
  if (auto& found = *by_id; found && !removed->contains(found->number)) {
    return std::move(*found);
  }
  std::erase_if(*by_name,
                [&](const store::GroupRow& row) { return removed->contains(row.number); });
  if (by_name->empty()) {
    return unknown(store.file(), group, {"group", store.group_numbers_ids_names(), true}, *removed);
  }
  if (by_name->size() > 1) {
    return ambiguous(group, *by_name);
  }
  return std::move(by_name->front());
}

Result<store::DeviceRow, Complaint> find_device(store::RosterStore& store, const std::string& id) {
  auto found = store.device_by_id(id);
  const auto removed = store.set(SetKind::devices_removed);
  if (!found || !removed) {
    return tl::unexpected(
        complaint_of_store(store.file(), found ? removed.error() : found.error()));
  }
  auto& row = *found;
  if (!row || removed->contains(row->number)) {
    return unknown(store.file(), id, {"device", store.device_numbers_ids()}, *removed);
  }
  return std::move(*row);
}

}  // namespace muster::roster
