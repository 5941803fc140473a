// The roster, shown: pages, one of a kind, and whom a send would not reach.
#include <algorithm>

#include "model/limits.h"
#include "roster/listing.h"
#include "roster/platform.h"
#include "roster/push_target.h"
#include "service/local_dispatcher.h"
#include "service/wording.h"

namespace muster {
namespace {

std::string word_of(store::Switch managed_distribution) {
  return managed_distribution == store::Switch::on    ? "on"
         : managed_distribution == store::Switch::off ? "off"
                                                      : "";
}

// The name of a number from 1; 0: not said.
std::string name_in(std::span<const std::string_view> names, std::uint8_t number) {
  return number == 0 || number > names.size() ? "" : std::string(names[number - 1]);
}

User user_of(const roster::ListedUser& listed) {
  const auto& row = listed.row;
  User user;
  user.id = row.id;
  user.full_name = row.full_name;
  user.email = row.email;
  user.managed_apple_account = row.managed_apple_account;
  user.location = row.location;
  user.managed_distribution = word_of(row.managed_distribution);
  user.enabled = listed.enabled;
  user.invited = listed.invited;
  user.enrolled = listed.enrolled;
  return user;
}

Group group_of(const roster::ListedGroup& listed) {
  Group group;
  group.id = listed.row.id;
  group.name = listed.row.name;
  group.managed_distribution = word_of(listed.row.managed_distribution);
  group.members_direct = listed.members_direct;
  return group;
}

Device device_of(const roster::ListedDevice& listed) {
  const auto& row = listed.row;
  Device device;
  device.id = row.id;
  device.name = row.name;
  device.user_id = listed.user_id;
  device.user_full_name = listed.user_full_name;
  device.platform = name_in(roster::platform_names(), row.platform);
  device.enrollment = name_in(roster::enrollment_names(), row.enrollment);
  device.serial = row.serial;
  device.udid = row.udid;
  device.imei = row.imei;
  device.meid = row.meid;
  device.why_not = service::words_of(listed.hindrance);
  if (device.why_not.empty() && row.user == store::no_user) {
    device.why_not = "assigned to nobody";
  }
  device.pushable = device.why_not.empty();
  return device;
}

std::vector<std::string> ids_of(const std::vector<store::GroupRow>& rows) {
  std::vector<std::string> ids;
  std::ranges::transform(rows, std::back_inserter(ids), &store::GroupRow::id);
  return ids;
}

std::string why_enabled(const roster::UserDetails& details) {
  switch (details.user.row.managed_distribution) {
    case store::Switch::on:
      return "Managed Distribution is on for the user";
    case store::Switch::off:
      return "Managed Distribution is off for the user";
    case store::Switch::empty:
      break;
  }
  if (details.groups_off.empty()) {
    return "no group of the user is off";
  }
  constexpr std::size_t shown_max = 8;
  std::string words = details.groups_off.size() == 1 ? "Managed Distribution is off for group "
                                                     : "Managed Distribution is off for groups ";
  for (std::size_t i = 0; i < std::min(details.groups_off.size(), shown_max); ++i) {
    words += (i == 0 ? "" : ", ") + details.groups_off[i].id;
  }
  return details.groups_off.size() > shown_max ? words + ", …" : words;
}

template <class Item, class Listed, class Make>
Checked<RosterPage<Item>> page_of(const Result<roster::ListPage<Listed>>& listed, Make make) {
  if (!listed) {
    return service::failure_of(listed.error(), "the roster cannot be read");
  }
  RosterPage<Item> page;
  std::ranges::transform(listed->rows, std::back_inserter(page.rows), make);
  page.next = listed->next;
  page.more = listed->more;
  return page;
}

}  // namespace

Checked<RosterPage<User>> LocalDispatcher::users(const std::string& search, std::uint32_t from,
                                                 std::uint32_t limit) {
  const std::lock_guard lock(implementation_->looking.mutex);
  auto reader = implementation_->roster_to_look_at();
  if (!reader) {
    return reader.failure();
  }
  return page_of<User>((*reader)->list_users({search, from, limit}), user_of);
}

Checked<RosterPage<Group>> LocalDispatcher::groups(const std::string& search, std::uint32_t from,
                                                   std::uint32_t limit) {
  const std::lock_guard lock(implementation_->looking.mutex);
  auto reader = implementation_->roster_to_look_at();
  if (!reader) {
    return reader.failure();
  }
  return page_of<Group>((*reader)->list_groups({search, from, limit}), group_of);
}

Checked<RosterPage<Device>> LocalDispatcher::devices(const std::string& search, std::uint32_t from,
                                                     std::uint32_t limit) {
  const std::lock_guard lock(implementation_->looking.mutex);
  auto reader = implementation_->roster_to_look_at();
  if (!reader) {
    return reader.failure();
  }
  return page_of<Device>((*reader)->list_devices({search, from, limit}), device_of);
}

Checked<RosterPage<User>> LocalDispatcher::members(const std::string& group,
                                                   const MemberQuery& query) {
  constexpr std::string_view states[] = {"", "not-invited", "invited", "enrolled"};
  const auto* state = std::ranges::find(states, query.state);
  if (state == std::end(states)) {
    return Failure{FailureKind::usage, "there is no state '" + query.state +
                                           "' of members; use not-invited, invited or enrolled"};
  }
  const std::lock_guard lock(implementation_->looking.mutex);
  auto reader = implementation_->roster_to_look_at();
  if (!reader) {
    return reader.failure();
  }
  const auto wanted = static_cast<roster::MemberState>(state - std::begin(states));
  const auto listed =
      (*reader)->list_members(group, wanted, {query.search, query.from, query.limit});
  if (!listed) {
    return service::failure_of(listed.error(), FailureKind::refused);
  }
  return page_of<User>(Result<roster::ListPage<roster::ListedUser>>(*listed), user_of);
}

// By the reader that no long look holds up.
Checked<std::uint64_t> LocalDispatcher::roster_state() {
  const std::lock_guard lock(implementation_->mutex);
  auto reader = implementation_->roster_reader();
  if (!reader) {
    return reader.failure();
  }
  const auto state = (*reader)->state();
  return state ? Checked<std::uint64_t>(*state)
               : service::failure_of(state.error(), "the roster cannot be read");
}

Checked<User> LocalDispatcher::user(const std::string& id) {
  const std::lock_guard lock(implementation_->looking.mutex);
  auto reader = implementation_->roster_to_look_at();
  if (!reader) {
    return reader.failure();
  }
  const auto details = (*reader)->user_details(id);
  if (!details) {
    return service::failure_of(details.error(), FailureKind::refused);
  }
  auto user = user_of(details->user);
  user.language = details->language;
  user.enabled_because = why_enabled(*details);
  user.groups = ids_of(details->groups);
  std::ranges::transform(details->devices, std::back_inserter(user.devices), device_of);
  return user;
}

Checked<Group> LocalDispatcher::group(const std::string& name) {
  const std::lock_guard lock(implementation_->looking.mutex);
  auto reader = implementation_->roster_to_look_at();
  if (!reader) {
    return reader.failure();
  }
  const auto details = (*reader)->group_details(name);
  if (!details) {
    return service::failure_of(details.error(), FailureKind::refused);
  }
  auto group = group_of(details->group);
  group.members = details->members;
  group.enabled = details->enabled;
  group.invited = details->invited;
  group.enrolled = details->enrolled;
  group.devices = details->devices;
  group.devices_pushable = details->devices_pushable;
  group.parents = ids_of(details->parents);
  group.children = ids_of(details->children);
  return group;
}

Checked<Device> LocalDispatcher::device(const std::string& id) {
  const std::lock_guard lock(implementation_->looking.mutex);
  auto reader = implementation_->roster_to_look_at();
  if (!reader) {
    return reader.failure();
  }
  const auto details = (*reader)->device_details(id);
  if (!details) {
    return service::failure_of(details.error(), FailureKind::refused);
  }
  return device_of(*details);
}

Checked<UnreachedPage> LocalDispatcher::unreached(const Selector& selector, std::uint32_t from,
                                                  std::uint32_t limit) {
  const std::lock_guard lock(implementation_->looking.mutex);
  auto reader = implementation_->roster_to_look_at();
  if (!reader) {
    return reader.failure();
  }
  if (selector.user.empty() == selector.group.empty()) {
    return Failure{FailureKind::usage, "name either a user or a group: --user U or --group G"};
  }
  const auto means =
      service::means_of(selector.channels, implementation_->settings.mail.mode != "off");
  const auto wanted = service::wanted(selector.audience);
  const auto selection =
      selector.user.empty()
          ? (*reader)->select_group(selector.group, wanted, means, implementation_->managed())
          : (*reader)->select_user(selector.user, selector.device, wanted, means,
                                   implementation_->managed());
  if (!selection) {
    return service::failure_of(selection.error(), FailureKind::refused);
  }
  limit = std::clamp<std::uint32_t>(limit, 1, limits::page_size);
  const auto rows = (*reader)->unreached(
      *selection, from == 0 ? std::nullopt : std::optional<UserNumber>(from - 1), limit);
  if (!rows) {
    return service::failure_of(rows.error(), "the roster cannot be read");
  }
  UnreachedPage page;
  page.next = from;
  for (const auto& row : *rows) {
    page.rows.push_back({row.user.user_id, row.user.user_full_name, service::words_of(row.reason)});
    page.next = row.user.user + 1;
  }
  return page;
}

}  // namespace muster
