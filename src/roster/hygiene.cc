#include "roster/hygiene.h"

#include <algorithm>
#include <functional>

#include "base/ascii.h"
#include "roster/import_state.h"
#include "roster/mail_users.h"
#include "store/roster_store.h"

namespace muster::roster {
namespace {

using store::SetKind;
using store::Statement;

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), ascii_lower);
  return out;
}

class Look {
 public:
  Look(store::RosterStore& store, const NumberSet& silent, std::size_t examples_max)
      : store_(store), silent_(silent), examples_max_(examples_max) {}

  [[nodiscard]] Result<Hygiene> run() {
    for (const auto step : {&Look::read_sets, &Look::look_at_devices, &Look::look_at_users,
                            &Look::look_at_addresses, &Look::look_at_groups}) {
      if (auto done = (this->*step)(); !done) {
        return tl::unexpected(done.error());
      }
    }
    return std::move(found_);
  }

 private:
  struct Address {
    std::uint64_t hash = 0;
    UserNumber user = 0;
  };

  [[nodiscard]] Result<void> read_sets();
  [[nodiscard]] Result<void> look_at_devices();
  [[nodiscard]] Result<void> look_at_users();
  [[nodiscard]] Result<void> look_at_addresses();
  [[nodiscard]] Result<void> name_address(std::size_t begin, std::size_t end);
  [[nodiscard]] Result<void> look_at_groups();

  void find(Finds& finds, std::string_view id) const {
    ++finds.count;
    if (finds.first.size() < examples_max_) {
      finds.first.emplace_back(id);
    }
  }
  template <class Visit>
  [[nodiscard]] Result<void> each(Result<Statement> cursor, Visit visit) {
    if (!cursor) {
      return tl::unexpected(cursor.error());
    }
    for (;;) {
      const auto more = cursor->step();
      if (!more) {
        return tl::unexpected(more.error());
      }
      if (!*more) {
        return {};
      }
      visit(*cursor);
    }
  }

  store::RosterStore& store_;
  const NumberSet& silent_;
  const std::size_t examples_max_;
  Hygiene found_;
  NumberSet users_;
  NumberSet with_address_;
  NumberSet with_device_;
  NumberSet devices_removed_;
  NumberSet groups_removed_;
  std::vector<Address> addresses_;
};

Result<void> Look::read_sets() {
  struct Wanted {
    SetKind kind;
    NumberSet* into;
  };
  for (const auto& [kind, into] :
       {Wanted{SetKind::users, &users_}, Wanted{SetKind::devices_removed, &devices_removed_},
        Wanted{SetKind::groups_removed, &groups_removed_}}) {
    auto set = store_.set(kind);
    if (!set) {
      return tl::unexpected(set.error());
    }
    *into = std::move(*set);
  }
  auto with_address = users_with_mail(store_);
  if (!with_address) {
    return tl::unexpected(with_address.error());
  }
  with_address_ = std::move(*with_address);
  found_.users = users_.size();
  return {};
}

Result<void> Look::look_at_devices() {
  const auto count = store_.devices_count();
  if (!count) {
    return tl::unexpected(count.error());
  }
  store::DeviceRow row;
  return each(store_.devices(0, *count), [&](const Statement& at) {
    store::RosterStore::read_device(at, row);
    if (devices_removed_.contains(row.number)) {
      return;
    }
    ++found_.devices;
    if (row.user != store::no_user) {
      with_device_.add(row.user);
    }
    if (!row.active) {
      find(found_.devices_dead, row.id);
    }
    if (silent_.contains(row.number)) {
      find(found_.devices_silent, row.id);
    }
  });
}

Result<void> Look::look_at_users() {
  return each(store_.users_from(0), [&](const Statement& at) {
    const auto number = static_cast<UserNumber>(at.integer(0));
    if (!users_.contains(number)) {
      return;
    }
    const bool address = with_address_.contains(number);
    const bool device = with_device_.contains(number);
    if (!address) {
      find(found_.users_without_address, at.text(1));
    }
    if (!device) {
      find(found_.users_without_device, at.text(1));
    }
    if (!address && !device) {
      find(found_.users_without_either, at.text(1));
    }
    if (address) {
      addresses_.push_back({std::hash<std::string>{}(lower(at.text(3))), number});
    }
  });
}

Result<void> Look::look_at_addresses() {
  std::ranges::sort(addresses_, [](const Address& a, const Address& b) {
    return a.hash != b.hash ? a.hash < b.hash : a.user < b.user;
  });
  // Runs of the same address, the one whose first user came first in front: the order of the
  // roster, not of hashes.
  std::vector<std::pair<std::size_t, std::size_t>> shared;
  for (std::size_t begin = 0; begin < addresses_.size();) {
    std::size_t end = begin + 1;
    while (end < addresses_.size() && addresses_[end].hash == addresses_[begin].hash) {
      ++end;
    }
    if (end - begin > 1) {
      shared.emplace_back(begin, end);
    }
    begin = end;
  }
  found_.addresses_shared.count = shared.size();
  const auto shown = std::min(examples_max_, shared.size());
  std::ranges::partial_sort(shared, shared.begin() + static_cast<std::ptrdiff_t>(shown), {},
                            [&](const auto& run) { return addresses_[run.first].user; });
  for (std::size_t i = 0; i < shown; ++i) {
    if (auto named = name_address(shared[i].first, shared[i].second); !named) {
      return named;
    }
  }
  return {};
}

Result<void> Look::name_address(std::size_t begin, std::size_t end) {
  constexpr std::size_t users_named_max = 3;
  std::string text;
  for (std::size_t at = begin; at < std::min(end, begin + users_named_max); ++at) {
    const auto user = store_.user(addresses_[at].user);
    if (!user) {
      return tl::unexpected(user.error());
    }
    const auto& row = *user;
    if (!row) {
      return trouble(ErrorCode::store_corrupt);
    }
    text += (at == begin ? lower(row->email) + " (" : ", ") + row->id;
  }
  text += end - begin > users_named_max
              ? " and " + std::to_string(end - begin - users_named_max) + " more)"
              : ")";
  found_.addresses_shared.first.push_back(std::move(text));
  return {};
}

// A group expands to somebody who is in it or in a group inside it: from those with users of their
// own the word goes up to the groups that hold them.
Result<void> Look::look_at_groups() {
  const auto count = store_.groups_count();
  if (!count) {
    return tl::unexpected(count.error());
  }
  std::vector<std::vector<GroupNumber>> holders(*count);
  std::vector<bool> somebody(*count);
  std::vector<GroupNumber> going_up;
  for (GroupNumber number = 0; number < *count; ++number) {
    const auto sets = store_.group_sets(number);
    if (!sets) {
      return tl::unexpected(sets.error());
    }
    if (!sets->members.empty()) {
      somebody[number] = true;
      going_up.push_back(number);
    }
    sets->children.for_each([&](GroupNumber child) { holders[child].push_back(number); });
  }
  while (!going_up.empty()) {
    const auto number = going_up.back();
    going_up.pop_back();
    for (const auto holder : holders[number]) {
      if (!somebody[holder]) {
        somebody[holder] = true;
        going_up.push_back(holder);
      }
    }
  }
  return each(store_.group_numbers_ids_names(), [&](const Statement& at) {
    const auto number = static_cast<GroupNumber>(at.integer(0));
    if (groups_removed_.contains(number)) {
      return;
    }
    ++found_.groups;
    if (!somebody[number]) {
      find(found_.groups_empty, at.text(1));
    }
  });
}

}  // namespace

Result<Hygiene, Complaint> look_at_hygiene(const std::string& dir, const NumberSet& silent,
                                           std::size_t examples_max) {
  auto store = store::RosterStore::open(dir, store::OpenMode::read);
  if (!store) {
    return tl::unexpected(store.error());
  }
  if (auto begun = store->begin(); !begun) {
    return tl::unexpected(complaint_of_store(store->file(), begun.error()));
  }
  auto found = Look(*store, silent, examples_max).run();
  store->rollback();  // nothing was written
  if (!found) {
    return tl::unexpected(complaint_of_store(store->file(), found.error()));
  }
  return std::move(*found);
}

}  // namespace muster::roster
