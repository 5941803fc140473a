#include "registrar/facts.h"

#include <filesystem>
#include <unordered_map>

#include "registrar/progress.h"

namespace muster::registrar {
namespace {

LocationFacts::Condition condition_of(Hold hold) {
  using Condition = LocationFacts::Condition;
  switch (hold) {
    case Hold::ok:
      return Condition::ok;
    case Hold::foreign:
      return Condition::foreign;
    case Hold::refused:
      return Condition::refused;
    case Hold::codes:
      return Condition::codes;
    case Hold::unproved:
    case Hold::to_be_taken_over:
      break;
  }
  return Condition::unproved;
}

void count(LocationFacts& facts, Progress progress) {
  switch (progress) {
    case Progress::wanted:
    case Progress::asked:
      ++facts.waiting;
      break;
    case Progress::registered:
      ++facts.registered;
      break;
    case Progress::associated:
      ++facts.associated;
      break;
    case Progress::refused:
      ++facts.refused_users;
      break;
    case Progress::retired:
      break;
  }
}

Result<std::vector<LocationFacts>> read_all(store::RegistrationStore& store, WallTime now) {
  const auto rows = store.locations();
  if (!rows) {
    return tl::unexpected(rows.error());
  }
  std::vector<LocationFacts> all;
  std::unordered_map<store::LocationNumber, std::size_t> place;
  for (const auto& row : *rows) {
    place.emplace(row.number, all.size());
    all.push_back(facts_of(row, now));
  }
  auto states = store.states();  // user, state, error, location, …
  if (!states) {
    return tl::unexpected(states.error());
  }
  for (;;) {
    const auto more = states->step();
    if (!more) {
      return tl::unexpected(more.error());
    }
    if (!*more) {
      return all;
    }
    const auto at = place.find(static_cast<store::LocationNumber>(states->integer(3)));
    if (at != place.end()) {
      count(all[at->second], static_cast<Progress>(states->integer(1)));
    }
  }
}

// What `read` finds in one snapshot of the store; an empty Value where there is no store yet.
template <class Value, class Read>
Result<Value, Complaint> read_store(const std::string& dir, Read read) {
  const std::string file = dir + "/control.db";
  if (!std::filesystem::exists(file)) {
    return Value{};
  }
  auto store = store::RegistrationStore::open(dir, store::OpenMode::read);
  if (!store) {
    return tl::unexpected(store.error());
  }
  const auto begun = store->begin();
  Result<Value> value = begun ? read(*store) : tl::unexpected(begun.error());
  if (begun) {
    store->rollback();  // nothing was written
  }
  if (!value) {
    return tl::unexpected(Complaint{.file = file,
                                    .found = words(value.error()),
                                    .expected = "a readable file of Muster's",
                                    .mend = "look at the disk, and restore the file from a backup "
                                            "where it is damaged",
                                    .cause = value.error()});
  }
  return std::move(*value);
}

}  // namespace

LocationFacts facts_of(const store::LocationRow& row, WallTime now) {
  LocationFacts facts;
  facts.id = row.id;
  facts.organisation = row.organisation;
  facts.name = row.name;
  facts.expires_at = row.expires_at;
  facts.expiry = row.content_token.empty() ? Expiry::good : expiry_of(row.expires_at, now);
  facts.condition = condition_of(static_cast<Hold>(row.standing));
  facts.words = row.standing_text;
  return facts;
}

Result<std::vector<LocationFacts>, Complaint> read_facts(const std::string& dir, WallTime now) {
  return read_store<std::vector<LocationFacts>>(
      dir, [now](store::RegistrationStore& store) { return read_all(store, now); });
}

Result<bool, Complaint> any_location(const std::string& dir) {
  return read_store<bool>(dir, [](store::RegistrationStore& store) -> Result<bool> {
    const auto rows = store.locations();
    if (!rows) {
      return tl::unexpected(rows.error());
    }
    return !rows->empty();
  });
}

}  // namespace muster::registrar
