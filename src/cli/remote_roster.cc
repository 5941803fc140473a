// The roster of a running server: looked at, and edited.
#include "cli/read_shapes.h"
#include "cli/remote_dispatcher.h"
#include "http/percent.h"
#include "json/members.h"
#include "json/writer.h"

namespace muster::cli {
namespace {

std::string place(const std::string& kind, const std::string& id) {
  return "/api/v1/" + kind + "/" + http::percent_encoded(id);
}

std::string list(const std::string& kind, const std::string& search, std::uint32_t from,
                 std::uint32_t limit) {
  return "/api/v1/" + kind + "?query=" + http::percent_encoded(search) +
         "&after=" + std::to_string(from) + "&limit=" + std::to_string(limit);
}

template <class Item>
Checked<RosterPage<Item>> page_of(const Checked<json::Tree>& tree) {
  if (!tree) {
    return tree.failure();
  }
  RosterPage<Item> page;
  page.rows = read_all<Item>(tree->root().at("rows"));
  page.next = static_cast<std::uint32_t>(tree->root().at("next").integer().value_or(0));
  page.more = tree->root().at("more").boolean().value_or(false);
  return page;
}

template <class Item>
Checked<Item> one_of(const Checked<json::Tree>& tree) {
  if (!tree) {
    return tree.failure();
  }
  Item item;
  read(tree->root(), item);
  return item;
}

void add(json::Writer& writer, const char* name, const std::optional<std::string>& text) {
  if (text) {
    writer.key(name).text(*text);
  }
}

// One body of an edit; an empty id is left out.
class Body {
 public:
  explicit Body(const std::string& id) {
    writer_.begin_object();
    if (!id.empty()) {
      writer_.key("id").text(id);
    }
  }
  const std::string& of(const UserEdit& edit) {
    add(writer_, "full_name", edit.full_name);
    add(writer_, "email", edit.email);
    add(writer_, "language", edit.language);
    add(writer_, "managed_apple_account", edit.managed_apple_account);
    add(writer_, "location", edit.location);
    add(writer_, "managed_distribution", edit.managed_distribution);
    return writer_.end().result();
  }
  const std::string& of(const GroupEdit& edit) {
    add(writer_, "name", edit.name);
    add(writer_, "managed_distribution", edit.managed_distribution);
    return writer_.end().result();
  }
  const std::string& of(const DeviceEdit& edit) {
    add(writer_, "name", edit.name);
    add(writer_, "platform", edit.platform);
    add(writer_, "serial", edit.serial);
    add(writer_, "enrollment", edit.enrollment);
    add(writer_, "udid", edit.udid);
    return writer_.end().result();
  }

 private:
  json::Writer writer_;
};

}  // namespace

Checked<RosterPage<User>> RemoteDispatcher::users(const std::string& search, std::uint32_t from,
                                                  std::uint32_t limit) {
  return page_of<User>(link_->get(list("users", search, from, limit)));
}
Checked<RosterPage<User>> RemoteDispatcher::members(const std::string& group,
                                                    const MemberQuery& query) {
  auto path = list("groups/" + http::percent_encoded(group) + "/members", query.search, query.from,
                   query.limit);
  path += query.state.empty() ? "" : "&state=" + query.state;
  return page_of<User>(link_->get(path));
}
Checked<RosterPage<Group>> RemoteDispatcher::groups(const std::string& search, std::uint32_t from,
                                                    std::uint32_t limit) {
  return page_of<Group>(link_->get(list("groups", search, from, limit)));
}
Checked<RosterPage<Device>> RemoteDispatcher::devices(const std::string& search, std::uint32_t from,
                                                      std::uint32_t limit) {
  return page_of<Device>(link_->get(list("devices", search, from, limit)));
}
Checked<User> RemoteDispatcher::user(const std::string& id) {
  return one_of<User>(link_->get(place("users", id)));
}
Checked<Group> RemoteDispatcher::group(const std::string& group) {
  return one_of<Group>(link_->get(place("groups", group)));
}
Checked<Device> RemoteDispatcher::device(const std::string& id) {
  return one_of<Device>(link_->get(place("devices", id)));
}

Checked<std::uint64_t> RemoteDispatcher::roster_state() {
  return Failure{FailureKind::refused, "a server tells that at /api/v1/events; listen there"};
}

Checked<Done> RemoteDispatcher::add_user(const std::string& id, const UserEdit& edit) {
  return done("POST", "/api/v1/users", Body(id).of(edit));
}
Checked<Done> RemoteDispatcher::set_user(const std::string& id, const UserEdit& edit) {
  return done("PATCH", place("users", id), Body("").of(edit));
}
Checked<Done> RemoteDispatcher::remove_user(const std::string& id) {
  return done("DELETE", place("users", id));
}
Checked<Done> RemoteDispatcher::erase_user(const std::string& id) {
  return done("POST", place("users", id) + "/erase");
}
Checked<Done> RemoteDispatcher::add_group(const std::string& id, const GroupEdit& edit) {
  return done("POST", "/api/v1/groups", Body(id).of(edit));
}
Checked<Done> RemoteDispatcher::set_group(const std::string& group, const GroupEdit& edit) {
  return done("PATCH", place("groups", group), Body("").of(edit));
}
Checked<Done> RemoteDispatcher::remove_group(const std::string& group) {
  return done("DELETE", place("groups", group));
}
Checked<Done> RemoteDispatcher::add_member(const std::string& group, const std::string& user) {
  return done("PUT", place("groups", group) + "/members/" + http::percent_encoded(user));
}
Checked<Done> RemoteDispatcher::remove_member(const std::string& group, const std::string& user) {
  return done("DELETE", place("groups", group) + "/members/" + http::percent_encoded(user));
}
Checked<Done> RemoteDispatcher::add_group_inside(const std::string& group,
                                                 const std::string& child) {
  return done("PUT", place("groups", group) + "/groups/" + http::percent_encoded(child));
}
Checked<Done> RemoteDispatcher::remove_group_inside(const std::string& group,
                                                    const std::string& child) {
  return done("DELETE", place("groups", group) + "/groups/" + http::percent_encoded(child));
}
Checked<Done> RemoteDispatcher::add_device(const std::string& id, const DeviceEdit& edit) {
  return done("POST", "/api/v1/devices", Body(id).of(edit));
}
Checked<Done> RemoteDispatcher::set_device(const std::string& id, const DeviceEdit& edit) {
  return done("PATCH", place("devices", id), Body("").of(edit));
}
Checked<Done> RemoteDispatcher::assign_device(const std::string& id, const std::string& user) {
  json::Writer writer;
  writer.begin_object().key("user").text(user).end();
  return done("PUT", place("devices", id) + "/user", writer.result());
}
Checked<Done> RemoteDispatcher::remove_device(const std::string& id) {
  return done("DELETE", place("devices", id));
}

}  // namespace muster::cli
