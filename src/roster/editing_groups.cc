#include <algorithm>
#include <map>

#include "roster/editing.h"
#include "roster/lookup.h"
#include "roster/nesting.h"
#include "roster/row_fields.h"

namespace muster::roster {

using store::SetKind;

Result<void, Complaint> Editor::add_group(const FieldEdits& edits) {
  const auto line = row_of(edits);
  const std::string no_file;
  Fields fields(line, no_file);
  store::GroupRow row;
  fields.id(Column::group_id, row.id);
  if (!fields.good()) {
    return tl::unexpected(fields.complaint());
  }
  const auto known = store_.group_by_id(row.id);
  const auto removed = upkeep_.sets().read(SetKind::groups_removed);
  const auto count = store_.groups_count();
  if (!known || !removed || !count) {
    return refuse(!known ? known.error() : !removed ? removed.error() : count.error());
  }
  const auto& before = *known;
  if (before && !(*removed)->contains(before->number)) {
    return refused_edit("group '" + row.id + "' is there already", "a group_id that no group has",
                        "set changes it");
  }
  row.number = before ? before->number : *count;
  return edit_group(std::move(row), edits);
}

Result<void, Complaint> Editor::set_group(const std::string& group, const FieldEdits& edits) {
  auto row = find_group(store_, group);
  if (!row) {
    return tl::unexpected(row.error());
  }
  return edit_group(std::move(*row), edits);
}

Result<void, Complaint> Editor::edit_group(store::GroupRow row, const FieldEdits& edits) {
  const auto line = row_of(edits);
  const std::string no_file;
  Fields fields(line, no_file);
  take_group(fields, row, store::Switch::off);
  if (!fields.good()) {
    return tl::unexpected(fields.complaint());
  }
  if (const auto put = store_.put_group(row); !put) {
    return refuse(put.error());
  }
  const bool off = row.managed_distribution == store::Switch::off;
  upkeep_.enabled_changed();
  if (const auto put = upkeep_.sets().put(SetKind::groups_off, row.number, off); !put) {
    return refuse(put.error());
  }
  return said(upkeep_.sets().put(SetKind::groups_removed, row.number, false));
}

Result<void, Complaint> Editor::remove_group(const std::string& group) {
  const auto row = find_group(store_, group);
  if (!row) {
    return tl::unexpected(row.error());
  }
  return said(take_out(*row));
}

Result<void> Editor::take_out(const store::GroupRow& group) {
  if (auto left = leave_parents(group.number); !left) {
    return left;
  }
  store::GroupSets nobody;
  if (auto put = store_.put_group_sets(group.number, nobody); !put) {
    return put;
  }
  upkeep_.enabled_changed();
  if (auto put = upkeep_.sets().put(SetKind::groups_off, group.number, false); !put) {
    return put;
  }
  return upkeep_.sets().put(SetKind::groups_removed, group.number, true);
}

Result<void> Editor::leave_parents(GroupNumber group) {
  const auto count = store_.groups_count();
  if (!count) {
    return tl::unexpected(count.error());
  }
  for (GroupNumber parent = 0; parent < *count; ++parent) {
    const auto children = store_.group_children(parent);
    if (!children) {
      return tl::unexpected(children.error());
    }
    if (!children->contains(group)) {
      continue;
    }
    auto sets = store_.group_sets(parent);
    if (!sets) {
      return tl::unexpected(sets.error());
    }
    sets->children.remove(group);
    if (auto put = store_.put_group_sets(parent, *sets); !put) {
      return put;
    }
  }
  return {};
}

Result<void, Complaint> Editor::add_member(const std::string& group, const std::string& user) {
  const auto of_group = find_group(store_, group);
  const auto member = of_group ? find_user(store_, user) : tl::unexpected(of_group.error());
  if (!member) {
    return tl::unexpected(member.error());
  }
  auto sets = store_.group_sets(of_group->number);
  if (!sets) {
    return refuse(sets.error());
  }
  NumberSet him;
  him.add(member->number);
  if (const auto joined = upkeep_.members(*sets, him, {}); !joined) {
    return refuse(joined.error());
  }
  return said(store_.put_group_sets(of_group->number, *sets));
}

Result<void, Complaint> Editor::remove_member(const std::string& group, const std::string& user) {
  const auto of_group = find_group(store_, group);
  const auto member = of_group ? find_user(store_, user) : tl::unexpected(of_group.error());
  if (!member) {
    return tl::unexpected(member.error());
  }
  auto sets = store_.group_sets(of_group->number);
  if (!sets) {
    return refuse(sets.error());
  }
  if (!sets->members.contains(member->number)) {
    return refused_edit(
        "user '" + member->id + "' is no direct member of group '" + of_group->id + "'",
        "a direct member", "");
  }
  NumberSet him;
  him.add(member->number);
  if (const auto left = upkeep_.members(*sets, {}, him); !left) {
    return refuse(left.error());
  }
  return said(store_.put_group_sets(of_group->number, *sets));
}

Result<void, Complaint> Editor::add_child(const std::string& group, const std::string& child) {
  const auto parent = find_group(store_, group);
  const auto inside = parent ? find_group(store_, child) : tl::unexpected(parent.error());
  if (!inside) {
    return tl::unexpected(inside.error());
  }
  const auto back = way_down(inside->number, parent->number);
  auto sets = store_.group_sets(parent->number);
  if (!back || !sets) {
    return refuse(back ? sets.error() : back.error());
  }
  if (!back->empty()) {
    return cycle(parent->number, *back);
  }
  sets->children.add(inside->number);
  upkeep_.enabled_changed();
  return said(store_.put_group_sets(parent->number, *sets));
}

Result<void, Complaint> Editor::remove_child(const std::string& group, const std::string& child) {
  const auto parent = find_group(store_, group);
  const auto inside = parent ? find_group(store_, child) : tl::unexpected(parent.error());
  if (!inside) {
    return tl::unexpected(inside.error());
  }
  auto sets = store_.group_sets(parent->number);
  if (!sets) {
    return refuse(sets.error());
  }
  if (!sets->children.contains(inside->number)) {
    return refused_edit("group '" + inside->id + "' is not directly in group '" + parent->id + "'",
                        "a group directly in it", "");
  }
  sets->children.remove(inside->number);
  upkeep_.enabled_changed();
  return said(store_.put_group_sets(parent->number, *sets));
}

// Breadth first over the groups below `from`; each is read once.
Result<std::vector<GroupNumber>> Editor::way_down(GroupNumber from, GroupNumber to) {
  std::map<GroupNumber, GroupNumber> above{{from, from}};
  std::vector<GroupNumber> waiting{from};
  for (std::size_t i = 0; i < waiting.size() && !above.contains(to); ++i) {
    const auto group = waiting[i];
    const auto children = store_.group_children(group);
    if (!children) {
      return tl::unexpected(children.error());
    }
    children->for_each([&](GroupNumber child) {
      if (above.emplace(child, group).second) {
        waiting.push_back(child);
      }
    });
  }
  std::vector<GroupNumber> way;
  if (!above.contains(to)) {
    return way;
  }
  for (auto group = to; group != from; group = above[group]) {
    way.push_back(group);
  }
  way.push_back(from);
  std::ranges::reverse(way);
  return way;
}

tl::unexpected<Complaint> Editor::cycle(GroupNumber group, const std::vector<GroupNumber>& way) {
  std::vector<GroupNumber> whole{group};
  whole.insert(whole.end(), way.begin(), way.end());
  const auto id_of = [&](GroupNumber number) {
    const auto row = store_.group(number);
    return row && *row ? (*row)->id : std::string("?");
  };
  return refused_edit("group '" + id_of(group) + "' contains itself: " + words_of_way(whole, id_of),
                      "groups that do not contain themselves", "remove one of these memberships");
}

}  // namespace muster::roster
