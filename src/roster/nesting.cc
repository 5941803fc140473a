#include "roster/nesting.h"

#include <algorithm>

namespace muster::roster {
namespace {

// A group on the way down, and which of the groups inside it comes next.
struct Step {
  GroupNumber group;
  std::size_t next;
};

enum class Seen : std::uint8_t { never, on_the_way, done };

std::vector<GroupNumber> way_back_to(GroupNumber group, const std::vector<Step>& way) {
  std::vector<GroupNumber> cycle;
  const auto begin = std::ranges::find(way, group, &Step::group);
  for (auto step = begin; step != way.end(); ++step) {
    cycle.push_back(step->group);
  }
  cycle.push_back(group);
  return cycle;
}

std::size_t groups_named(const Nesting& inside) {
  std::size_t count = inside.size();
  for (const auto& children : inside) {
    for (const auto child : children) {
      count = std::max<std::size_t>(count, std::size_t{child} + 1);
    }
  }
  return count;
}

}  // namespace

std::vector<GroupNumber> find_cycle(const Nesting& inside) {
  std::vector<Seen> seen(groups_named(inside), Seen::never);
  std::vector<Step> way;
  for (GroupNumber root = 0; root < inside.size(); ++root) {
    if (seen[root] != Seen::never) {
      continue;
    }
    way.push_back(Step{root, 0});
    seen[root] = Seen::on_the_way;
    while (!way.empty()) {
      auto& [group, next] = way.back();
      if (group >= inside.size() || next == inside[group].size()) {
        seen[group] = Seen::done;
        way.pop_back();
        continue;
      }
      const auto child = inside[group][next++];
      if (seen[child] == Seen::on_the_way) {
        return way_back_to(child, way);
      }
      if (seen[child] == Seen::never) {
        seen[child] = Seen::on_the_way;
        way.push_back(Step{child, 0});
      }
    }
  }
  return {};
}

std::vector<GroupNumber> closure_of(std::span<const GroupNumber> groups, const Nesting& inside) {
  std::vector<bool> seen(groups_named(inside));
  std::vector<GroupNumber> found;
  const auto visit = [&](GroupNumber group) {
    if (group >= seen.size()) {
      seen.resize(std::size_t{group} + 1);
    }
    if (!seen[group]) {
      seen[group] = true;
      found.push_back(group);
    }
  };
  std::ranges::for_each(groups, visit);
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i] < inside.size()) {
      std::ranges::for_each(inside[found[i]], visit);
    }
  }
  return found;
}

std::string words_of_way(std::span<const GroupNumber> way,
                         const std::function<std::string(GroupNumber)>& id_of) {
  constexpr std::size_t shown_max = 16;
  std::string words = id_of(way.front());
  for (std::size_t i = 1; i < way.size(); ++i) {
    if (way.size() > shown_max && i == shown_max / 2) {
      i = way.size() - shown_max / 2;
      words += " → …";
    }
    words += " → " + id_of(way[i]);
  }
  return words;
}

NumberSet enabled_users(const Switched& users, const NumberSet& off_by_group) {
  return users.all - users.off - (off_by_group - users.on);
}

}  // namespace muster::roster
