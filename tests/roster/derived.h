// Everything that a roster.db derives from its rows, as text that can be compared.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "base/bytes.h"
#include "model/limits.h"
#include "roster/roster.h"
#include "store/roster_store.h"

namespace muster::roster {

inline std::string text_of(const NumberSet& set) {
  std::string text;
  set.for_each([&](std::uint32_t number) { text += std::to_string(number) + " "; });
  return text;
}

inline std::string text_of(const PushTarget& target) {
  return std::to_string(target.user) + "/" + std::to_string(target.topic) + "/" +
         std::to_string(target.language) + "/" + std::to_string(target.registered_at_s) + "/" +
         std::to_string(static_cast<int>(target.hindrance)) + "/" + to_hex(target.token) + "/" +
         std::string(target.magic);
}

// By name of the set, group or device. What is empty is left out: absent and empty are the same.
inline std::map<std::string, std::string> derived_of(const std::string& dir) {
  std::map<std::string, std::string> all;
  auto store = store::RosterStore::open(dir, store::OpenMode::read);
  if (!store || !store->begin()) {
    ADD_FAILURE() << "the roster cannot be read";
    return all;
  }
  const auto add = [&](const std::string& name, const Result<NumberSet>& set) {
    ASSERT_TRUE(set) << name;
    if (!set->empty()) {
      all[name] = text_of(*set);
    }
  };
  for (int kind = 1; kind <= static_cast<int>(store::SetKind::users_inactive); ++kind) {
    for (std::uint32_t key = 0; key <= limits::credentials_max; ++key) {
      add("set " + std::to_string(kind) + " " + std::to_string(key),
          store->set(static_cast<store::SetKind>(kind), key));
    }
  }
  for (GroupNumber group = 0; group < *store->groups_count(); ++group) {
    auto sets = store->group_sets(group);
    EXPECT_TRUE(sets);
    add("members of " + std::to_string(group), sets->members);
    add("children of " + std::to_string(group), sets->children);
    add("devices of " + std::to_string(group), sets->devices);
  }
  store->rollback();
  auto reader = RosterReader::open(dir);
  EXPECT_TRUE(reader);
  for (std::uint32_t number = 0;; ++number) {
    const auto block = (*reader)->block(number);
    EXPECT_TRUE(block);
    bool any = false;
    for (DeviceNumber i = 0; i < limits::block_size; ++i) {
      const auto device = number * limits::block_size + i;
      if (const auto target = block->at(device); target.known) {
        all["device " + std::to_string(device)] = text_of(target);
        any = true;
      }
    }
    if (!any) {
      return all;
    }
  }
}

// One line a name whose texts differ; empty: all are alike.
inline std::string difference(const std::map<std::string, std::string>& kept,
                              const std::map<std::string, std::string>& derived) {
  std::string lines;
  const auto text_in = [](const auto& all, const std::string& name) {
    const auto found = all.find(name);
    return found == all.end() ? std::string("nothing") : found->second;
  };
  auto names = kept;
  names.insert(derived.begin(), derived.end());
  for (const auto& [name, unused] : names) {
    if (text_in(kept, name) != text_in(derived, name)) {
      lines +=
          name + ": kept " + text_in(kept, name) + ", derived " + text_in(derived, name) + "\n";
    }
  }
  return lines;
}

}  // namespace muster::roster
