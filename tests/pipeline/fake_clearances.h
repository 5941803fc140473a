// Clearances as a test says: a table of users and what changes() is. Everybody else may go.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/clearance.h"

namespace muster::pipeline::testing {

class FakeClearances final : public Clearances {
 public:
  using Word = Clearance::Word;

  [[nodiscard]] Clearance of(UserNumber user) const override {
    const auto known = table_.find(user);
    return known == table_.end() ? otherwise : known->second;
  }
  [[nodiscard]] std::uint64_t changes() const override { return changes_; }
  [[nodiscard]] Result<void> read_urls(std::span<const UserNumber> users,
                                       std::vector<std::string>& into) override {
    if (trouble.code != ErrorCode::none) {
      return tl::unexpected<Error>(trouble);
    }
    ++reads;
    into.clear();
    for (const auto user : users) {
      into.push_back(of(user).word == Word::go && !lost.contains(user) ? url_of(user) : "");
    }
    return {};
  }

  void say(UserNumber user, Word word, Reason reason = Reason::none) {
    table_[user] = {word, reason};
    ++changes_;
  }
  [[nodiscard]] static std::string url_of(UserNumber user) {
    return "https://buy.itunes.example/?inviteCode=" + std::to_string(user) + "&mt=8";
  }

  Clearance otherwise;              // of whom the table does not name
  std::map<UserNumber, bool> lost;  // may go, and have no URL
  Error trouble;                    // of read_urls()
  int reads = 0;                    // calls of read_urls() that went well

 private:
  std::map<UserNumber, Clearance> table_;
  std::uint64_t changes_ = 1;
};

}  // namespace muster::pipeline::testing
