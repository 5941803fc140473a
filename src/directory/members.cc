#include "directory/members.h"

#include <algorithm>

#include "directory/text.h"

namespace muster::directory {
namespace {

void settle_order(std::vector<std::uint32_t>& places) {
  std::ranges::sort(places);
  places.erase(std::ranges::unique(places).begin(), places.end());
}

// Tarjan's strongly connected components, without recursion: ten thousand levels are data.
class Circles {
 public:
  explicit Circles(const std::vector<std::vector<std::uint32_t>>& inside)
      : inside_(inside), order_(inside.size()), low_(inside.size()), of_(inside.size(), nobody) {}

  std::vector<std::uint32_t> find() {
    for (std::uint32_t root = 0; root < inside_.size(); ++root) {
      if (order_[root] == 0) {
        walk_from(root);
      }
    }
    return std::move(of_);
  }

 private:
  static constexpr std::uint32_t nobody = UINT32_MAX;
  struct Step {
    std::uint32_t group;
    std::size_t next;
  };

  void enter(std::uint32_t group) {
    order_[group] = low_[group] = ++entered_;
    open_.push_back(group);
    way_.push_back(Step{group, 0});
  }

  void walk_from(std::uint32_t root) {
    enter(root);
    while (!way_.empty()) {
      auto& [group, next] = way_.back();
      if (next < inside_[group].size()) {
        const auto child = inside_[group][next++];
        if (order_[child] == 0) {
          enter(child);
        } else if (of_[child] == nobody) {
          low_[group] = std::min(low_[group], order_[child]);
        }
        continue;
      }
      leave(group);
    }
  }

  void leave(std::uint32_t group) {
    way_.pop_back();
    if (!way_.empty()) {
      const auto above = way_.back().group;
      low_[above] = std::min(low_[above], low_[group]);
    }
    if (low_[group] != order_[group]) {
      return;
    }
    const auto first = std::ranges::find(open_, group);
    const auto least = *std::min_element(first, open_.end());
    for (auto each = first; each != open_.end(); ++each) {
      of_[*each] = least;
    }
    open_.erase(first, open_.end());
  }

  const std::vector<std::vector<std::uint32_t>>& inside_;
  std::vector<std::uint32_t> order_;  // from 1, as they were entered; 0: not yet
  std::vector<std::uint32_t> low_;
  std::vector<std::uint32_t> of_;
  std::vector<std::uint32_t> open_;
  std::vector<Step> way_;
  std::uint32_t entered_ = 0;
};

}  // namespace

std::vector<std::uint32_t> circles_of(const std::vector<std::vector<std::uint32_t>>& inside) {
  return Circles(inside).find();
}

void Members::know_users() {
  for (std::uint32_t place = 0; place < directory_.users.size(); ++place) {
    const auto& user = directory_.users[place];
    users_by_dn_.emplace(user.dn, place);
    users_by_id_.emplace(lower(user.user_id), place);
    users_by_guid_.emplace(user.guid, place);
  }
}

void Members::add_user(std::uint32_t group, const Places& places, const std::string& key) {
  ++count_;
  if (const auto found = places.find(key); found != places.end()) {
    directory_.groups[group].users.push_back(found->second);
    return;
  }
  first_unknown_ = unknown_++ == 0 ? key : first_unknown_;
}

void Members::add_dn(std::uint32_t group, const std::string& dn) {
  if (users_by_dn_.contains(dn)) {
    add_user(group, users_by_dn_, dn);
    return;
  }
  ++count_;
  waiting_.resize(std::max<std::size_t>(waiting_.size(), std::size_t{group} + 1));
  waiting_[group].dns.push_back(dn);
}

void Members::add_user_id(std::uint32_t group, const std::string& user_id) {
  add_user(group, users_by_id_, lower(user_id));
}

void Members::add_user_guid(std::uint32_t group, const std::string& guid) {
  add_user(group, users_by_guid_, lower(guid));
}

void Members::add_group_guid(std::uint32_t group, const std::string& guid) {
  ++count_;
  waiting_.resize(std::max<std::size_t>(waiting_.size(), std::size_t{group} + 1));
  waiting_[group].guids.push_back(lower(guid));
}

void Members::add_primary(std::uint32_t user, const std::string& number) {
  if (!number.empty()) {
    primaries_.emplace_back(user, number);
  }
}

void Members::know_number(std::uint32_t group, const std::string& number) {
  if (!number.empty()) {
    groups_by_number_.emplace(number, group);
  }
}

void Members::settle() {
  settle_groups();
  settle_primaries();
  for (auto& group : directory_.groups) {
    settle_order(group.users);
    settle_order(group.groups);
  }
  cut_circles();
  warn_of_unknown();
}

void Members::settle_groups() {
  Places by_dn;
  Places by_guid;
  for (std::uint32_t place = 0; place < directory_.groups.size(); ++place) {
    by_dn.emplace(directory_.groups[place].dn, place);
    by_guid.emplace(directory_.groups[place].guid, place);
  }
  const auto add = [&](std::uint32_t group, const Places& places, const std::string& key) {
    if (const auto found = places.find(key); found != places.end()) {
      directory_.groups[group].groups.push_back(found->second);
    } else {
      first_unknown_ = unknown_++ == 0 ? key : first_unknown_;
    }
  };
  for (std::uint32_t group = 0; group < waiting_.size(); ++group) {
    for (const auto& dn : waiting_[group].dns) {
      add(group, by_dn, dn);
    }
    for (const auto& guid : waiting_[group].guids) {
      add(group, by_guid, guid);
    }
  }
}

void Members::settle_primaries() {
  for (const auto& [user, number] : primaries_) {
    if (const auto found = groups_by_number_.find(number); found != groups_by_number_.end()) {
      directory_.groups[found->second].users.push_back(user);
      ++count_;
    }
  }
}

void Members::cut_circles() {
  auto& groups = directory_.groups;
  std::vector<std::vector<std::uint32_t>> inside;
  inside.reserve(groups.size());
  for (const auto& group : groups) {
    inside.push_back(group.groups);
  }
  const auto circles = circles_of(inside);
  std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> rings;
  for (std::uint32_t group = 0; group < groups.size(); ++group) {
    rings[circles[group]].push_back(group);
  }
  for (std::uint32_t least = 0; least < groups.size(); ++least) {
    const auto ring = rings.find(least);
    if (ring == rings.end()) {
      continue;
    }
    if (ring->second.size() == 1) {
      std::erase(groups[least].groups, least);  // itself
      continue;
    }
    Group all;
    std::string words;
    for (const auto group : ring->second) {
      words += (words.empty() ? "'" : ", '") + groups[group].group_id + "'";
      all.users.insert(all.users.end(), groups[group].users.begin(), groups[group].users.end());
      std::ranges::copy_if(groups[group].groups, std::back_inserter(all.groups),
                           [&](std::uint32_t child) { return circles[child] != least; });
    }
    settle_order(all.users);
    settle_order(all.groups);
    for (const auto group : ring->second) {
      groups[group].users = all.users;
      groups[group].groups = all.groups;
    }
    directory_.warnings.push_back("the groups " + words +
                                  " hold one another; each has the users of all of them");
  }
}

void Members::warn_of_unknown() {
  if (unknown_ != 0) {
    directory_.warnings.push_back(
        std::to_string(unknown_) +
        " members of groups are neither users nor groups below the base, and are left out; the "
        "first is '" +
        first_unknown_ + "'");
  }
}

}  // namespace muster::directory
