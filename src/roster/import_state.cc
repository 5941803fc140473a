#include "roster/import_state.h"

#include "base/assert.h"
#include "model/directory_limits.h"
#include "roster/mail_users.h"

namespace muster::roster {
namespace {

using store::Statement;

// Visits every row of a cursor.
template <class Visit>
Result<void> each(Result<Statement> cursor, Visit visit) {
  if (!cursor) {
    return tl::unexpected(cursor.error());
  }
  for (;;) {
    auto more = cursor->step();
    if (!more) {
      return tl::unexpected(more.error());
    }
    if (!*more) {
      return {};
    }
    visit(*cursor);
  }
}

Result<void> load_ids(ImportState& state) {
  auto loaded = each(state.store.user_numbers_ids_languages(), [&](const Statement& at) {
    state.users.add(at.text(1), static_cast<UserNumber>(at.integer(0)), 0);
    state.language_of_user.push_back(static_cast<std::uint16_t>(at.integer(2)));
  });
  if (!loaded) {
    return loaded;
  }
  loaded = each(state.store.group_numbers_ids_names(), [&](const Statement& at) {
    const auto number = static_cast<GroupNumber>(at.integer(0));
    state.groups.add(at.text(1), number, 0);
    if (!state.groups_removed.contains(number)) {
      state.groups_by_name[std::string(at.text(2))].push_back(number);
    }
  });
  if (!loaded) {
    return loaded;
  }
  return each(state.store.device_numbers_ids(), [&](const Statement& at) {
    state.devices.add(at.text(1), static_cast<DeviceNumber>(at.integer(0)), 0);
  });
}

// Numbers are dense: the n-th row has number n. New numbers follow from it.
bool numbers_are_dense(const IdTable& table) {
  const auto& entries = table.entries();
  return entries.empty() || entries.back().number + std::size_t{1} == entries.size();
}

Result<void> load_sets(ImportState& state) {
  struct Wanted {
    store::SetKind kind;
    NumberSet* into;
  };
  for (const auto& [kind, into] : {Wanted{store::SetKind::users, &state.users_all},
                                   Wanted{store::SetKind::users_on, &state.users_on},
                                   Wanted{store::SetKind::users_off, &state.users_off},
                                   Wanted{store::SetKind::groups_off, &state.groups_off},
                                   Wanted{store::SetKind::users_removed, &state.users_removed},
                                   Wanted{store::SetKind::groups_removed, &state.groups_removed},
                                   Wanted{store::SetKind::devices_removed, &state.devices_removed},
                                   Wanted{store::SetKind::users_inactive, &state.users_inactive}}) {
    auto set = state.store.set(kind);
    if (!set) {
      return tl::unexpected(set.error());
    }
    *into = std::move(*set);
  }
  auto with_mail = users_with_mail(state.store);
  if (!with_mail) {
    return tl::unexpected(with_mail.error());
  }
  state.users_with_mail = std::move(*with_mail);
  auto topics = state.store.names(store::NameKind::topic);
  auto languages = state.store.names(store::NameKind::language);
  if (!topics || !languages) {
    return tl::unexpected(topics ? languages.error() : topics.error());
  }
  state.topics = std::move(*topics);
  state.languages = std::move(*languages);
  return {};
}

}  // namespace

std::string ImportState::words_of(Mark mark) const {
  const auto line = std::to_string(line_of(mark));
  if (file_of(mark) == file || file_of(mark) == 0) {
    return "line " + line;
  }
  return files[file_of(mark) - 1] + ":" + line;
}

Complaint ImportState::complaint(const Error& error) const {
  return complaint_of_store(store.file(), error);
}

void note(ImportChange& change, std::string_view id) {
  ++change.count;
  if (change.first.size() < limits::names_shown_max) {
    change.first.emplace_back(id);
  }
}

Complaint complaint_of_store(const std::string& file, const Error& error) {
  MUSTER_ASSERT(error.code != ErrorCode::none);
  const char* mend = error.code == ErrorCode::disk_full       ? "make room; nothing was stored"
                     : error.code == ErrorCode::store_corrupt ? "restore it from a backup"
                                                              : "";
  return Complaint{file, 0, 0, words(error), "", mend, error};
}

Result<void, Complaint> load(ImportState& state) {
  // Who was removed is asked for by the ids.
  if (auto loaded = load_sets(state); !loaded) {
    return tl::unexpected(state.complaint(loaded.error()));
  }
  if (auto loaded = load_ids(state); !loaded) {
    return tl::unexpected(state.complaint(loaded.error()));
  }
  if (!numbers_are_dense(state.users) || !numbers_are_dense(state.groups) ||
      !numbers_are_dense(state.devices)) {
    return tl::unexpected(state.complaint(Error{ErrorCode::store_corrupt, 0}));
  }
  state.devices_before = static_cast<std::uint32_t>(state.devices.entries().size());
  state.new_blocks = NewBlocks(state.devices_before);
  return {};
}

}  // namespace muster::roster
