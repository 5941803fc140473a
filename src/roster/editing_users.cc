#include "model/limits.h"
#include "roster/editing.h"
#include "roster/lookup.h"
#include "roster/row_fields.h"

namespace muster::roster {

using store::NameKind;
using store::SetKind;

Result<void, Complaint> Editor::add_user(const FieldEdits& edits) {
  const auto line = row_of(edits);
  const std::string no_file;
  Fields fields(line, no_file);
  store::UserRow row;
  fields.id(Column::user_id, row.id);
  if (!fields.good()) {
    return tl::unexpected(fields.complaint());
  }
  const auto known = store_.user_by_id(row.id);
  const auto removed = upkeep_.sets().read(SetKind::users_removed);
  const auto count = store_.users_count();
  if (!known || !removed || !count) {
    return refuse(!known ? known.error() : !removed ? removed.error() : count.error());
  }
  const auto& before = *known;
  if (before && !(*removed)->contains(before->number)) {
    return refused_edit("user '" + row.id + "' is there already", "a user_id that nobody has",
                        "set changes it");
  }
  row.number = before ? before->number : *count;
  return edit_user(std::move(row), edits, before.has_value());
}

Result<void, Complaint> Editor::set_user(const std::string& id, const FieldEdits& edits) {
  auto row = find_user(store_, id);
  if (!row) {
    return tl::unexpected(row.error());
  }
  return edit_user(std::move(*row), edits, true);
}

Result<void, Complaint> Editor::edit_user(store::UserRow row, const FieldEdits& edits, bool known) {
  const auto line = row_of(edits);
  const std::string no_file;
  Fields fields(line, no_file);
  const auto languages = store_.names(NameKind::language);
  if (!languages) {
    return refuse(languages.error());
  }
  const auto language_before = row.language;
  auto language = (*languages)[row.language];
  take_user(fields, row, language);
  if (!fields.good()) {
    return tl::unexpected(fields.complaint());
  }
  const auto index = upkeep_.index_of(NameKind::language, language);
  if (!index) {
    return refuse(index.error());
  }
  if (*index == Upkeep::no_index) {
    return refused_edit("more than " + std::to_string(limits::languages_max) + " languages", "",
                        "");
  }
  row.language = *index;
  if (const auto put = put_user(row); !put) {
    return refuse(put.error());
  }
  return said(known && row.language != language_before ? upkeep_.language(row.number)
                                                       : Result<void>{});
}

Result<void> Editor::put_user(const store::UserRow& row) {
  if (auto put = store_.put_user(row); !put) {
    return put;
  }
  struct Place {
    SetKind kind;
    bool in;
  };
  for (const auto& [kind, in] :
       {Place{SetKind::users, true}, Place{SetKind::users_removed, false},
        Place{SetKind::users_on, row.managed_distribution == store::Switch::on},
        Place{SetKind::users_off, row.managed_distribution == store::Switch::off},
        Place{SetKind::users_with_mail, !row.email.empty()}}) {
    if (auto put = upkeep_.sets().put(kind, row.number, in); !put) {
      return put;
    }
  }
  upkeep_.enabled_changed();
  return {};
}

Result<void, Complaint> Editor::remove_user(const std::string& id) {
  const auto row = find_user(store_, id);
  if (!row) {
    return tl::unexpected(row.error());
  }
  return said(take_out(*row));
}

Result<void, Complaint> Editor::erase_user(const std::string& id) {
  const auto found = store_.user_by_id(id);
  const auto removed = upkeep_.sets().read(SetKind::users_removed);
  if (!found || !removed) {
    return refuse(found ? removed.error() : found.error());
  }
  const auto& known = *found;
  if (!known) {
    return remove_user(id);  // says who is near
  }
  auto row = *known;
  if (!(*removed)->contains(row.number)) {
    if (const auto gone = take_out(row); !gone) {
      return refuse(gone.error());
    }
  }
  row.full_name.clear();
  row.email.clear();
  row.managed_apple_account.clear();
  return said(store_.put_user(row));
}

// His groups first: they give up his devices while these are still his.
Result<void> Editor::take_out(const store::UserRow& user) {
  if (auto left = leave_groups(user.number); !left) {
    return left;
  }
  const auto devices = store_.devices_of_user(user.number);
  if (!devices) {
    return tl::unexpected(devices.error());
  }
  for (const auto device : *devices) {
    const auto found = store_.device(device);
    if (!found) {
      return tl::unexpected(found.error());
    }
    const auto& before = *found;
    if (!before) {
      return trouble(ErrorCode::store_corrupt);
    }
    auto after = *before;
    after.user = store::no_user;
    if (auto put = put_device(*before, after); !put) {
      return put;
    }
  }
  for (const auto kind : {SetKind::users, SetKind::users_on, SetKind::users_off,
                          SetKind::users_with_mail, SetKind::users_inactive}) {
    if (auto put = upkeep_.sets().put(kind, user.number, false); !put) {
      return put;
    }
  }
  upkeep_.enabled_changed();
  return upkeep_.sets().put(SetKind::users_removed, user.number, true);
}

Result<void> Editor::leave_groups(UserNumber user) {
  std::vector<GroupNumber> groups;
  auto cursor = store_.group_numbers_members();
  if (!cursor) {
    return tl::unexpected(cursor.error());
  }
  for (;;) {
    const auto more = cursor->step();
    if (!more) {
      return tl::unexpected(more.error());
    }
    if (!*more) {
      break;
    }
    const auto members = NumberSet::read(cursor->bytes(1));
    if (!members) {
      return trouble(ErrorCode::store_corrupt);
    }
    if (members->contains(user)) {
      groups.push_back(static_cast<GroupNumber>(cursor->integer(0)));
    }
  }
  NumberSet him;
  him.add(user);
  for (const auto group : groups) {
    auto sets = store_.group_sets(group);
    if (!sets) {
      return tl::unexpected(sets.error());
    }
    if (auto left = upkeep_.members(*sets, {}, him); !left) {
      return left;
    }
    if (auto put = store_.put_group_sets(group, *sets); !put) {
      return put;
    }
  }
  return {};
}

}  // namespace muster::roster
