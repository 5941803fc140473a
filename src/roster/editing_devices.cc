#include "roster/editing.h"
#include "roster/lookup.h"
#include "roster/row_fields.h"

namespace muster::roster {

using store::SetKind;

Result<void, Complaint> Editor::add_device(const FieldEdits& edits) {
  const auto line = row_of(edits);
  const std::string no_file;
  Fields fields(line, no_file);
  store::DeviceRow row;
  for (const auto column : {Column::device_id, Column::udid, Column::serial}) {
    if (row.id.empty()) {
      fields.text(column, row.id);
    }
  }
  if (!fields.good()) {
    return tl::unexpected(fields.complaint());
  }
  if (row.id.empty()) {
    return refused_edit("a device without device_id, udid and serial", "one of them",
                        "say how it will be known");
  }
  const auto known = store_.device_by_id(row.id);
  const auto removed = upkeep_.sets().read(SetKind::devices_removed);
  const auto count = store_.devices_count();
  if (!known || !removed || !count) {
    return refuse(!known ? known.error() : !removed ? removed.error() : count.error());
  }
  const auto& before = *known;
  if (before && !(*removed)->contains(before->number)) {
    return refused_edit("device '" + row.id + "' is there already",
                        "a device_id that no device has", "set changes it");
  }
  row.number = before ? before->number : *count;
  return edit_device(std::move(row), edits);
}

Result<void, Complaint> Editor::set_device(const std::string& id, const FieldEdits& edits) {
  auto row = find_device(store_, id);
  if (!row) {
    return tl::unexpected(row.error());
  }
  return edit_device(std::move(*row), edits);
}

Result<void, Complaint> Editor::edit_device(store::DeviceRow row, const FieldEdits& edits) {
  const auto line = row_of(edits);
  const std::string no_file;
  Fields fields(line, no_file);
  const auto topics = upkeep_.topics();
  if (!topics) {
    return refuse(topics.error());
  }
  const auto before = row;
  const auto topic = (**topics)[row.topic];
  auto topic_after = topic;
  take_device(fields, row, topic_after);
  if (!fields.good()) {
    return tl::unexpected(fields.complaint());
  }
  if (auto checked = check_udid(row); !checked) {
    return checked;
  }
  // Of another kind than we thought, it may be pushed by another token.
  if (registered_anew(before, topic, row, topic)) {
    row.registered_at_ms = now_.milliseconds;
    row.active = true;
  }
  return said(put_device(before, row));
}

Result<void, Complaint> Editor::check_udid(const store::DeviceRow& row) {
  if (row.udid.empty()) {
    return {};
  }
  const auto by_udid = store_.device_by_udid(row.udid);
  const auto by_id = store_.device_by_id(row.udid);
  if (!by_udid || !by_id) {
    return refuse(by_udid ? by_id.error() : by_udid.error());
  }
  for (const auto* other : {&*by_udid, &*by_id}) {
    if (*other && (*other)->number != row.number) {
      return refused_edit("the udid '" + row.udid + "' is that of device '" + (*other)->id + "'",
                          "each udid once", "");
    }
  }
  return {};
}

Result<void> Editor::put_device(const store::DeviceRow& before, const store::DeviceRow& after) {
  if (auto put = store_.put_device(after); !put) {
    return put;
  }
  if (auto put = upkeep_.sets().put(SetKind::devices_removed, after.number, false); !put) {
    return put;
  }
  return upkeep_.device(&before, after);
}

Result<void, Complaint> Editor::assign_device(const std::string& id, const std::string& user) {
  const auto before = find_device(store_, id);
  const auto owner = before ? find_user(store_, user) : tl::unexpected(before.error());
  if (!owner) {
    return tl::unexpected(owner.error());
  }
  auto after = *before;
  after.user = owner->number;
  return said(put_device(*before, after));
}

Result<void, Complaint> Editor::unassign_device(const std::string& id) {
  const auto before = find_device(store_, id);
  if (!before) {
    return tl::unexpected(before.error());
  }
  auto after = *before;
  after.user = store::no_user;
  return said(put_device(*before, after));
}

Result<void, Complaint> Editor::remove_device(const std::string& id) {
  const auto before = find_device(store_, id);
  if (!before) {
    return tl::unexpected(before.error());
  }
  auto after = *before;
  after.user = store::no_user;
  after.udid.clear();  // it may come again as another
  forget_tokens_of(after);
  if (const auto put = store_.put_device(after); !put) {
    return refuse(put.error());
  }
  if (const auto put = upkeep_.sets().put(SetKind::devices_removed, after.number, true); !put) {
    return refuse(put.error());
  }
  return said(upkeep_.device_removed(*before));
}

}  // namespace muster::roster
