// muster user, group, device: the roster looked at, and edited by hand.
#include <unistd.h>

#include "base/assert.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/render_roster.h"
#include "cli/signals.h"
#include "cli/text.h"
#include "json/writer.h"

namespace muster::cli {
namespace {

using Kind = RosterArguments::Kind;
using Action = RosterArguments::Action;

// Pages of a search may be empty and go on.
template <class Item, class Ask>
int show_list(Ask ask, const RosterArguments& to, Screen& screen) {
  RosterPage<Item> all;
  all.next = to.from;
  do {
    auto page = ask(all.next, to.limit - static_cast<std::uint32_t>(all.rows.size()));
    if (!page) {
      return fail(screen, page.failure());
    }
    all.rows.insert(all.rows.end(), page->rows.begin(), page->rows.end());
    all.next = page->next;
    all.more = page->more;
  } while (all.more && all.rows.size() < to.limit);
  screen.answer().write(screen.json() ? list_json(all) + "\n" : list_text(all));
  return 0;
}

int list(Dispatcher& dispatcher, const RosterArguments& to, Screen& screen) {
  switch (to.kind) {
    case Kind::user:
      return show_list<User>(
          [&](auto from, auto limit) { return dispatcher.users(to.search, from, limit); }, to,
          screen);
    case Kind::group:
      return show_list<Group>(
          [&](auto from, auto limit) { return dispatcher.groups(to.search, from, limit); }, to,
          screen);
    case Kind::device:
      return show_list<Device>(
          [&](auto from, auto limit) { return dispatcher.devices(to.search, from, limit); }, to,
          screen);
  }
  MUSTER_ASSERT(false);
}

template <class Item>
int say(const Checked<Item>& item, Screen& screen) {
  if (!item) {
    return fail(screen, item.failure());
  }
  screen.answer().write(screen.json() ? one_json(*item) + "\n" : one_text(*item));
  return 0;
}

int show(Dispatcher& dispatcher, Kind kind, const std::string& id, Screen& screen) {
  switch (kind) {
    case Kind::user:
      return say(dispatcher.user(id), screen);
    case Kind::group:
      return say(dispatcher.group(id), screen);
    case Kind::device:
      return say(dispatcher.device(id), screen);
  }
  MUSTER_ASSERT(false);
}

Checked<Done> edit_user(Dispatcher& dispatcher, const RosterArguments& to) {
  UserEdit edit = to.user_edit;
  switch (to.action) {
    case Action::add:
      return dispatcher.add_user(to.id, edit);
    case Action::remove:
      return dispatcher.remove_user(to.id);
    case Action::erase:
      return dispatcher.erase_user(to.id);
    case Action::enable:
      edit.managed_distribution = "on";
      break;
    case Action::disable:
      edit.managed_distribution = "off";
      break;
    case Action::inherit:
      edit.managed_distribution = "";
      break;
    default:
      break;
  }
  return dispatcher.set_user(to.id, edit);
}

Checked<Done> edit_group(Dispatcher& dispatcher, const RosterArguments& to) {
  GroupEdit edit = to.group_edit;
  switch (to.action) {
    case Action::add:
      return dispatcher.add_group(to.id, edit);
    case Action::remove:
      return dispatcher.remove_group(to.id);
    case Action::assign:
      return to.user.empty() ? dispatcher.add_group_inside(to.id, to.group)
                             : dispatcher.add_member(to.id, to.user);
    case Action::unassign:
      return to.user.empty() ? dispatcher.remove_group_inside(to.id, to.group)
                             : dispatcher.remove_member(to.id, to.user);
    case Action::enable:
      edit.managed_distribution = "on";
      break;
    case Action::disable:
      edit.managed_distribution = "off";
      break;
    default:
      break;
  }
  return dispatcher.set_group(to.id, edit);
}

Checked<Done> edit_device(Dispatcher& dispatcher, const RosterArguments& to) {
  switch (to.action) {
    case Action::add:
      return dispatcher.add_device(to.id, to.device_edit);
    case Action::remove:
      return dispatcher.remove_device(to.id);
    case Action::assign:
      return dispatcher.assign_device(to.id, to.user);
    case Action::unassign:
      return dispatcher.assign_device(to.id, "");
    default:
      return dispatcher.set_device(to.id, to.device_edit);
  }
}

Checked<Done> edit(Dispatcher& dispatcher, const RosterArguments& to) {
  return to.kind == Kind::user    ? edit_user(dispatcher, to)
         : to.kind == Kind::group ? edit_group(dispatcher, to)
                                  : edit_device(dispatcher, to);
}

const char* noun_of(Kind kind) {
  return kind == Kind::user ? "user" : kind == Kind::group ? "group" : "device";
}

// Nothing: go on. Otherwise why not.
Checked<Done> confirm(const RosterArguments& to, Screen& screen) {
  constexpr int standard_input = 0;
  if (isatty(standard_input) != 1) {
    return Failure{FailureKind::refused,
                   "nobody to ask: standard input is no terminal; nothing was changed; give --yes "
                   "to do it without asking"};
  }
  Signals signals;
  screen.person().write((to.action == Action::erase ? "Erase " : "Remove ") +
                        std::string(noun_of(to.kind)) + " " + shown(to.id) + "? [y/N] ");
  if (read_answer(standard_input, signals) == Answer::yes) {
    return Done{};
  }
  return Failure{FailureKind::refused, "not confirmed; nothing was changed"};
}

// By which id a device that was added is known.
std::string id_of(const RosterArguments& to) {
  const auto& edit = to.device_edit;
  return !to.id.empty()                     ? to.id
         : edit.udid && !edit.udid->empty() ? *edit.udid
                                            : edit.serial.value_or("");
}

}  // namespace

int command_roster(const Arguments& arguments, Screen& screen) {
  const auto& to = arguments.roster;
  const bool look = to.action == Action::list || to.action == Action::show;
  auto dispatcher = open_dispatcher(arguments.common, look ? Access::read : Access::send);
  if (!dispatcher) {
    return fail(screen, dispatcher.failure());
  }
  if (to.action == Action::list) {
    return list(**dispatcher, to, screen);
  }
  if (look) {
    return show(**dispatcher, to.kind, to.id, screen);
  }
  const bool gone = to.action == Action::remove || to.action == Action::erase;
  if (gone && !arguments.yes) {
    if (const auto confirmed = confirm(to, screen); !confirmed) {
      return fail(screen, confirmed.failure());
    }
  }
  if (const auto done = edit(**dispatcher, to); !done) {
    return fail(screen, done.failure());
  }
  if (!gone) {
    return show(**dispatcher, to.kind, id_of(to), screen);
  }
  const std::string word = to.action == Action::erase ? "erased" : "removed";
  json::Writer writer;
  writer.begin_object().key(noun_of(to.kind)).text(to.id).key("state").text(word);
  screen.answer().write(screen.json() ? writer.end().result() + "\n"
                                      : std::string(noun_of(to.kind)) + " " + shown(to.id) +
                                            " is " + word + "\n");
  return 0;
}

}  // namespace muster::cli
