// Users: listed, shown, edited.
#include "console/roster_changes.h"

namespace muster::console {
namespace {

Answered users(Office& office, const Call& call) {
  return roster_list(call,
                     [&](const std::string& search, std::uint32_t after, std::uint32_t limit) {
                       return office.dispatcher.users(search, after, limit);
                     });
}

Answered shown(Office& office, const std::string& id, std::uint16_t status = 200) {
  const auto user = office.dispatcher.user(id);
  if (!user) {
    return refused(user.failure());
  }
  json::Writer writer;
  writer.begin_object();
  add_members(writer, *user, "id");
  add_details(writer, *user, "id");
  return json_reply(writer.end().result(), status);
}

Answered user(Office& office, const Call& call) {
  return shown(office, call.parameter());
}

UserEdit edit_in(Body& body) {
  UserEdit edit;
  edit.full_name = body.text("full_name");
  edit.email = body.text("email");
  edit.language = body.text("language");
  edit.managed_apple_account = body.text("managed_apple_account");
  edit.location = body.text("location");
  edit.managed_distribution = body.text("managed_distribution");
  return edit;
}

constexpr RosterKind<UserEdit> kind = {"user", edit_in, &Dispatcher::add_user,
                                       &Dispatcher::set_user, shown};

Answered add_user(Office& office, const Call& call) {
  return add_to_roster(office, call, kind);
}

Answered set_user(Office& office, const Call& call) {
  return set_in_roster(office, call, kind);
}

Answered remove_user(Office& office, const Call& call) {
  return changed_roster(office, call, {"user.remove", call.parameter(), {}},
                        [&] { return office.dispatcher.remove_user(call.parameter()); });
}

Answered erase_user(Office& office, const Call& call) {
  return changed_roster(office, call, {"user.erase", call.parameter(), {}},
                        [&] { return office.dispatcher.erase_user(call.parameter()); });
}

}  // namespace

void add_users(std::vector<Route>& routes) {
  routes.insert(routes.end(),
                {{"GET", "/api/v1/users", Scope::read, Pace::quick, users},
                 {"POST", "/api/v1/users", Scope::admin, Pace::quick, add_user},
                 {"GET", "/api/v1/users/{id}", Scope::read, Pace::quick, user},
                 {"PATCH", "/api/v1/users/{id}", Scope::send, Pace::quick, set_user},
                 {"DELETE", "/api/v1/users/{id}", Scope::admin, Pace::quick, remove_user},
                 {"POST", "/api/v1/users/{id}/erase", Scope::admin, Pace::quick, erase_user}});
}

}  // namespace muster::console
