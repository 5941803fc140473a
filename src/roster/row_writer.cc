#include "roster/row_writer.h"

#include <algorithm>

#include "model/limits.h"
#include "roster/fields.h"
#include "roster/nearest.h"
#include "roster/row_fields.h"

namespace muster::roster {
Result<void, Complaint> RowWriter::write(Table table, const Row& row, const std::string& file) {
  file_ = file;
  if (row.trouble) {
    return tl::unexpected(*row.trouble);
  }
  switch (table) {
    case Table::users:
      return write_user(row);
    case Table::groups:
      return write_group(row);
    case Table::members:
      return write_member(row);
    case Table::devices:
      return write_device(row);
    case Table::flat:
      return write_flat(row);
  }
  return {};
}

void RowWriter::Person::empty() {
  if (known) {
    *this = Person();
    return;
  }
  row.number = 0;
  for (auto* text :
       {&row.id, &row.full_name, &row.email, &row.managed_apple_account, &row.location}) {
    text->clear();
  }
  row.language = 0;
  row.managed_distribution = store::Switch::empty;
  change = false;
}

Result<void, Complaint> RowWriter::write_user(const Row& row) {
  if (auto read = read_user(row, /*repeats_allowed=*/false); !read) {
    return read;
  }
  return put_user(mark_of_row(row));
}

Result<void, Complaint> RowWriter::read_user(const Row& row, bool repeats_allowed) {
  Fields fields(row, file_);
  auto& person = person_;
  person.empty();
  fields.id(Column::user_id, person.row.id);
  auto* entry = fields.good() ? state_.users.find(person.row.id) : nullptr;
  const bool repeated = entry != nullptr && file_of(entry->mark) == state_.file;
  if (entry != nullptr) {
    auto stored = state_.store.user(entry->number);
    if (!stored) {
      return tl::unexpected(state_.complaint(stored.error()));
    }
    auto& before = *stored;
    if (!before) {
      return tl::unexpected(state_.complaint(Error{ErrorCode::store_corrupt, 0}));
    }
    person.known = true;
    person.before = *before;
    person.row = std::move(*before);
  }
  std::string language = state_.languages[person.row.language];
  take_user(fields, person.row, language);
  if (!fields.good()) {
    return tl::unexpected(fields.complaint());
  }
  auto index = index_of(row, Column::language, language);
  if (!index) {
    return tl::unexpected(index.error());
  }
  person.row.language = *index;
  person.change = !person.known || person.row != person.before ||
                  state_.users_removed.contains(person.row.number);
  if (repeated && (!repeats_allowed || person.change)) {
    return refuse(row, Column::user_id,
                  "the user '" + person.row.id + "' twice" +
                      (repeats_allowed ? ", but not alike" : "") + " (first on " +
                      state_.words_of(entry->mark) + ")",
                  repeats_allowed ? "the same on every line of a user" : "each user once", "");
  }
  return {};
}

Result<void, Complaint> RowWriter::put_user(Mark mark) {
  auto& person = person_;
  auto& row = person.row;
  if (person.known) {
    auto* entry = state_.users.find(row.id);
    state_.counts.users += entry->mark == 0 ? 1 : 0;
    entry->mark = entry->mark == 0 || file_of(entry->mark) != state_.file ? mark : entry->mark;
    if (row.language != person.before.language) {
      state_.languages_changed.push_back(row.number);
    }
  } else {
    row.number = static_cast<UserNumber>(state_.language_of_user.size());
    state_.language_of_user.push_back(0);
    state_.users.add(row.id, row.number, mark);
    ++state_.counts.users;
  }
  state_.language_of_user[row.number] = row.language;
  if (!person.change) {
    return {};
  }
  auto& changes = state_.counts.users_changed;
  const bool back = person.known && state_.users_removed.contains(row.number);
  note(person.known && !back ? changes.changed : changes.added, row.id);
  state_.users_all.add(row.number);
  if (person.known) {
    state_.users_removed.remove(row.number);
    state_.users_on.remove(row.number);
    state_.users_off.remove(row.number);
  }
  if (row.managed_distribution != store::Switch::empty) {
    (row.managed_distribution == store::Switch::on ? state_.users_on : state_.users_off)
        .add(row.number);
  }
  if (!row.email.empty()) {
    state_.users_with_mail.add(row.number);
  } else if (person.known) {
    state_.users_with_mail.remove(row.number);
  }
  const auto put = person.known ? state_.store.put_user(row) : state_.store.add_user(row);
  if (!put) {
    return tl::unexpected(state_.complaint(put.error()));
  }
  return {};
}

Result<void, Complaint> RowWriter::write_group(const Row& row) {
  Fields fields(row, file_);
  store::GroupRow group;
  fields.id(Column::group_id, group.id);
  auto* entry = fields.good() ? state_.groups.find(group.id) : nullptr;
  if (entry != nullptr && file_of(entry->mark) == state_.file) {
    return refuse(
        row, Column::group_id,
        "the group '" + group.id + "' twice (first on " + state_.words_of(entry->mark) + ")",
        "each group once", "");
  }
  if (entry != nullptr) {
    auto stored = state_.store.group(entry->number);
    if (!stored) {
      return tl::unexpected(state_.complaint(stored.error()));
    }
    auto& before = *stored;
    if (!before) {
      return tl::unexpected(state_.complaint(Error{ErrorCode::store_corrupt, 0}));
    }
    group = std::move(*before);
  }
  const bool known = entry != nullptr;
  const auto before = group;
  take_group(fields, group, store::Switch::on);  // an administrator brought it in
  if (!fields.good()) {
    return tl::unexpected(fields.complaint());
  }
  if (known) {
    std::erase(state_.groups_by_name[before.name], group.number);
    if (!(group == before) && !state_.groups_removed.contains(group.number)) {
      note(state_.counts.groups_changed.changed, group.id);
    }
  } else {
    group.number = static_cast<GroupNumber>(state_.groups.entries().size());
  }
  return put_group(group, mark_of_row(row));
}

Result<void, Complaint> RowWriter::put_group(const store::GroupRow& row, Mark mark) {
  if (state_.groups.find(row.id) == nullptr || state_.groups_removed.contains(row.number)) {
    note(state_.counts.groups_changed.added, row.id);
  }
  state_.groups_removed.remove(row.number);
  if (auto* entry = state_.groups.find(row.id); entry != nullptr) {
    state_.counts.groups += entry->mark == 0 ? 1 : 0;
    entry->mark = mark;
  } else {
    state_.groups.add(row.id, row.number, mark);
    ++state_.counts.groups;
  }
  auto& same_name = state_.groups_by_name[row.name];
  if (std::ranges::find(same_name, row.number) == same_name.end()) {
    same_name.push_back(row.number);
  }
  if (row.managed_distribution == store::Switch::off) {
    state_.groups_off.add(row.number);
  } else {
    state_.groups_off.remove(row.number);
  }
  if (auto put = state_.store.put_group(row); !put) {
    return tl::unexpected(state_.complaint(put.error()));
  }
  return {};
}

Result<void, Complaint> RowWriter::write_member(const Row& row) {
  Fields fields(row, file_);
  std::string group;
  std::string user;
  std::string child;
  fields.id(Column::group_id, group);
  fields.text(Column::user_id, user);
  fields.text(Column::member_group_id, child);
  if (!fields.good()) {
    return tl::unexpected(fields.complaint());
  }
  if (user.empty() == child.empty()) {
    return refuse(
        row, Column::user_id,
        user.empty() ? "neither a user nor a group as member" : "a user and a group as member",
        "one of user_id and member_group_id", "");
  }
  const auto* of_group = present(state_.groups, group);
  if (of_group == nullptr) {
    return unknown(row, Column::group_id, state_.groups, "group");
  }
  auto& table = user.empty() ? state_.groups : state_.users;
  const auto* member = present(table, user.empty() ? child : user);
  if (member == nullptr) {
    return unknown(row, user.empty() ? Column::member_group_id : Column::user_id, table,
                   user.empty() ? "group" : "user");
  }
  if (user.empty() && member->number == of_group->number) {
    return refuse(row, Column::member_group_id,
                  "group '" + group + "' contains itself: " + group + " → " + group,
                  "groups that do not contain themselves", "remove this membership");
  }
  state_.groups_replaced.resize(
      std::max<std::size_t>(state_.groups_replaced.size(), of_group->number + std::size_t{1}));
  state_.groups_replaced[of_group->number] = true;
  state_.memberships.push_back(
      Membership{of_group->number, member->number, user.empty(), mark_of_row(row)});
  ++state_.counts.memberships;
  return {};
}

Result<void, Complaint> RowWriter::write_flat(const Row& row) {
  if (auto read = read_user(row, /*repeats_allowed=*/true); !read) {
    return read;
  }
  const bool with_device =
      std::ranges::any_of(device_keys, [&](Column key) { return !row.at(key).text.empty(); });
  if (with_device) {
    if (auto read = read_device(row); !read) {
      return read;
    }
  }
  std::vector<GroupNumber> groups;
  for (const auto name : row.groups) {
    auto group = group_by_name(row, name);
    if (!group) {
      return tl::unexpected(group.error());
    }
    groups.push_back(*group);
  }
  const auto user =
      person_.known ? person_.row.number : static_cast<UserNumber>(state_.language_of_user.size());
  if (auto put = put_user(mark_of_row(row)); !put) {
    return put;
  }
  for (const auto group : groups) {
    state_.memberships.push_back(Membership{group, user, false, mark_of_row(row)});
  }
  state_.counts.memberships += groups.size();
  thing_.row.user = user;
  return with_device ? put_device(mark_of_row(row)) : Result<void, Complaint>{};
}

// A group that nobody knows is made, under its name.
Result<GroupNumber, Complaint> RowWriter::group_by_name(const Row& row, std::string_view name) {
  if (const auto same = state_.groups_by_name.find(std::string(name));
      same != state_.groups_by_name.end() && !same->second.empty()) {
    if (same->second.size() > 1) {
      return refuse(row, Column::group, "several groups are named '" + std::string(name) + "'",
                    "a name that only one group has", "import members.csv, which names ids");
    }
    return same->second.front();
  }
  const auto* entry = state_.groups.find(name);
  if (entry != nullptr && !state_.groups_removed.contains(entry->number)) {
    return entry->number;
  }
  Row named;
  named.line = row.line;
  named.at(Column::group_id) = row.at(Column::group);
  named.at(Column::group_id).text = name;
  Fields fields(named, file_);
  store::GroupRow group;
  fields.id(Column::group_id, group.id);
  take_group(fields, group, store::Switch::on);
  if (!fields.good()) {
    return tl::unexpected(fields.complaint());
  }
  group.number =
      entry != nullptr ? entry->number : static_cast<GroupNumber>(state_.groups.entries().size());
  const auto number = group.number;
  if (auto put = put_group(group, mark_of_row(row)); !put) {
    return tl::unexpected(put.error());
  }
  return number;
}

const NumberSet& RowWriter::removed_of(const IdTable& table) const {
  return &table == &state_.users    ? state_.users_removed
         : &table == &state_.groups ? state_.groups_removed
                                    : state_.devices_removed;
}

const IdTable::Entry* RowWriter::present(IdTable& table, std::string_view id) const {
  const auto* entry = table.find(id);
  return entry != nullptr && removed_of(table).contains(entry->number) ? nullptr : entry;
}

Result<std::uint16_t, Complaint> RowWriter::index_of(const Row& row, Column column,
                                                     const std::string& name) {
  const bool topic = column == Column::topic;
  auto& known = topic ? state_.topics : state_.languages;
  // Few and mostly the first: a search beats a table.
  const auto found = std::ranges::find(known, name);
  if (found != known.end()) {
    return static_cast<std::uint16_t>(found - known.begin());
  }
  const std::size_t most = topic ? limits::credentials_max : limits::languages_max;
  if (known.size() > most) {
    return refuse(row, column,
                  "more than " + std::to_string(most) + (topic ? " topics" : " languages"), "", "");
  }
  const auto index = static_cast<std::uint16_t>(known.size());
  known.push_back(name);
  const auto added = state_.store.add_name(
      topic ? store::NameKind::topic : store::NameKind::language, index, name);
  if (!added) {
    return tl::unexpected(state_.complaint(added.error()));
  }
  return index;
}

tl::unexpected<Complaint> RowWriter::refuse(const Row& row, Column column, std::string found,
                                            std::string expected, std::string mend) const {
  Fields fields(row, file_);
  fields.refuse(column, std::move(found), std::move(expected), std::move(mend));
  return tl::unexpected(fields.complaint());
}

tl::unexpected<Complaint> RowWriter::unknown(const Row& row, Column column, const IdTable& table,
                                             const char* what) const {
  const auto id = row.at(column).text;
  Nearest search(id);
  for (const auto& entry : table.entries()) {
    if (!removed_of(table).contains(entry.number)) {
      search.offer(table.id_of(entry));
    }
  }
  return refuse(row, column, std::string(what) + " '" + std::string(id) + "' is not known",
                std::string("a ") + what + " of this import or of the roster",
                did_you_mean(search.word(), std::string("add it to ") + what + "s.csv"));
}

}  // namespace muster::roster
