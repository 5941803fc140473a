// What follows from the rows: memberships, nesting, who is enabled, blocks, and which devices are
// whose.
//
// Every step is linear in what it reads. Blocks are rebuilt where rows changed; sets are computed
// from memory and written whole, which costs a few kilobytes each.
#include <algorithm>
#include <span>
#include <tuple>

#include "model/limits.h"
#include "roster/block.h"
#include "roster/device_users.h"
#include "roster/import_state.h"

namespace muster::roster {
namespace {

using store::SetKind;

class Derivation {
 public:
  Derivation(ImportState& state, const KeepOn& keep_on) : state_(state), keep_on_(keep_on) {}
  [[nodiscard]] Result<void, Complaint> run();

 private:
  [[nodiscard]] Result<void, Complaint> check_tokens_of_others();
  [[nodiscard]] Result<void, Complaint> load_groups();
  void apply_memberships();
  void let_leave();
  void warn_of_repeats();
  [[nodiscard]] Result<void, Complaint> check_cycles() const;
  [[nodiscard]] Result<void, Complaint> touch_blocks_of_languages();
  [[nodiscard]] Result<void, Complaint> rebuild_blocks();
  [[nodiscard]] Result<void> rebuild_block(std::uint32_t number);
  [[nodiscard]] Result<void, Complaint> keep_block(std::uint32_t number);
  void find_enabled();
  [[nodiscard]] Result<void, Complaint> write_groups();
  [[nodiscard]] NumberSet devices_of_members(const NumberSet& members) const;
  [[nodiscard]] Result<void, Complaint> write_sets();
  [[nodiscard]] Result<void> write_device_sets();
  void group_devices_by_user();
  [[nodiscard]] tl::unexpected<Complaint> refuse(const Error& error) const {
    return tl::unexpected(state_.complaint(error));
  }

  ImportState& state_;
  const KeepOn& keep_on_;
  std::vector<store::GroupSets> groups_;  // by number
  std::vector<bool> groups_changed_;
  Nesting inside_;
  DeviceUsers device_users_;
  std::vector<std::uint32_t>
      first_of_user_;  // by user: where his devices begin in devices_by_user_
  std::vector<DeviceNumber> devices_by_user_;
  NumberSet pushable_;
  std::vector<NumberSet> of_topic_;
  NumberSet enabled_;
  bool blocks_changed_ = false;
};

Result<void, Complaint> Derivation::run() {
  for (const auto step : {&Derivation::check_tokens_of_others, &Derivation::load_groups,
                          &Derivation::touch_blocks_of_languages, &Derivation::rebuild_blocks,
                          &Derivation::write_groups, &Derivation::write_sets}) {
    if (auto done = (this->*step)(); !done) {
      return done;
    }
  }
  return {};
}

// A token of this import may be held by a device that the import does not name.
Result<void, Complaint> Derivation::check_tokens_of_others() {
  if (state_.devices_before == 0 || state_.tokens.entries().empty()) {
    return {};
  }
  auto cursor = state_.store.devices(0, state_.devices_before);
  if (!cursor) {
    return refuse(cursor.error());
  }
  store::DeviceRow row;
  for (;;) {
    auto more = cursor->step();
    if (!more) {
      return refuse(more.error());
    }
    if (!*more) {
      return {};
    }
    store::RosterStore::read_device(*cursor, row);
    if (row.number < state_.devices_touched.size() && state_.devices_touched[row.number]) {
      continue;
    }
    for (const auto* token : {&row.push_token, &row.user_push_token}) {
      const auto* claim = token->empty() ? nullptr : state_.tokens.find(as_text(*token));
      if (claim != nullptr) {
        return tl::unexpected(
            Complaint{state_.files[file_of(claim->mark) - 1],
                      line_of(claim->mark),
                      0,
                      "this push token belongs to the device '" + row.id + "' of the roster",
                      "each token once",
                      "import that device's new token as well",
                      {}});
      }
    }
  }
}

Result<void, Complaint> Derivation::load_groups() {
  const auto count = state_.groups.entries().size();
  groups_changed_.resize(count);
  for (GroupNumber number = 0; number < count; ++number) {
    auto sets = state_.store.group_sets(number);
    if (!sets) {
      return refuse(sets.error());
    }
    groups_.push_back(std::move(*sets));
  }
  state_.groups_replaced.resize(count);
  apply_memberships();
  let_leave();
  inside_.resize(count);
  for (GroupNumber number = 0; number < count; ++number) {
    groups_[number].children.for_each([&](GroupNumber child) { inside_[number].push_back(child); });
  }
  return check_cycles();
}

void Derivation::apply_memberships() {
  auto& all = state_.memberships;
  std::ranges::sort(all, {}, [](const Membership& one) {
    return std::tuple(one.group, one.nested, one.member, one.mark);
  });
  warn_of_repeats();
  for (GroupNumber number = 0; number < groups_.size(); ++number) {
    if (state_.groups_replaced[number]) {
      groups_[number].members = NumberSet();
      groups_[number].children = NumberSet();
      groups_changed_[number] = true;
    }
  }
  for (std::size_t begin = 0; begin < all.size();) {
    const auto group = all[begin].group;
    OrderedSet members;
    OrderedSet children;
    std::size_t at = begin;
    for (; at < all.size() && all[at].group == group; ++at) {
      const bool repeated = at > begin && all[at].nested == all[at - 1].nested &&
                            all[at].member == all[at - 1].member;
      if (!repeated) {
        (all[at].nested ? children : members).add(all[at].member);
      }
    }
    auto& sets = groups_[group];
    sets.members |= members.take();
    sets.children |= children.take();
    groups_changed_[group] = true;
    begin = at;
  }
}

void Derivation::let_leave() {
  if (state_.users_leaving.empty() && state_.groups_leaving.empty()) {
    return;
  }
  for (GroupNumber number = 0; number < groups_.size(); ++number) {
    auto& sets = groups_[number];
    const bool leaves = state_.groups_leaving.contains(number);
    auto members = leaves ? NumberSet() : sets.members - state_.users_leaving;
    auto children = leaves ? NumberSet() : sets.children - state_.groups_leaving;
    if (!(members == sets.members) || !(children == sets.children)) {
      sets.members = std::move(members);
      sets.children = std::move(children);
      groups_changed_[number] = true;
    }
  }
}

void Derivation::warn_of_repeats() {
  const auto& all = state_.memberships;
  std::uint64_t repeats = 0;
  const Membership* first = nullptr;
  for (std::size_t at = 1; at < all.size(); ++at) {
    const auto& one = all[at];
    const auto& before = all[at - 1];
    // A flat file repeats its user's groups on the line of each device; that is no mistake.
    const bool repeated = one.group == before.group && one.nested == before.nested &&
                          one.member == before.member && state_.groups_replaced[one.group];
    if (repeated) {
      first = repeats++ == 0 ? &one : first;
    }
  }
  if (first != nullptr) {
    state_.counts.warnings.push_back(state_.files[file_of(first->mark) - 1] + ":" +
                                     std::to_string(line_of(first->mark)) +
                                     ": this membership stands twice and counts once (" +
                                     std::to_string(repeats) + " such lines)");
  }
}

Result<void, Complaint> Derivation::check_cycles() const {
  const auto cycle = find_cycle(inside_);
  if (cycle.empty()) {
    return {};
  }
  // Some membership of the cycle is of this import: before it there was none.
  const Membership* found = nullptr;
  for (const auto& one : state_.memberships) {
    for (std::size_t i = 0; i + 1 < cycle.size(); ++i) {
      const bool on_cycle = one.nested && one.group == cycle[i] && one.member == cycle[i + 1];
      found = on_cycle && (found == nullptr || one.mark > found->mark) ? &one : found;
    }
  }
  const auto id_of = [&](GroupNumber group) {
    return std::string(state_.groups.id_of(state_.groups.entries()[group]));
  };
  return tl::unexpected(Complaint{
      found == nullptr ? "" : state_.files[file_of(found->mark) - 1],
      found == nullptr ? 0 : line_of(found->mark),
      0,
      "group '" + id_of(cycle.front()) + "' contains itself: " + words_of_way(cycle, id_of),
      "groups that do not contain themselves",
      "remove one of these memberships",
      {}});
}

Result<void, Complaint> Derivation::touch_blocks_of_languages() {
  for (const auto user : state_.languages_changed) {
    const auto devices = state_.store.devices_of_user(user);
    if (!devices) {
      return refuse(devices.error());
    }
    for (const auto device : *devices) {
      const auto block = device / limits::block_size;
      state_.blocks_touched.resize(std::max<std::size_t>(state_.blocks_touched.size(), block + 1));
      state_.blocks_touched[block] = true;
    }
  }
  return {};
}

Result<void, Complaint> Derivation::rebuild_blocks() {
  const auto count = state_.devices.entries().size();
  device_users_.assign(count, store::no_user);
  if (auto finished = state_.new_blocks.finish(state_.store); !finished) {
    return refuse(finished.error());
  }
  auto pushable = state_.store.set(SetKind::devices_pushable);
  if (!pushable) {
    return refuse(pushable.error());
  }
  pushable_ = std::move(*pushable);
  for (std::uint32_t topic = 0; topic < state_.topics.size(); ++topic) {
    auto devices = state_.store.set(SetKind::devices_of_topic, topic);
    if (!devices) {
      return refuse(devices.error());
    }
    of_topic_.push_back(std::move(*devices));
  }
  state_.new_blocks.tell(device_users_, pushable_, of_topic_);
  const auto blocks = (count + limits::block_size - 1) / limits::block_size;
  state_.blocks_touched.resize(blocks);
  for (std::uint32_t number = 0; number < blocks; ++number) {
    if (!state_.blocks_touched[number] && state_.new_blocks.made(number)) {
      blocks_changed_ = true;
      continue;
    }
    if (!state_.blocks_touched[number]) {
      if (auto kept = keep_block(number); !kept) {
        return kept;
      }
      continue;
    }
    if (auto rebuilt = rebuild_block(number); !rebuilt) {
      return refuse(rebuilt.error());
    }
    blocks_changed_ = true;
    if (keep_on_ && !keep_on_()) {
      return tl::unexpected(
          Complaint{"", 0, 0, "interrupted", "", "nothing was stored; start the import again", {}});
    }
  }
  return {};
}

Result<void, Complaint> Derivation::keep_block(std::uint32_t number) {
  const auto bytes = state_.store.block(number);
  if (!bytes) {
    return refuse(bytes.error());
  }
  if (!block_is_good(*bytes, number)) {
    return refuse(Error{ErrorCode::store_corrupt, 0});
  }
  read_users_of_block(*bytes, number, device_users_);
  return {};
}

Result<void> Derivation::rebuild_block(std::uint32_t number) {
  const auto first = number * limits::block_size;
  NumberSet range;
  range.add_range(first, first + limits::block_size);
  pushable_ -= range;
  const auto users = std::span(device_users_).subspan(first);
  std::ranges::fill(users.first(std::min<std::size_t>(users.size(), limits::block_size)),
                    store::no_user);
  for (auto& devices : of_topic_) {
    devices -= range;
  }
  auto cursor = state_.store.devices(first, first + limits::block_size);
  if (!cursor) {
    return tl::unexpected(cursor.error());
  }
  BlockWriter writer(number);
  store::DeviceRow row;
  for (;;) {
    auto more = cursor->step();
    if (!more) {
      return tl::unexpected(more.error());
    }
    if (!*more) {
      break;
    }
    store::RosterStore::read_device(*cursor, row);
    if (state_.devices_removed.contains(row.number)) {
      continue;
    }
    const bool owned = row.user != store::no_user;
    const auto entry = entry_of(row, state_.topics[row.topic],
                                owned ? state_.language_of_user[row.user] : std::uint16_t{0});
    if (!entry.token.empty()) {
      pushable_.add(row.number);
      of_topic_[row.topic].add(row.number);
    }
    writer.put(entry);
    device_users_[row.number] = row.user;
  }
  return state_.store.put_block(number, writer.finish());
}

void Derivation::find_enabled() {
  std::vector<GroupNumber> off;
  state_.groups_off.for_each([&](GroupNumber group) { off.push_back(group); });
  NumberSet inherited_off;
  for (const auto group : closure_of(off, inside_)) {
    inherited_off |= groups_[group].members;
  }
  enabled_ = enabled_users({.all = state_.users_all - state_.users_inactive,
                            .on = state_.users_on,
                            .off = state_.users_off},
                           inherited_off);
}

// Counting sort: the devices of user u are devices_by_user_[first_of_user_[u]] … [u + 1].
void Derivation::group_devices_by_user() {
  const auto users = state_.language_of_user.size();
  first_of_user_.assign(users + 1, 0);
  for (const auto user : device_users_) {
    if (user != store::no_user) {
      ++first_of_user_[user + 1];
    }
  }
  for (std::size_t user = 0; user < users; ++user) {
    first_of_user_[user + 1] += first_of_user_[user];
  }
  devices_by_user_.resize(first_of_user_[users]);
  auto next = first_of_user_;
  for (DeviceNumber device = 0; device < device_users_.size(); ++device) {
    if (device_users_[device] != store::no_user) {
      devices_by_user_[next[device_users_[device]]++] = device;
    }
  }
}

NumberSet Derivation::devices_of_members(const NumberSet& members) const {
  std::vector<DeviceNumber> devices;
  members.for_each([&](UserNumber user) {
    devices.insert(devices.end(), devices_by_user_.begin() + first_of_user_[user],
                   devices_by_user_.begin() + first_of_user_[user + 1]);
  });
  std::ranges::sort(devices);
  OrderedSet set;
  std::ranges::for_each(devices, [&](DeviceNumber device) { set.add(device); });
  return set.take();
}

Result<void, Complaint> Derivation::write_groups() {
  find_enabled();
  group_devices_by_user();
  for (GroupNumber number = 0; number < groups_.size(); ++number) {
    if (!state_.assignments_changed && !groups_changed_[number]) {
      continue;
    }
    auto& sets = groups_[number];
    sets.devices = devices_of_members(sets.members);
    if (auto put = state_.store.put_group_sets(number, sets); !put) {
      return refuse(put.error());
    }
  }
  return {};
}

Result<void, Complaint> Derivation::write_sets() {
  struct Written {
    SetKind kind;
    NumberSet* set;
  };
  for (const auto& [kind, set] :
       {Written{SetKind::users, &state_.users_all}, Written{SetKind::users_on, &state_.users_on},
        Written{SetKind::users_off, &state_.users_off},
        Written{SetKind::users_with_mail, &state_.users_with_mail},
        Written{SetKind::groups_off, &state_.groups_off},
        Written{SetKind::users_removed, &state_.users_removed},
        Written{SetKind::groups_removed, &state_.groups_removed},
        Written{SetKind::devices_removed, &state_.devices_removed},
        Written{SetKind::users_inactive, &state_.users_inactive},
        Written{SetKind::users_enabled, &enabled_}}) {
    if (auto put = state_.store.put_set(kind, *set); !put) {
      return refuse(put.error());
    }
  }
  if (auto written = write_device_sets(); !written) {
    return refuse(written.error());
  }
  if (!blocks_changed_) {
    return {};
  }
  const auto version = state_.store.counter(store::Counter::version);
  if (!version) {
    return refuse(version.error());
  }
  if (auto raised = state_.store.set_counter(store::Counter::version, *version + 1); !raised) {
    return refuse(raised.error());
  }
  return {};
}

Result<void> Derivation::write_device_sets() {
  struct Pair {
    SetKind devices;
    SetKind users;
  };
  for (const auto& [devices, users] : {Pair{SetKind::devices_enabled, SetKind::users_enabled},
                                       Pair{SetKind::devices_invited, SetKind::users_invited},
                                       Pair{SetKind::devices_enrolled, SetKind::users_enrolled}}) {
    auto of_users = state_.store.set(users);
    if (!of_users) {
      return tl::unexpected(of_users.error());
    }
    auto set = devices_of_members(*of_users);
    if (auto put = state_.store.put_set(devices, set); !put) {
      return put;
    }
  }
  std::vector<bool> with_device(state_.language_of_user.size());
  pushable_.for_each([&](DeviceNumber device) { with_device[device_users_[device]] = true; });
  OrderedSet users;
  for (UserNumber user = 0; user < with_device.size(); ++user) {
    if (with_device[user]) {
      users.add(user);
    }
  }
  auto users_pushable = users.take();
  if (auto put = state_.store.put_set(SetKind::users_pushable, users_pushable); !put) {
    return put;
  }
  for (std::uint32_t topic = 0; topic < of_topic_.size(); ++topic) {
    if (auto put = state_.store.put_set(SetKind::devices_of_topic, of_topic_[topic], topic); !put) {
      return put;
    }
  }
  return state_.store.put_set(SetKind::devices_pushable, pushable_);
}

}  // namespace

Result<void, Complaint> derive(ImportState& state, const KeepOn& keep_on) {
  return Derivation(state, keep_on).run();
}

}  // namespace muster::roster
