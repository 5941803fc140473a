// Devices: listed, shown, edited, assigned.
#include "console/roster_changes.h"

namespace muster::console {
namespace {

Answered devices(Office& office, const Call& call) {
  return roster_list(call,
                     [&](const std::string& search, std::uint32_t after, std::uint32_t limit) {
                       return office.dispatcher.devices(search, after, limit);
                     });
}

Answered shown(Office& office, const std::string& id, std::uint16_t status = 200) {
  const auto device = office.dispatcher.device(id);
  if (!device) {
    return refused(device.failure());
  }
  json::Writer writer;
  writer.begin_object();
  add_members(writer, *device, "id");
  return json_reply(writer.end().result(), status);
}

Answered device(Office& office, const Call& call) {
  return shown(office, call.parameter());
}

DeviceEdit edit_in(Body& body) {
  DeviceEdit edit;
  edit.name = body.text("name");
  edit.platform = body.text("platform");
  edit.serial = body.text("serial");
  edit.enrollment = body.text("enrollment");
  edit.udid = body.text("udid");
  return edit;
}

constexpr RosterKind<DeviceEdit> kind = {"device", edit_in, &Dispatcher::add_device,
                                         &Dispatcher::set_device, shown};

Answered add_device(Office& office, const Call& call) {
  return add_to_roster(office, call, kind);
}

Answered set_device(Office& office, const Call& call) {
  return set_in_roster(office, call, kind);
}

Answered remove_device(Office& office, const Call& call) {
  return changed_roster(office, call, {"device.remove", call.parameter(), {}},
                        [&] { return office.dispatcher.remove_device(call.parameter()); });
}

Answered assign_device(Office& office, const Call& call) {
  auto body = Body::read(call.request);
  if (!body) {
    return tl::unexpected(body.error());
  }
  const auto user = body->text("user");
  if (!user) {
    body->complain("'user' is missing; an empty one assigns the device to nobody");
  }
  if (auto whole = body->whole(); !whole) {
    return tl::unexpected(whole.error());
  }
  const auto to = user.value_or("");
  const auto done =
      change_roster(office, call, {"device.assign", call.parameter(), detail_of("user", to)},
                    [&] { return office.dispatcher.assign_device(call.parameter(), to); });
  return done ? Answered(nothing()) : tl::unexpected(done.error());
}

}  // namespace

void add_devices(std::vector<Route>& routes) {
  routes.insert(routes.end(),
                {{"GET", "/api/v1/devices", Scope::read, Pace::quick, devices},
                 {"POST", "/api/v1/devices", Scope::admin, Pace::quick, add_device},
                 {"GET", "/api/v1/devices/{id}", Scope::read, Pace::quick, device},
                 {"PATCH", "/api/v1/devices/{id}", Scope::admin, Pace::quick, set_device},
                 {"DELETE", "/api/v1/devices/{id}", Scope::admin, Pace::quick, remove_device},
                 {"PUT", "/api/v1/devices/{id}/user", Scope::admin, Pace::quick, assign_device}});
}

}  // namespace muster::console
