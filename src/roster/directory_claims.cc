#include "roster/directory_claims.h"

#include <optional>
#include <unordered_map>
#include <utility>

namespace muster::roster {
namespace {

using store::DirectoryKind;

class Claims {
 public:
  Claims(store::RosterStore& store, const std::vector<Claim>& claims, const ClaimsOf& of)
      : store_(store), claims_(claims), of_(of), places_(claims.size()) {}

  [[nodiscard]] Result<std::vector<std::string>> settle(std::vector<std::string>& warnings);

 private:
  struct Place {
    std::optional<std::uint32_t> number;  // of an entry that is known
    std::string id_before;
    bool out = false;                  // silently
    bool refused = false;              // somebody else has the name
    std::optional<std::size_t> after;  // the claim whose row must give the name up first
  };
  struct Known {
    store::DirectoryId row;
    std::optional<std::size_t> claim;
  };

  [[nodiscard]] Result<void> load();
  [[nodiscard]] Result<void> place(std::size_t at);
  [[nodiscard]] Result<void> look_at_holder(std::size_t at);
  void refuse_who_waits_in_vain();
  [[nodiscard]] Result<void> rename_all();
  [[nodiscard]] bool renamed(const Place& place, std::size_t at) const {
    return place.number && !place.out && !place.refused && place.id_before != claims_[at].id;
  }
  void warn(std::vector<std::string>& warnings) const;

  [[nodiscard]] bool user() const { return of_.kind == DirectoryKind::user; }
  [[nodiscard]] Result<std::optional<std::uint32_t>> holder_of(const std::string& id);
  [[nodiscard]] Result<std::string> id_of(std::uint32_t number);
  [[nodiscard]] Result<void> rename(std::uint32_t number, const std::string& id) {
    return user() ? store_.rename_user(number, id) : store_.rename_group(number, id);
  }

  store::RosterStore& store_;
  const std::vector<Claim>& claims_;
  const ClaimsOf of_;
  std::vector<Place> places_;
  std::unordered_map<std::string, Known> known_;  // by guid
  std::unordered_map<std::uint32_t, const Known*> known_by_number_;
  std::unordered_map<std::string, std::size_t> first_with_id_;
  std::vector<std::uint32_t> giving_up_;
};

Result<std::optional<std::uint32_t>> Claims::holder_of(const std::string& id) {
  const auto number_in = [](const auto& found) -> Result<std::optional<std::uint32_t>> {
    if (!found) {
      return tl::unexpected(found.error());
    }
    const auto& row = *found;
    return row ? std::optional<std::uint32_t>(row->number) : std::nullopt;
  };
  return user() ? number_in(store_.user_by_id(id)) : number_in(store_.group_by_id(id));
}

Result<std::string> Claims::id_of(std::uint32_t number) {
  const auto id_in = [](const auto& found) -> Result<std::string> {
    if (!found) {
      return tl::unexpected(found.error());
    }
    const auto& row = *found;
    if (!row) {
      return trouble(ErrorCode::store_corrupt);
    }
    return row->id;
  };
  return user() ? id_in(store_.user(number)) : id_in(store_.group(number));
}

Result<void> Claims::load() {
  auto rows = store_.directory_ids(of_.kind);
  if (!rows) {
    return tl::unexpected(rows.error());
  }
  for (auto& row : *rows) {
    const auto guid = row.guid;
    known_.emplace(guid, Known{std::move(row), std::nullopt});
  }
  for (auto& [guid, known] : known_) {
    known_by_number_.emplace(known.row.number, &known);
  }
  for (std::size_t at = 0; at < claims_.size(); ++at) {
    if (const auto found = known_.find(claims_[at].guid); found != known_.end()) {
      found->second.claim = at;
      places_[at].number = found->second.row.number;
    }
  }
  return {};
}

Result<void> Claims::place(std::size_t at) {
  const auto& claim = claims_[at];
  auto& place = places_[at];
  if (place.number) {
    auto before = id_of(*place.number);
    if (!before) {
      return tl::unexpected(before.error());
    }
    place.id_before = std::move(*before);
  }
  if (!claim.active && (!place.number || of_.removed.contains(*place.number))) {
    place.out = true;
    return {};
  }
  // Two entries of one name: whoever has it keeps it, otherwise the first.
  const auto [first, alone] = first_with_id_.emplace(claim.id, at);
  if (!alone) {
    const bool mine = place.number && place.id_before == claim.id;
    auto& other = places_[mine ? first->second : at];
    other.refused = true;
    first->second = mine ? at : first->second;
  }
  return {};
}

Result<void> Claims::look_at_holder(std::size_t at) {
  auto& place = places_[at];
  const auto& id = claims_[at].id;
  if (place.out || place.refused || (place.number && place.id_before == id)) {
    return {};
  }
  const auto found = holder_of(id);
  if (!found) {
    return tl::unexpected(found.error());
  }
  const auto& holder = *found;
  if (!holder) {
    return {};
  }
  const bool removed = of_.removed.contains(*holder);
  const auto known = known_by_number_.find(*holder);
  if (known == known_by_number_.end()) {
    // From elsewhere. Who was removed comes back with a new entry, as with any import.
    place.refused = !removed;
    if (removed && place.number) {
      giving_up_.push_back(*holder);
    }
    return {};
  }
  const auto& [row, claim] = *known->second;
  if (claim && !places_[*claim].out) {
    place.after = claim;
  } else if (removed || row.source == of_.source) {
    giving_up_.push_back(*holder);
  } else {
    place.refused = true;
  }
  return {};
}

void Claims::refuse_who_waits_in_vain() {
  for (bool again = true; again;) {
    again = false;
    for (auto& place : places_) {
      if (!place.refused && place.after && !renamed(places_[*place.after], *place.after)) {
        place.refused = true;
        again = true;
      }
    }
  }
}

// By way of names that nobody can have, so that two may swap theirs.
Result<void> Claims::rename_all() {
  for (std::size_t at = 0; at < claims_.size(); ++at) {
    const auto number = places_[at].number;
    if (number && renamed(places_[at], at)) {  // who is renamed is known
      if (auto done = rename(*number, std::string("\x01") + std::to_string(*number)); !done) {
        return done;
      }
    }
  }
  for (const auto number : giving_up_) {
    auto id = id_of(number);
    if (!id) {
      return tl::unexpected(id.error());
    }
    *id += "#" + std::to_string(number);
    for (auto taken = holder_of(*id); !taken || *taken; taken = holder_of(*id)) {
      if (!taken) {
        return tl::unexpected(taken.error());
      }
      *id += "#";
    }
    if (auto done = rename(number, *id); !done) {
      return done;
    }
  }
  for (std::size_t at = 0; at < claims_.size(); ++at) {
    const auto number = places_[at].number;
    if (number && renamed(places_[at], at)) {  // who is renamed is known
      if (auto done = rename(*number, claims_[at].id); !done) {
        return done;
      }
    }
  }
  return {};
}

void Claims::warn(std::vector<std::string>& warnings) const {
  const std::string what = user() ? "user" : "group";
  std::uint64_t left_out = 0;
  std::string first;
  for (std::size_t at = 0; at < claims_.size(); ++at) {
    const auto& place = places_[at];
    if (!place.refused) {
      continue;
    }
    if (place.number) {
      std::string warning = "the " + what + " '" + place.id_before + "' is called '";
      warning += claims_[at].id + "' now, but another " + what;
      warning += " has that name; the old one stays";
      warnings.push_back(std::move(warning));
    } else {
      first = left_out++ == 0 ? claims_[at].id : first;
    }
  }
  if (left_out != 0) {
    warnings.push_back(std::to_string(left_out) + " " + what +
                       "s of the directory are left out, because others that came from elsewhere "
                       "have their names; the first is '" +
                       first + "': remove it (muster " + what + " remove) and it will be taken");
  }
}

Result<std::vector<std::string>> Claims::settle(std::vector<std::string>& warnings) {
  if (auto loaded = load(); !loaded) {
    return tl::unexpected(loaded.error());
  }
  for (const auto step : {&Claims::place, &Claims::look_at_holder}) {
    for (std::size_t at = 0; at < claims_.size(); ++at) {
      if (auto done = (this->*step)(at); !done) {
        return tl::unexpected(done.error());
      }
    }
  }
  refuse_who_waits_in_vain();
  if (auto done = rename_all(); !done) {
    return tl::unexpected(done.error());
  }
  warn(warnings);
  std::vector<std::string> ids;
  ids.reserve(claims_.size());
  for (std::size_t at = 0; at < claims_.size(); ++at) {
    const auto& place = places_[at];
    const bool in = !place.out && (!place.refused || place.number);
    ids.push_back(!in ? "" : place.refused ? place.id_before : claims_[at].id);
  }
  return ids;
}

}  // namespace

Result<std::vector<std::string>> settle_claims(store::RosterStore& store,
                                               const std::vector<Claim>& claims, const ClaimsOf& of,
                                               std::vector<std::string>& warnings) {
  return Claims(store, claims, of).settle(warnings);
}

}  // namespace muster::roster
