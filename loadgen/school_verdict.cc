#include "loadgen/school_verdict.h"

#include <algorithm>

#include "loadgen/json_shape.h"

namespace muster::loadgen {
namespace {

constexpr std::uint64_t examples_per_defect = 5;

constexpr std::array<std::string_view, school_defects_count> defect_words{
    "not at rest",
    "handed over, but no push reached the device",
    "handed over, but the device asked in vain",
    "shown twice under two commands",
    "another state than the device's",
    "a rule was broken",
    "registered twice",
    "another state than the account's"};

bool handed_over(State state) {
  return state == State::sent || state == State::shown || state == State::postponed ||
         state == State::enrolled;
}

bool one_of(State state, std::initializer_list<State> states) {
  return std::find(states.begin(), states.end(), state) != states.end();
}

std::string text_of(const std::vector<JsonMember>& members, std::string_view key) {
  return std::string(json_plain_string(json_value(members, key)).value_or(""));
}

}  // namespace

std::string_view words(SchoolDefect defect) {
  return defect_words[static_cast<std::size_t>(defect)];
}

bool allowed(State state, const SchoolEnd& end) {
  if (end.accepted) {
    const bool lost_to_it = (end.refused && state == State::failed) ||
                            ((end.left || end.missed) && state == State::unreachable);
    return lost_to_it || one_of(state, {State::enrolled, State::superseded});
  }
  // Nobody hands over to a device any more that has left, whatever it said before.
  if (end.left) {
    return one_of(state, {State::unreachable});
  }
  if (end.shown) {
    return one_of(state, {State::shown});
  }
  if (end.refused) {
    return one_of(state, {State::failed});
  }
  if (end.postponed) {
    return one_of(state, {State::postponed, State::expired});
  }
  if (end.woken) {
    return one_of(state, {State::sent, State::expired});
  }
  if (end.missed) {
    return one_of(state, {State::unreachable});
  }
  return !handed_over(state);
}

// ── filling ──

bool SchoolVerdict::hear(std::string_view line) {
  const auto read = json_members(line);
  const auto members = read.value_or(std::vector<JsonMember>());
  const auto fact = text_of(members, "fact");
  if (fact.empty()) {
    return false;
  }
  if (fact == "violation" && text_of(members, "kind") == "registered_twice") {
    ++asked_again_;
  } else if (fact == "violation") {
    violations_.push_back(std::string(line));
  } else if (fact == "accepted") {
    users_accepted_.insert(text_of(members, "user"));
  } else if (fact == "registered" || fact == "retired" || fact == "associated") {
    hear_books(fact, members);
  } else if (const auto device = text_of(members, "device"); !device.empty()) {
    hear_device(devices_[device], fact, members);
  }
  return true;
}

void SchoolVerdict::hear_books(std::string_view fact, const std::vector<JsonMember>& members) {
  const auto email = text_of(members, "email");
  const auto by = text_of(members, "by");
  const auto id = text_of(members, "clientUserId");
  if (fact == "registered" && by != "stranger") {
    hear_registered(id, email);
  } else if (fact == "retired") {
    mailboxes_.erase(registered_[id]);
    registered_.erase(id);
  } else if (fact == "associated" && by == "account") {
    if (const auto user = users_.find(email); user != users_.end()) {
      users_associated_.insert(user->second);
    }
  } else if (const auto code = text_of(members, "codeSha256"); !code.empty()) {
    codes_accepted_.insert(code);
  }
}

void SchoolVerdict::hear_registered(const std::string& id, const std::string& email) {
  const bool first = registered_.emplace(id, email).second;
  const bool alone = email.empty() || mailboxes_.emplace(email, id).first->second == id;
  if (!first || !alone) {
    twice_.push_back(id);
  }
}

void SchoolVerdict::hear_device(Past& past, std::string_view fact,
                                const std::vector<JsonMember>& members) {
  past.woken = past.woken || fact == "woken";
  past.missed = past.missed || fact == "missed";
  past.asked = past.asked || fact == "asked";
  past.left = past.left || fact == "checked_out";
  if (fact == "handed") {
    past.handed = true;
    past.code = text_of(members, "code");
  } else if (fact == "answered") {
    const auto result = text_of(members, "result");
    if (text_of(members, "status") == "NotNow") {
      past.said = Said::not_now;
    } else if (result == "Acknowledged") {
      past.said = Said::shown;
      past.showed.insert(text_of(members, "command"));
    } else {
      past.said = Said::refused;
    }
  }
}

// ── judging ──

SchoolReport SchoolVerdict::judge() {
  report_ = {};
  report_.users_accepted = std::max(users_accepted_.size(), codes_accepted_.size());
  report_.asked_again = asked_again_;
  for (const auto& row : rows_) {
    judge_row(row, devices_[row.device_id]);
  }
  for (const auto& id : twice_) {
    ++report_.doubled;
    blame(SchoolDefect::registered_twice, "clientUserId " + id);
  }
  for (const auto& line : violations_) {
    ++report_.violations;
    blame(SchoolDefect::violation, line);
  }
  return report_;
}

bool SchoolVerdict::accepted(const SchoolRow& row, const Past& past) const {
  return users_accepted_.contains(row.user_id) ||
         (!past.code.empty() && codes_accepted_.contains(past.code));
}

void SchoolVerdict::judge_row(const SchoolRow& row, const Past& past) {
  ++report_.rows;
  ++report_.by_state[static_cast<std::size_t>(row.state)];
  const auto who = "invitation " + std::to_string(row.invitation) +
                   (row.account ? " of user " + row.user_id : " of device " + row.device_id) +
                   ": " + std::string(name_of(row.state));
  if (past.showed.size() > 1) {
    ++report_.doubled;
    blame(SchoolDefect::shown_twice, who);
  }
  if (!at_rest(row.state)) {
    ++report_.lost;
    blame(SchoolDefect::not_at_rest, who);
    return;
  }
  if (row.account) {
    judge_account(row, who);
    return;
  }
  const SchoolEnd end{.accepted = accepted(row, past),
                      .shown = past.said == Said::shown,
                      .refused = past.said == Said::refused,
                      .left = past.left,
                      .postponed = past.said == Said::not_now,
                      .woken = past.woken,
                      .missed = past.missed};
  if (handed_over(row.state) && !end.accepted && !past.woken && !past.missed) {
    ++report_.lost;
    blame(SchoolDefect::never_reached, who);
  } else if (handed_over(row.state) && !end.accepted && past.asked && !past.handed) {
    ++report_.lost;
    blame(SchoolDefect::given_nothing, who);
  } else if (!allowed(row.state, end)) {
    ++report_.misreported;
    blame(SchoolDefect::wrong_state, who);
  }
}

void SchoolVerdict::judge_account(const SchoolRow& row, const std::string& who) {
  ++report_.accounts;
  const bool associated = users_associated_.contains(row.user_id);
  if (!users_.empty() && associated != (row.state == State::enrolled)) {
    ++report_.misreported;
    blame(SchoolDefect::wrong_account, who);
  }
}

void SchoolVerdict::blame(SchoolDefect defect, const std::string& what) {
  if (++report_.by_defect[static_cast<std::size_t>(defect)] <= examples_per_defect) {
    report_.examples.push_back(std::string(words(defect)) + ": " + what);
  }
}

}  // namespace muster::loadgen
