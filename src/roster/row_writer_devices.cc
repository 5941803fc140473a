// The rows of devices: which device one means, whose it is, and its tokens.
#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "model/limits.h"
#include "roster/fields.h"
#include "roster/push_target.h"
#include "roster/row_fields.h"
#include "roster/row_writer.h"

namespace muster::roster {
namespace {

void set_bit(std::vector<bool>& bits, std::uint32_t at) {
  if (at >= bits.size()) {
    bits.resize(std::size_t{at} + 1);
  }
  bits[at] = true;
}

}  // namespace

void RowWriter::Thing::empty() {
  user_id.clear();
  user_said = false;
  if (known) {
    row = store::DeviceRow();
    before = store::DeviceRow();
    known = false;
    return;
  }
  for (auto* text : {&row.id, &row.name, &row.serial, &row.push_magic, &row.user_push_magic,
                     &row.udid, &row.imei, &row.meid}) {
    text->clear();
  }
  row.push_token.clear();
  row.user_push_token.clear();
  row.number = 0;
  row.user = store::no_user;
  row.platform = 0;
  row.enrollment = 0;
  row.topic = 0;
  row.registered_at_ms = 0;
  row.active = true;
}

Result<void, Complaint> RowWriter::write_device(const Row& row) {
  state_.devices.foresee(row.at(Column::device_id).text);
  state_.users.foresee(row.at(Column::user_id).text);
  if (auto read = read_device(row); !read) {
    return read;
  }
  auto& thing = thing_;
  if (thing.user_said && thing.user_id.empty()) {
    thing.row.user = store::no_user;
  } else if (thing.user_said) {
    const auto* user = present(state_.users, thing.user_id);
    if (user == nullptr) {
      return unknown(row, Column::user_id, state_.users, "user");
    }
    thing.row.user = user->number;
  }
  return put_device(mark_of_row(row));
}

Result<IdTable::Entry*, Complaint> RowWriter::find_device(const Row& row, Thing& thing) {
  if (row.at(Column::device_id).text.empty()) {
    return find_device_by_keys(row, thing);
  }
  Fields fields(row, file_);
  fields.id(Column::device_id, thing.row.id);
  if (!fields.good()) {
    return tl::unexpected(fields.complaint());
  }
  return state_.devices.find(thing.row.id);
}

// Without a device_id, by what else the row tells it apart by: the first that a device has already.
Result<IdTable::Entry*, Complaint> RowWriter::find_device_by_keys(const Row& row, Thing& thing) {
  Fields fields(row, file_);
  store::DeviceRow said;
  fields.text(Column::udid, said.udid);
  fields.text(Column::serial, said.serial);
  fields.imei(said.imei);
  fields.meid(said.meid);
  const std::array<std::pair<Column, const std::string*>, 4> keys = {
      {{Column::udid, &said.udid},
       {Column::serial, &said.serial},
       {Column::imei, &said.imei},
       {Column::meid, &said.meid}}};
  const bool keyed =
      std::ranges::any_of(keys, [](const auto& key) { return !key.second->empty(); });
  if (!keyed) {
    fields.id(Column::device_id, thing.row.id);  // refused: it is empty
  }
  if (!fields.good()) {
    return tl::unexpected(fields.complaint());
  }
  if (auto loaded = load_keys(); !loaded) {
    return tl::unexpected(loaded.error());
  }
  MUSTER_ASSERT(state_.device_keys.has_value());
  for (const auto& [key, text] : keys) {
    const auto found = state_.device_keys->find(key, *text);
    if (found.several) {
      return refuse(row, key,
                    "several devices have the " + std::string(name_of(key)) + " '" + *text + "'",
                    "one that only one device has", "name it by device_id");
    }
    if (found.device) {
      thing.row.id = state_.devices.id_of(state_.devices.entries()[*found.device]);
      return state_.devices.find(thing.row.id);
    }
    auto* entry = text->empty() ? nullptr : state_.devices.find(*text);
    if (entry != nullptr) {
      thing.row.id = *text;
      return entry;
    }
    thing.row.id = thing.row.id.empty() ? *text : thing.row.id;
  }
  return nullptr;
}

Result<void, Complaint> RowWriter::load_keys() {
  if (state_.device_keys) {
    return {};
  }
  auto keys = DeviceKeys::load(state_.store, state_.devices_removed);
  if (!keys) {
    return tl::unexpected(state_.complaint(keys.error()));
  }
  state_.device_keys = std::move(*keys);
  return {};
}

// A UDID is one device's: whoever checks in with it must find it.
Result<void, Complaint> RowWriter::check_udid(const Row& row, const Thing& thing) {
  const auto& udid = thing.row.udid;
  if (udid.empty() || udid == thing.before.udid) {
    return {};
  }
  if (auto loaded = load_keys(); !loaded) {
    return loaded;
  }
  MUSTER_ASSERT(state_.device_keys.has_value());
  const auto found = state_.device_keys->find(Column::udid, udid);
  const auto* by_id = present(state_.devices, udid);
  auto other = found.device;
  if (!other && by_id != nullptr) {
    other = by_id->number;
  }
  if (!found.several && (!other || (thing.known && *other == thing.row.number) ||
                         (by_id != nullptr && thing.row.id == udid))) {
    return {};
  }
  std::string whose;
  if (other) {
    whose = " ('" + std::string(state_.devices.id_of(state_.devices.entries()[*other])) + "')";
  }
  return refuse(row, Column::udid, "the udid '" + udid + "' is another device's too" + whose,
                "each udid once", "");
}

Result<void, Complaint> RowWriter::read_device(const Row& row) {
  auto& thing = thing_;
  thing.empty();
  const auto known = find_device(row, thing);
  if (!known) {
    return tl::unexpected(known.error());
  }
  Fields fields(row, file_);
  if (const auto* entry = *known; entry != nullptr) {
    if (file_of(entry->mark) == state_.file) {
      return refuse(
          row, Column::device_id,
          "the device '" + thing.row.id + "' twice (first on " + state_.words_of(entry->mark) + ")",
          "each device once", "");
    }
    if (auto read = read_before(*entry, thing); !read) {
      return read;
    }
  }
  topic_ = state_.topics[thing.row.topic];
  fields.text(Column::user_id, thing.user_id);
  thing.user_said = row.at(Column::user_id).present;
  take_device(fields, thing.row, topic_);
  if (!fields.good()) {
    return tl::unexpected(fields.complaint());
  }
  if (auto checked = check_udid(row, thing); !checked) {
    return checked;
  }
  if (auto checked = check_tokens(row, thing); !checked) {
    return checked;
  }
  auto index = index_of(row, Column::topic, topic_);
  if (!index) {
    return tl::unexpected(index.error());
  }
  thing.row.topic = *index;
  return {};
}

Result<void, Complaint> RowWriter::read_before(const IdTable::Entry& entry, Thing& thing) {
  auto stored = state_.store.device(entry.number);
  if (!stored) {
    return tl::unexpected(state_.complaint(stored.error()));
  }
  auto& before = *stored;
  if (!before) {
    return tl::unexpected(state_.complaint(Error{ErrorCode::store_corrupt, 0}));
  }
  thing.known = true;
  thing.before = *before;
  thing.row = std::move(*before);
  return {};
}

Result<void, Complaint> RowWriter::check_tokens(const Row& row, const Thing& thing) {
  for (const auto column : {Column::push_token, Column::user_push_token}) {
    const auto& token =
        column == Column::push_token ? thing.row.push_token : thing.row.user_push_token;
    const auto* entry = token.empty() ? nullptr : state_.tokens.find(as_text(token));
    if (entry == nullptr || (thing.known && entry->number == thing.row.number)) {
      continue;
    }
    return refuse(row, column,
                  "the push token of '" + thing.row.id + "' is another device's too (" +
                      state_.words_of(entry->mark) + ")",
                  "each token once", "export the devices again");
  }
  return {};
}

Result<void, Complaint> RowWriter::put_device(Mark mark) {
  auto& thing = thing_;
  auto& row = thing.row;
  ++state_.counts.devices;
  if (thing.known) {
    auto* entry = state_.devices.find(row.id);
    state_.counts.devices -= entry->mark != 0 ? 1 : 0;
    entry->mark = mark;
  } else {
    row.number = static_cast<DeviceNumber>(state_.devices.entries().size());
    state_.devices.add(row.id, row.number, mark);
  }
  if (state_.device_keys) {
    state_.device_keys->learn(thing.before, row);
  }
  const auto& topic = state_.topics[row.topic];
  if (registered_anew(thing.before, state_.topics[thing.before.topic], row, topic)) {
    row.registered_at_ms = state_.now.milliseconds;
    row.active = true;
  }
  if (push_type_of(topic) == PushType::mdm && !row.push_token.empty() && row.push_magic.empty() &&
      !target_of(row, topic)) {
    state_.first_unreachable_mdm =
        state_.unreachable_mdm++ == 0 ? row.id : state_.first_unreachable_mdm;
  }
  claim(row.push_token, row.number, mark);
  claim(row.user_push_token, row.number, mark);
  if (row.number < state_.devices_before) {
    set_bit(state_.devices_touched, row.number);
  }
  const bool back = state_.devices_removed.contains(row.number);
  if (thing.known && !back && row == thing.before) {
    return {};
  }
  auto& changes = state_.counts.devices_changed;
  note(thing.known && !back ? changes.changed : changes.added, row.id);
  state_.assignments_changed |= !thing.known || row.user != thing.before.user;
  if (thing.known) {
    state_.devices_removed.remove(row.number);
    set_bit(state_.blocks_touched, row.number / limits::block_size);
  }
  const auto put = thing.known ? state_.store.put_device(row) : add_device(row);
  if (!put) {
    return tl::unexpected(state_.complaint(put.error()));
  }
  return {};
}

Result<void> RowWriter::add_device(store::DeviceRow& row) {
  const auto language =
      row.user == store::no_user ? std::uint16_t{0} : state_.language_of_user[row.user];
  const auto made = state_.new_blocks.add(state_.store, row, state_.topics[row.topic], language);
  if (!made) {
    return tl::unexpected(made.error());
  }
  if (!*made) {
    set_bit(state_.blocks_touched, row.number / limits::block_size);
  }
  return state_.store.add_device(row);
}

void RowWriter::claim(Bytes token, DeviceNumber device, Mark mark) {
  if (!token.empty() && state_.tokens.find(as_text(token)) == nullptr) {
    state_.tokens.add(as_text(token), device, mark);
  }
}

}  // namespace muster::roster
