// Chance against a model that knows nothing of pages: a map from invitation to its last durable
// outcome.
#include <algorithm>
#include <iostream>
#include <map>
#include <random>
#include <set>
#include <utility>

#include "base/random.h"
#include "tests/ledger/ledger_fixture.h"

namespace muster::ledger {
namespace {

struct Flight {
  bool from_exception = false;
  bool slow = false;
  std::uint32_t generation = 0;
};

// What a pipeline would do, by chance. `answered` are outcomes told to the ledger and maybe not
// durable.
class Walk : public LedgerFixture {
 protected:
  void take_some_page() {
    take_page(random_.chance(0.7) ? Part::push : Part::mail);
    if (layout_.accounts != 0) {
      take_page(Part::account);
    }
  }

  Outcome draw() {
    const auto attempts = static_cast<std::uint8_t>(1 + random_.below(3));
    switch (random_.below(20)) {
      case 0:
        return {State::failed, Reason::bad_device_token, attempts};
      case 1:
        return {State::unreachable, Reason::unregistered, attempts};
      case 2:
        return {State::deferred, Reason::too_many_requests, attempts};
      case 3:
        return {State::in_doubt, Reason::connection_lost, attempts};
      case 4:
        return {State::expired, Reason::too_late, attempts};
      default:
        return {State::sent, Reason::none, attempts};
    }
  }

  // What can become of an account.
  static Outcome of_account(const Outcome& drawn) {
    switch (drawn.state) {
      case State::sent:
        return {State::enrolled, Reason::none, 0};
      case State::deferred:
      case State::in_doubt:
        return {State::registering, Reason::none, 0};
      case State::expired:
        return {State::expired, Reason::too_late, 0};
      default:
        return {State::failed, Reason::registration_refused, 0};
    }
  }

  void take_page(Part part) {
    const auto page = ledger_->lease(0, part);
    ASSERT_TRUE(page);
    if (!*page) {
      return;
    }
    in_hand_.insert((*page)->page);
    ASSERT_FALSE(part == Part::account && (*page)->in_doubt);
    const auto size = layout_.size_of((*page)->page);
    auto outcomes = (*page)->outcomes;
    outcomes.resize(size);  // empty: nothing of the page is known
    for (std::uint32_t at = 0; at < size; ++at) {
      const auto n = (*page)->first + at;
      const auto known = durable_.contains(n) ? durable_.at(n) : Outcome{};
      if (outcomes[at] == 0) {
        ASSERT_EQ(known.state, State::queued) << "invitation " << n << " was lost";
        flying_[n] = Flight{};
      } else {
        const auto home = Outcome::unpack(outcomes[at]);
        const auto told = pending_.find(n);  // of its exception, not durable yet
        ASSERT_TRUE(home == known || home.state == State::elsewhere ||
                    (told != pending_.end() && home == told->second))
            << "invitation " << n;
      }
    }
    ASSERT_TRUE((*page)->mark == size || outcomes[(*page)->mark] == 0);
  }

  void take_due() {
    for (const auto channel : {Channel::push, Channel::mail, Channel::account}) {
      const auto due = ledger_->gather(0, now_, 200, channel);
      ASSERT_TRUE(due);
      for (const auto& one : *due) {
        ASSERT_FALSE(flying_.contains(one.invitation));
        ASSERT_EQ(channel_of(layout_.part_of(one.invitation)), channel);
        flying_[one.invitation] = {true, false, one.generation};
      }
    }
  }

  // Every device that ended wakes a fallback or none, always the same one.
  void judge_some() {
    const auto judged = ledger_->unjudged(0, 300);
    std::vector<InvitationNumber> wake;
    for (const auto n : judged) {
      ASSERT_FALSE(ordinary_or_open(durable_.at(n).state)) << "invitation " << n;
      if (n % 3 != 0 && layout_.fallbacks != 0) {
        wake.push_back(layout_.first(Part::fallback) + n % layout_.fallbacks);
      }
    }
    if (!judged.empty()) {
      ledger_->judge(0, judged, wake);
      waking_.insert(wake.begin(), wake.end());
    }
  }
  static bool ordinary(State state) { return state == State::sent || state == State::enrolled; }
  static bool ordinary_or_open(State state) {
    return state != State::failed && state != State::unreachable && state != State::expired;
  }

  void answer_some(std::size_t most) {
    std::vector<InvitationNumber> open;
    for (auto at = flying_.begin(); at != flying_.end() && open.size() < most; ++at) {
      if (random_.chance(0.6)) {
        open.push_back(at->first);
      }
    }
    for (std::size_t at = open.size(); at > 1; --at) {
      std::swap(open[at - 1], open[random_.below(at)]);
    }
    for (const auto n : open) {
      answer(n);
    }
  }

  void answer(InvitationNumber n) {
    auto& flight = flying_.at(n);
    const bool account = layout_.part_of(n) == Part::account;
    const auto drawn = draw();
    auto told = settlement(n, account ? of_account(drawn) : drawn);
    told.from_exception = flight.from_exception;
    told.generation = flight.generation;
    if (!flight.from_exception && random_.chance(0.02) && !account) {
      told.kind = Settlement::Kind::slow;
      told.outcome = {State::queued, Reason::none, 1};
      settle(told);
      flight.from_exception = true;
      flight.slow = true;
      return;
    }
    const auto reply = reply_of(n, told.outcome);
    told.reply = reply;
    settle(told);
    pending_[n] = told.outcome;
    flying_.erase(n);
  }

  std::string reply_of(InvitationNumber n, const Outcome& outcome) const {
    if (!Layout::by_mail(layout_.part_of(n))) {
      return {};
    }
    return std::string(outcome.state == State::sent ? "250 queued as " : "550 not ") +
           std::to_string(n) + "." + std::to_string(outcome.attempts);
  }

  // After a commit every exception is durable, and every ordinary outcome below its page's mark.
  // The ledger itself is asked which: it may only ever say the outcome we told, or what stood
  // before.
  void check() {
    const auto read = rows(0, layout_.rows());
    ASSERT_EQ(read.size(), layout_.rows());
    std::map<State, std::uint64_t> recount;
    for (const auto& row : read) {
      ASSERT_EQ(row.asleep, layout_.part_of(row.invitation) == Part::fallback &&
                                !awake_.contains(row.invitation))
          << "invitation " << row.invitation;
      if (at_rest(row.outcome.state)) {
        ASSERT_EQ(row.reply, reply_of(row.invitation, row.outcome));
      }
      ++recount[row.outcome.state];
      const auto told = pending_.find(row.invitation);
      const auto before =
          durable_.contains(row.invitation) ? durable_.at(row.invitation) : Outcome{};
      if (told != pending_.end() && row.outcome == told->second) {
        durable_[row.invitation] = row.outcome;
        pending_.erase(told);
      } else if (told != pending_.end()) {
        ASSERT_TRUE(ordinary(told->second.state)) << "an exception was not durable";
        ASSERT_EQ(row.outcome, before) << "invitation " << row.invitation;
        ASSERT_TRUE(held_up(row.invitation)) << "the mark should have passed";
      } else if (row.outcome.state == State::in_doubt &&
                 row.outcome.reason == Reason::process_died) {
        ASSERT_NE(layout_.part_of(row.invitation), Part::account);
        durable_[row.invitation] = row.outcome;  // its holder died
      } else if (flying_.contains(row.invitation) && flying_.at(row.invitation).from_exception) {
        ASSERT_FALSE(at_rest(row.outcome.state) && before != row.outcome);
        durable_[row.invitation] = row.outcome;  // slow
      } else {
        ASSERT_EQ(row.outcome, before) << "invitation " << row.invitation;
      }
    }
    for (const auto& [state, count] : recount) {
      if (state != State::queued) {
        ASSERT_EQ(count_of(ledger_->counts(0), state), count) << name_of(state);
        ASSERT_EQ(count_of(task_row().counts, state), count);
      }
    }
  }

  // Whether an earlier invitation of the page is not answered yet.
  bool held_up(InvitationNumber n) const {
    const auto first = flying_.lower_bound(layout_.first_of(layout_.page_of(n)));
    return std::any_of(first, flying_.lower_bound(n),
                       [](const auto& entry) { return !entry.second.from_exception; });
  }

  void crash() {
    flying_.clear();
    in_hand_.clear();
    pending_.clear();
    waking_.clear();
    reattach();
  }

  // As a pause does: what is in flight comes back, pages are released.
  void pause() {
    for (const auto& [n, flight] : flying_) {
      settle_kind(n, Settlement::Kind::returned, flight.from_exception);
      if (flight.slow) {
        pending_[n] = {State::deferred, Reason::none, 1};
      }
    }
    flying_.clear();
    for (const auto page : std::exchange(in_hand_, {})) {
      ledger_->release(0, page);
    }
    commit_and_check();
    ASSERT_EQ(ledger_->pages_in_hand(0), 0U);
    ASSERT_TRUE(pending_.empty());  // released: everything answered is durable
    ASSERT_TRUE(ledger_->detach(0));
    attach();
    check();
  }

  void commit_and_check() {
    const auto report = commit();
    for (const auto& mark : report.marks) {
      if (mark.mark == layout_.size_of(mark.page)) {
        in_hand_.erase(mark.page);
      }
    }
    ASSERT_EQ(ledger_->pages_in_hand(0), in_hand_.size());
    awake_.merge(waking_);
    waking_.clear();
    ASSERT_EQ(ledger_->counts(0).woken, awake_.size());
    completed_ = completed_ || !report.completed.empty();
    check();
  }

  void step() {
    switch (random_.below(17)) {
      case 0:
        take_some_page();
        break;
      case 16:
        judge_some();
        break;
      case 1:
        take_due();
        break;
      case 2:
        crash();
        break;
      case 3:
        pause();
        break;
      case 4:
      case 5:
      case 6:
        commit_and_check();
        break;
      default:
        answer_some(600);
        break;
    }
  }

  void run(std::uint64_t seed, const Layout& layout) {
    std::cout << "seed " << seed << "\n";
    random_ = Random(seed);
    create(layout);
    attach();
    for (int at = 0; at < 150 && !completed_ && !HasFatalFailure(); ++at) {
      step();
    }
    for (int at = 0; at < 2000 && !completed_ && !HasFatalFailure(); ++at) {
      now_.milliseconds += 1'000'000;
      take_page(Part::push);
      take_page(Part::mail);
      take_page(Part::account);
      take_due();
      judge_some();
      answer_some(layout_.rows());
      commit_and_check();
    }
    ASSERT_FALSE(HasFatalFailure());
    ASSERT_TRUE(completed_);
    ASSERT_EQ(task_row().state, TaskState::completed);
    for (const auto& row : rows(0, layout_.rows())) {
      ASSERT_TRUE(row.asleep || at_rest(row.outcome.state));
    }
  }

  Random random_{0};
  bool completed_ = false;
  std::map<InvitationNumber, Outcome> durable_;
  std::map<InvitationNumber, Outcome> pending_;
  std::map<InvitationNumber, Flight> flying_;
  std::set<std::uint32_t> in_hand_;
  std::set<InvitationNumber> waking_;  // told, maybe not durable
  std::set<InvitationNumber> awake_;
};

constexpr Layout push_alone{3 * limits::page_size - 1000, 0, 0};
constexpr Layout all_parts{limits::page_size + 1000, 5 * limits::mail_page_size - 100,
                           3 * limits::mail_page_size - 100};
constexpr Layout with_accounts{1000, limits::mail_page_size + 10, 100, limits::page_size + 500};

TEST_F(Walk, LosesNothingWhateverTheOrderAndTheCrashes) {
  run(std::random_device{}(), push_alone);
}
TEST_F(Walk, LosesNothingOnAnOldWalk) {
  run(20'261'122, push_alone);
}
TEST_F(Walk, LosesNothingOnAnotherOldWalk) {
  run(4096, push_alone);
}
TEST_F(Walk, LosesNoMailAndWakesNobodyTwice) {
  run(std::random_device{}(), all_parts);
}
TEST_F(Walk, LosesNoMailOnAnOldWalk) {
  run(20'261'123, all_parts);
}
TEST_F(Walk, LosesNoAccountAndDoubtsNone) {
  run(std::random_device{}(), with_accounts);
}

}  // namespace
}  // namespace muster::ledger
