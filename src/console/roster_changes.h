// What the routes of users, groups and devices have in common: lists, and edits that are recorded.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "console/body.h"
#include "console/office.h"
#include "console/problem.h"
#include "console/question.h"
#include "console/routes.h"
#include "console/shapes.h"
#include "json/members.h"

namespace muster::console {

// {"rows":[…],"next":n,"more":b}
template <class Item>
Answered page_reply(const RosterPage<Item>& page) {
  json::Writer writer;
  writer.begin_object().key("rows").begin_array();
  for (const auto& row : page.rows) {
    writer.begin_object();
    add_members(writer, row, "id");
    writer.end();
  }
  writer.end();
  json::Members{writer}.member("next", page.next).member("more", page.more);
  return json_reply(writer.end().result());
}

// The page that `list(search, after, limit)` gives.
template <class List>
Answered roster_list(const Call& call, List list) {
  Question question(call.request.query);
  const auto wanted = part_of(question);
  const auto search = question.text("query");
  if (auto whole = question.whole(); !whole) {
    return tl::unexpected(whole.error());
  }
  const auto page = list(search, wanted.after, wanted.limit);
  return page ? page_reply(*page) : refused(page.failure());
}

// A change of the roster: done, recorded, and told to whoever listens.
struct RosterDeed {
  std::string action;  // "user.add"
  std::string target;
  std::string detail;
};
[[nodiscard]] Result<void, Refusal> change_roster(Office& office, const Call& call,
                                                  const RosterDeed& deed,
                                                  const std::function<Checked<Done>()>& change);
// The same, answered 204.
[[nodiscard]] Answered changed_roster(Office& office, const Call& call, const RosterDeed& deed,
                                      const std::function<Checked<Done>()>& change);
// The request must have no body, or an empty object.
[[nodiscard]] Result<void, Refusal> no_body(const Call& call);

// The one field that whoever may send may change: the switch. Everything else is an
// administrator's.
inline constexpr std::string_view field_of_senders = "managed_distribution";

// What is edited field by field: users, groups or devices.
template <class Edit>
struct RosterKind {
  using Change = Checked<Done> (Dispatcher::*)(const std::string& id, const Edit& edit);
  const char* name;  // "user": its deeds are user.add and user.set
  Edit (*edit_in)(Body& body);
  Change add;
  Change set;
  Answered (*shown)(Office& office, const std::string& id, std::uint16_t status);
};

// Makes the one that the body names, answered 201 with what is there now.
template <class Edit>
Answered add_to_roster(Office& office, const Call& call, const RosterKind<Edit>& kind) {
  auto body = Body::read(call.request);
  if (!body) {
    return tl::unexpected(body.error());
  }
  const auto id = body->needed("id");
  const auto edit = kind.edit_in(*body);
  if (auto whole = body->whole(); !whole) {
    return tl::unexpected(whole.error());
  }
  const RosterDeed deed{std::string(kind.name) + ".add", id, detail_of("fields", body->fields())};
  const auto done =
      change_roster(office, call, deed, [&] { return (office.dispatcher.*kind.add)(id, edit); });
  return done ? kind.shown(office, id, 201) : tl::unexpected(done.error());
}

// Changes the fields of the one that the path names, answered with what is there now.
template <class Edit>
Answered set_in_roster(Office& office, const Call& call, const RosterKind<Edit>& kind) {
  auto body = Body::read(call.request);
  if (!body) {
    return tl::unexpected(body.error());
  }
  const auto edit = kind.edit_in(*body);
  if (auto whole = body->whole(); !whole) {
    return tl::unexpected(whole.error());
  }
  if (body->fields() != field_of_senders) {
    if (auto may = require(call.who(), Scope::admin); !may) {
      return tl::unexpected(may.error());
    }
  }
  const auto& id = call.parameter();
  const RosterDeed deed{std::string(kind.name) + ".set", id, detail_of("fields", body->fields())};
  const auto done =
      change_roster(office, call, deed, [&] { return (office.dispatcher.*kind.set)(id, edit); });
  return done ? kind.shown(office, id, 200) : tl::unexpected(done.error());
}

}  // namespace muster::console
