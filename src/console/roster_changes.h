// What the routes of users, groups and devices have in common: lists, and edits that are recorded.
#pragma once

#include <functional>
#include <string>
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

}  // namespace muster::console
