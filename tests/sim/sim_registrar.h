// The registrar of the simulation: users who wait come to a word in a random order over time, some
// who may go accept in mid-task. It stands outside the process: a crash does not touch it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/number_set.h"
#include "base/random.h"
#include "base/time.h"
#include "pipeline/clearance.h"

namespace muster::sim {

class SimRegistrar final : public pipeline::Clearances {
 public:
  using Word = pipeline::Clearance::Word;

  // Whoever is among `accounts` comes to be enrolled or refused in the end.
  SimRegistrar(const NumberSet& users, const NumberSet& accounts, Instant now, Duration lasts,
               std::uint64_t seed) {
    Random random(seed);
    const auto later = [&] {
      return now + Duration{static_cast<std::int64_t>(
                       random.below(static_cast<std::uint64_t>(lasts.count())))};
    };
    users.for_each([&](UserNumber user) {
      const bool account = accounts.contains(user);
      const bool waits = account || random.chance(0.4);
      table_[user].word = waits ? Word::wait : Word::go;
      auto word = table_[user].word;
      Instant at = now;
      if (waits) {
        at = later();
        word = random.chance(0.15)   ? Word::refused
               : random.chance(0.15) ? Word::enrolled
                                     : Word::go;
        turns_.emplace(at, Turn{user, word});
      }
      if (word == Word::go && (account || random.chance(0.1))) {
        turns_.emplace(std::max(at, later()) + std::chrono::milliseconds(1),
                       Turn{user, Word::enrolled});
      }
    });
  }

  [[nodiscard]] pipeline::Clearance of(UserNumber user) const override {
    auto& known = table_.at(user);
    known.said = known.word;
    return {known.word, known.word == Word::refused ? Reason::registration_refused : Reason::none};
  }
  [[nodiscard]] std::uint64_t changes() const override { return changes_; }
  [[nodiscard]] Result<void> read_urls(std::span<const UserNumber> users,
                                       std::vector<std::string>& into) override {
    into.clear();
    for (const auto user : users) {
      into.push_back(table_.at(user).word == Word::go ? url_of(user) : "");
    }
    return {};
  }

  // What has come to pass until now.
  void advance(Instant now) {
    for (; !turns_.empty() && turns_.begin()->first <= now; turns_.erase(turns_.begin())) {
      table_.at(turns_.begin()->second.user).word = turns_.begin()->second.word;
      ++changes_;
    }
  }
  [[nodiscard]] Word word(UserNumber user) const { return table_.at(user).word; }
  // What the expander heard when it asked last.
  [[nodiscard]] Word said(UserNumber user) const { return table_.at(user).said; }
  [[nodiscard]] static std::string url_of(UserNumber user) {
    return "https://buy.itunes.example/?inviteCode=" + std::to_string(user);
  }

 private:
  struct Known {
    Word word = Word::wait;
    Word said = Word::wait;
  };
  struct Turn {
    UserNumber user = 0;
    Word word = Word::go;
  };
  mutable std::unordered_map<UserNumber, Known> table_;
  std::multimap<Instant, Turn> turns_;
  std::uint64_t changes_ = 1;
};

}  // namespace muster::sim
