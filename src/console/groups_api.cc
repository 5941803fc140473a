// Groups, their members and the groups inside them: listed, shown, edited.
#include "console/roster_changes.h"

namespace muster::console {
namespace {

Answered groups(Office& office, const Call& call) {
  return roster_list(call,
                     [&](const std::string& search, std::uint32_t after, std::uint32_t limit) {
                       return office.dispatcher.groups(search, after, limit);
                     });
}

Answered shown(Office& office, const std::string& id, std::uint16_t status = 200) {
  const auto group = office.dispatcher.group(id);
  if (!group) {
    return refused(group.failure());
  }
  json::Writer writer;
  writer.begin_object();
  add_members(writer, *group, "id");
  add_details(writer, *group);
  return json_reply(writer.end().result(), status);
}

Answered group(Office& office, const Call& call) {
  return shown(office, call.parameter());
}

// The users of the group, and of the groups inside it.
Answered members(Office& office, const Call& call) {
  Question question(call.request.query);
  const auto wanted = part_of(question);
  const MemberQuery query{question.text("query"),
                          question.one_of("state", {"not-invited", "invited", "enrolled"}),
                          wanted.after, wanted.limit};
  if (auto whole = question.whole(); !whole) {
    return tl::unexpected(whole.error());
  }
  const auto page = office.dispatcher.members(call.parameter(), query);
  return page ? page_reply(*page) : refused(page.failure());
}

GroupEdit edit_in(Body& body) {
  GroupEdit edit;
  edit.name = body.text("name");
  edit.managed_distribution = body.text("managed_distribution");
  return edit;
}

constexpr RosterKind<GroupEdit> kind = {"group", edit_in, &Dispatcher::add_group,
                                        &Dispatcher::set_group, shown};

Answered add_group(Office& office, const Call& call) {
  return add_to_roster(office, call, kind);
}

Answered set_group(Office& office, const Call& call) {
  return set_in_roster(office, call, kind);
}

Answered remove_group(Office& office, const Call& call) {
  return changed_roster(office, call, {"group.remove", call.parameter(), {}},
                        [&] { return office.dispatcher.remove_group(call.parameter()); });
}

// The four that put a user or a group in or take it out.
using Move = Checked<Done> (Dispatcher::*)(const std::string&, const std::string&);
Answered moved(Office& office, const Call& call, const char* action, Move move) {
  const auto& [id, other] = std::pair(call.parameter(0), call.parameter(1));
  return changed_roster(office, call, {action, id, detail_of("member", other)},
                        [&] { return (office.dispatcher.*move)(id, other); });
}

Answered add_member(Office& office, const Call& call) {
  return moved(office, call, "group.add_member", &Dispatcher::add_member);
}
Answered remove_member(Office& office, const Call& call) {
  return moved(office, call, "group.remove_member", &Dispatcher::remove_member);
}
Answered add_inside(Office& office, const Call& call) {
  return moved(office, call, "group.add_group", &Dispatcher::add_group_inside);
}
Answered remove_inside(Office& office, const Call& call) {
  return moved(office, call, "group.remove_group", &Dispatcher::remove_group_inside);
}

}  // namespace

void add_groups(std::vector<Route>& routes) {
  routes.insert(
      routes.end(),
      {{"GET", "/api/v1/groups", Scope::read, Pace::quick, groups},
       {"POST", "/api/v1/groups", Scope::admin, Pace::quick, add_group},
       {"GET", "/api/v1/groups/{id}", Scope::read, Pace::quick, group},
       {"PATCH", "/api/v1/groups/{id}", Scope::send, Pace::quick, set_group},
       {"DELETE", "/api/v1/groups/{id}", Scope::admin, Pace::quick, remove_group},
       {"GET", "/api/v1/groups/{id}/members", Scope::read, Pace::quick, members},
       {"PUT", "/api/v1/groups/{id}/members/{user}", Scope::admin, Pace::quick, add_member},
       {"DELETE", "/api/v1/groups/{id}/members/{user}", Scope::admin, Pace::quick, remove_member},
       {"PUT", "/api/v1/groups/{id}/groups/{child}", Scope::admin, Pace::quick, add_inside},
       {"DELETE", "/api/v1/groups/{id}/groups/{child}", Scope::admin, Pace::quick, remove_inside}});
}

}  // namespace muster::console
