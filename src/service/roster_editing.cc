// The roster, edited by hand: from the library's values to the columns of an import.
#include "roster/editing.h"
#include "service/local_dispatcher.h"
#include "service/wording.h"

namespace muster {
namespace {

using roster::Column;
using roster::Editor;
using roster::FieldEdits;

void add(FieldEdits& edits, Column column, const std::optional<std::string>& text) {
  if (text) {
    edits.push_back({column, *text});
  }
}

FieldEdits fields_of(const UserEdit& edit) {
  FieldEdits edits;
  add(edits, Column::full_name, edit.full_name);
  add(edits, Column::email, edit.email);
  add(edits, Column::language, edit.language);
  add(edits, Column::managed_apple_account, edit.managed_apple_account);
  add(edits, Column::location, edit.location);
  add(edits, Column::managed_distribution, edit.managed_distribution);
  return edits;
}

FieldEdits fields_of(const GroupEdit& edit) {
  FieldEdits edits;
  add(edits, Column::name, edit.name);
  add(edits, Column::managed_distribution, edit.managed_distribution);
  return edits;
}

FieldEdits fields_of(const DeviceEdit& edit) {
  FieldEdits edits;
  add(edits, Column::name, edit.name);
  add(edits, Column::platform, edit.platform);
  add(edits, Column::serial, edit.serial);
  add(edits, Column::enrollment, edit.enrollment);
  add(edits, Column::udid, edit.udid);
  return edits;
}

FieldEdits with_id(Column column, const std::string& id, FieldEdits edits) {
  edits.push_back({column, id});
  return edits;
}

}  // namespace

Checked<Done> Dispatcher::Implementation::edit_roster(const roster::Roster::Change& change) {
  const std::lock_guard guard(roster_mutex);
  if (roster == nullptr) {
    return Failure{FailureKind::cannot_start, "the data directory was opened for reading only"};
  }
  const auto done = roster->edit(change, clock.wall());
  if (!done) {
    const auto& complaint = done.error();
    const bool asked_wrongly =
        complaint.cause == Error{} || complaint.cause.code == ErrorCode::not_found;
    return service::failure_of(complaint,
                               asked_wrongly ? FailureKind::refused : FailureKind::cannot_start);
  }
  return Done{};
}

Checked<Done> LocalDispatcher::add_user(const std::string& id, const UserEdit& edit) {
  return implementation_->edit_roster([&](Editor& editor) {
    return editor.add_user(with_id(Column::user_id, id, fields_of(edit)));
  });
}

Checked<Done> LocalDispatcher::set_user(const std::string& id, const UserEdit& edit) {
  return implementation_->edit_roster(
      [&](Editor& editor) { return editor.set_user(id, fields_of(edit)); });
}

Checked<Done> LocalDispatcher::remove_user(const std::string& id) {
  return implementation_->edit_roster([&](Editor& editor) { return editor.remove_user(id); });
}

Checked<Done> LocalDispatcher::erase_user(const std::string& id) {
  return implementation_->edit_roster([&](Editor& editor) { return editor.erase_user(id); });
}

Checked<Done> LocalDispatcher::add_group(const std::string& id, const GroupEdit& edit) {
  return implementation_->edit_roster([&](Editor& editor) {
    return editor.add_group(with_id(Column::group_id, id, fields_of(edit)));
  });
}

Checked<Done> LocalDispatcher::set_group(const std::string& group, const GroupEdit& edit) {
  return implementation_->edit_roster(
      [&](Editor& editor) { return editor.set_group(group, fields_of(edit)); });
}

Checked<Done> LocalDispatcher::remove_group(const std::string& group) {
  return implementation_->edit_roster([&](Editor& editor) { return editor.remove_group(group); });
}

Checked<Done> LocalDispatcher::add_member(const std::string& group, const std::string& user) {
  return implementation_->edit_roster(
      [&](Editor& editor) { return editor.add_member(group, user); });
}

Checked<Done> LocalDispatcher::remove_member(const std::string& group, const std::string& user) {
  return implementation_->edit_roster(
      [&](Editor& editor) { return editor.remove_member(group, user); });
}

Checked<Done> LocalDispatcher::add_group_inside(const std::string& group,
                                                const std::string& child) {
  return implementation_->edit_roster(
      [&](Editor& editor) { return editor.add_child(group, child); });
}

Checked<Done> LocalDispatcher::remove_group_inside(const std::string& group,
                                                   const std::string& child) {
  return implementation_->edit_roster(
      [&](Editor& editor) { return editor.remove_child(group, child); });
}

Checked<Done> LocalDispatcher::add_device(const std::string& id, const DeviceEdit& edit) {
  return implementation_->edit_roster([&](Editor& editor) {
    return editor.add_device(with_id(Column::device_id, id, fields_of(edit)));
  });
}

Checked<Done> LocalDispatcher::set_device(const std::string& id, const DeviceEdit& edit) {
  return implementation_->edit_roster(
      [&](Editor& editor) { return editor.set_device(id, fields_of(edit)); });
}

Checked<Done> LocalDispatcher::assign_device(const std::string& id, const std::string& user) {
  return implementation_->edit_roster([&](Editor& editor) {
    return user.empty() ? editor.unassign_device(id) : editor.assign_device(id, user);
  });
}

Checked<Done> LocalDispatcher::remove_device(const std::string& id) {
  return implementation_->edit_roster([&](Editor& editor) { return editor.remove_device(id); });
}

}  // namespace muster
