#include "roster/editing.h"

#include "roster/implementation.h"
#include "roster/import_state.h"

namespace muster::roster {

Row row_of(const FieldEdits& edits) {
  Row row;
  for (const auto& edit : edits) {
    row.at(edit.column) = Value{true, edit.text, 0, 0};
  }
  return row;
}

tl::unexpected<Complaint> refused_edit(std::string found, std::string expected, std::string mend) {
  return tl::unexpected(
      Complaint{"", 0, 0, std::move(found), std::move(expected), std::move(mend), {}});
}

tl::unexpected<Complaint> Editor::refuse(const Error& error) const {
  return tl::unexpected(complaint_of_store(store_.file(), error));
}

Result<void, Complaint> Editor::said(const Result<void>& done) const {
  return done ? Result<void, Complaint>{} : refuse(done.error());
}

Result<void, Complaint> Roster::edit(const Change& change, WallTime now) {
  auto& store = implementation_->store;
  const auto refused = [&](const Error& error) {
    return tl::unexpected(complaint_of_store(store.file(), error));
  };
  if (const auto begun = store.begin(); !begun) {
    return refused(begun.error());
  }
  Editor editor(store, now);
  if (auto changed = change(editor); !changed) {
    store.rollback();
    return changed;
  }
  if (const auto written = editor.write(); !written) {
    store.rollback();
    return refused(written.error());
  }
  if (const auto committed = store.commit(); !committed) {
    return refused(committed.error());
  }
  return {};
}

}  // namespace muster::roster
