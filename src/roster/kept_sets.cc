#include "roster/kept_sets.h"

#include "roster/mail_users.h"

namespace muster::roster {

using store::SetKind;

Result<KeptSets::Kept*> KeptSets::kept(SetKind kind, std::uint32_t key) {
  const auto known = sets_.find({kind, key});
  if (known != sets_.end()) {
    return &known->second;
  }
  auto set = kind == SetKind::users_with_mail ? users_with_mail(store_) : store_.set(kind, key);
  if (!set) {
    return tl::unexpected(set.error());
  }
  return &sets_.emplace(std::pair(kind, key), Kept{std::move(*set), false}).first->second;
}

Result<const NumberSet*> KeptSets::read(SetKind kind, std::uint32_t key) {
  const auto found = kept(kind, key);
  if (!found) {
    return tl::unexpected(found.error());
  }
  return &(*found)->set;
}

Result<void> KeptSets::put(SetKind kind, std::uint32_t key, std::uint32_t number, bool in) {
  const auto found = kept(kind, key);
  if (!found) {
    return tl::unexpected(found.error());
  }
  auto& [set, changed] = **found;
  if (set.contains(number) == in) {
    return {};
  }
  if (in) {
    set.add(number);
  } else {
    set.remove(number);
  }
  changed = true;
  return {};
}

Result<void> KeptSets::replace(SetKind kind, NumberSet set) {
  const auto found = kept(kind, 0);
  if (!found) {
    return tl::unexpected(found.error());
  }
  if (!((*found)->set == set)) {
    **found = Kept{std::move(set), true};
  }
  return {};
}

Result<void> KeptSets::move(SetKind kind, const NumberSet& gained, const NumberSet& lost) {
  const auto found = kept(kind, 0);
  if (!found) {
    return tl::unexpected(found.error());
  }
  return replace(kind, ((*found)->set - lost) | gained);
}

Result<void> KeptSets::write() {
  for (auto& [name, each] : sets_) {
    if (!each.changed) {
      continue;
    }
    if (auto put = store_.put_set(name.first, each.set, name.second); !put) {
      return put;
    }
    each.changed = false;
  }
  return {};
}

}  // namespace muster::roster
