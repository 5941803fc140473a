#include "tests/sim/world.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace muster::sim {
namespace {

constexpr Duration finish_within = std::chrono::minutes(20);  // after the faults' end, and
// so many latencies a push and stream: there and back, and a push sent twice.
constexpr int latencies_a_push = 4;
constexpr Duration step_most = std::chrono::milliseconds(20);
constexpr std::size_t complaints_max = 10;

// The last of those who have an address alone become the accounts.
ledger::NewTask task_of(const testing::Household& household, const Options& options,
                        const Clock& clock) {
  auto task = household.new_mail_task(clock.wall().seconds() + 86'400);
  for (std::uint32_t i = 0; i < options.accounts; ++i) {
    const auto user = *task.mailboxes.at(task.mailboxes.size() - 1);
    task.mailboxes.remove(user);
    task.accounts.add(user);
  }
  return task;
}

bool unheard(Reason reason) {
  return reason == Reason::connection_lost || reason == Reason::stream_reset ||
         reason == Reason::answer_overdue || reason == Reason::process_died ||
         reason == Reason::no_mail_host || reason == Reason::dns_failed;
}

}  // namespace

World::World(const Options& options)
    : options_(options),
      random_(options.seed),
      household_(options.invitations, options.mailboxes + options.accounts),
      task_(task_of(household_, options, clock_)),
      far_end_(options_, false),
      mail_end_(options_, true),
      registrar_(task_.users, task_.accounts, clock_.now(), options.registering_lasts,
                 options.seed) {
  witness_.objection = [this](const Job& job) { return objection_to(job); };
  const auto ledger = household_.open_ledger();
  EXPECT_TRUE(ledger->create_task(task_));
  std::vector<std::pair<DeviceNumber, std::int64_t>> lost;
  for (std::uint32_t i = 0; i < options_.tokens_lost; ++i) {
    const auto device = task_.devices.at(random_.below(options_.invitations));
    lost.emplace_back(device.value_or(0), std::int64_t{4'000'000'000'000});
  }
  EXPECT_TRUE(household_.roster().forget_tokens(lost));
}

void World::run() {
  const Instant calm_at = clock_.now() + options_.faults_last;
  const Instant end =
      calm_at + finish_within +
      latencies_a_push * options_.latency_most * options_.invitations / options_.streams;
  open_process();
  while (process_->entry().phase.load() != pipeline::TaskEntry::Phase::completed) {
    if (clock_.now() > end) {
      complain("the task does not come to its end: " + std::to_string(witness_.on_the_way.size()) +
               " on the way");
      break;
    }
    far_end_.faulty = clock_.now() < calm_at && requests() < 4 * rows_count();
    mail_end_.faulty = far_end_.faulty;
    registrar_.advance(clock_.now());
    process_->step();
    if (crash_is_due()) {
      crash();
    } else if (drains_done_ < options_.drains.size() && !draining_ &&
               far_end_.requests >= options_.drains[drains_done_]) {
      ++drains_done_;
      draining_ = true;
      process_->request_stop(pipeline::Stop::drain);
    }
    if (process_->entry().phase.load() == pipeline::TaskEntry::Phase::stopped) {
      draining_ = false;
      begin_life();
    }
    advance();
  }
  end_life();
  check();
}

bool World::crash_is_due() {
  if (crashes_done_ < options_.crashes.size() &&
      far_end_.requests >= options_.crashes[crashes_done_]) {
    ++crashes_done_;
    return true;
  }
  if (mail_crashes_done_ < options_.mail_crashes.size() &&
      mail_end_.requests >= options_.mail_crashes[mail_crashes_done_]) {
    ++mail_crashes_done_;
    return true;
  }
  return false;
}

void World::open_process() {
  process_ = std::make_unique<Process>(household_, task_, FarEnds{far_end_, mail_end_, registrar_},
                                       witness_, clock_, random_);
}

// In good order: what is on the way would be a repeat.
void World::begin_life() {
  end_life();
  open_process();
}

void World::end_life() {
  if (process_->entry().phase.load() != pipeline::TaskEntry::Phase::open &&
      !witness_.on_the_way.empty()) {
    complain("the task ended while pushes were on the way");
  }
  process_.reset();
}

// Small steps while bytes travel, long ones while everybody waits.
void World::advance() {
  const Instant now = clock_.now();
  const Instant until = std::min(process_->next(), now + step_most);
  const Duration little = std::chrono::microseconds(20 + random_.below(1'000));
  clock_.turn_to(std::max(until, now + little));
}

void World::crash() {
  draining_ = false;
  const auto gauges = process_->gauges();
  process_->crash();
  if (const auto died = witness_.crash(); died > gauges.in_flight) {
    complain(std::to_string(died) + " died on the way, in_flight says " +
             std::to_string(gauges.in_flight));
  }
  process_.reset();
  forgive(gauges);
  open_process();
}

// What was accepted and is not on disk may be sent once more.
void World::forgive(const Gauges& gauges) {
  std::uint64_t forgotten = 0;
  for (const auto& row : rows()) {
    auto& told = witness_.attempts[id_of(row.invitation)];
    if (!at_rest(row.outcome.state) && told.accepted_unforgotten != 0) {
      told.accepted_unforgotten = 0;
      ++told.forgotten;
      ++forgotten;
    }
  }
  if (forgotten > gauges.unsettled) {
    complain(std::to_string(forgotten) + " answers were forgotten by a crash, unsettled says " +
             std::to_string(gauges.unsettled));
  }
}

void World::check() {
  const auto all = rows();
  if (all.size() != rows_count()) {
    complain("the ledger has " + std::to_string(all.size()) + " rows");
  }
  std::uint64_t repeated = 0;
  for (const auto& row : all) {
    check_row(row);
    repeated += deeds_of(row.invitation).acted > 1 ? 1 : 0;
  }
  check_counts(all);
  const auto reader = ledger::LedgerReader::open(household_.dir());
  const auto task = (*reader)->task(task_.id);
  if ((*task)->counts.repeated < repeated) {
    complain(std::to_string(repeated) + " ids were acted upon twice, repeated says " +
             std::to_string((*task)->counts.repeated));
  }
  for (const auto* end : {&far_end_, &mail_end_}) {
    for (const auto& words : end->complaints) {
      complain(words);
    }
  }
  for (const auto& words : witness_.complaints) {
    complain(words);
  }
}

void World::check_row(const ledger::Row& row) {
  const auto id = id_of(row.invitation);
  const auto& done = deeds_of(row.invitation);
  const auto& told = witness_.attempts[id];
  const auto state = row.outcome.state;
  const auto words = [&] {
    return id + " (" + std::string(name_of(state)) + " " +
           std::string(name_of(row.outcome.reason)) + ", attempts " +
           std::to_string(row.outcome.attempts) + "): acted " + std::to_string(done.acted) +
           ", accepted " + std::to_string(told.accepted) + ", doubted " +
           std::to_string(told.doubted) + ", died " + std::to_string(told.died) + ": ";
  };
  if (!at_rest(state)) {
    complain(words() + "not at rest");
  }
  if (state == State::sent && (done.acted == 0 || told.accepted == 0)) {
    complain(words() + "lost: it was never accepted");
  }
  if (state != State::sent && told.accepted_unforgotten != 0) {
    complain(words() + "accepted, but not sent");
  }
  if (state != State::sent && done.acted != 0 && told.doubted + told.died + told.forgotten == 0) {
    complain(words() + "acted upon, but not sent");
  }
  if (done.acted > told.accepted + told.doubted + told.died || done.acted < told.accepted) {
    complain(words() + "the accounts differ");
  }
  if (state == State::unreachable && row.outcome.reason == Reason::unregistered &&
      !done.by_status.contains(410)) {
    complain(words() + "nobody said 410");
  }
  const bool refused_by_apple = row.outcome.reason == Reason::registration_refused;
  // A 4yz to MAIL names nobody.
  if (state == State::failed && !unheard(row.outcome.reason) && !refused_by_apple &&
      row.outcome.reason != Reason::server_busy && done.by_status.size() == 0) {
    complain(words() + "nobody refused it");
  }
  const auto most = is_mail(row.invitation) ? limits::mail_attempts_max : limits::attempts_max;
  const bool tried = state == State::sent || (state == State::failed && !refused_by_apple);
  if (tried && (row.outcome.attempts < 1 || row.outcome.attempts > most)) {
    complain(words() + "strange attempts");
  }
  check_target(row.invitation, words());
  if (options_.asks) {
    check_clearance(row, words());
  }
}

UserNumber World::user_of(InvitationNumber invitation) const {
  const auto& users = household_.all().users;
  switch (part_of(invitation)) {
    case Part::push:
      return *users.at(invitation);
    case Part::mail:
      return *task_.mailboxes.at(invitation - options_.invitations);
    default:
      return *task_.accounts.at(invitation - options_.invitations - options_.mailboxes);
  }
}

std::string World::objection_to(const Job& job) const {
  const auto user = user_of(job.invitation);
  if (options_.asks && registrar_.said(user) != SimRegistrar::Word::go) {
    return "sent although its user was not cleared";
  }
  return {};
}

// Words come in one order: wait, go, enrolled, or wait and then either end.
void World::check_clearance(const ledger::Row& row, const std::string& words) {
  using Word = SimRegistrar::Word;
  const auto word = registrar_.word(user_of(row.invitation));
  const auto state = row.outcome.state;
  const bool account = part_of(row.invitation) == Part::account;
  if (account && (state != (word == Word::refused ? State::failed : State::enrolled) ||
                  word == Word::wait || word == Word::go || row.outcome.attempts != 0)) {
    complain(words + "not as its account's registration ended");
  }
  const bool lost_token = row.outcome.reason == Reason::no_push_token;
  if (!account && word == Word::refused && state != State::failed && !lost_token) {
    complain(words + "Apple refused its user");
  }
  if (state == State::superseded && word != Word::enrolled) {
    complain(words + "superseded, but its user has not enrolled");
  }
  if (!account && state == State::failed && word != Word::refused &&
      row.outcome.reason == Reason::registration_refused) {
    complain(words + "Apple did not refuse its user");
  }
}

// Devices and users are numbered in the order of their import, which is that of their ids as they
// came.
void World::check_target(InvitationNumber invitation, const std::string& words) {
  const auto& done = deeds_of(invitation);
  if (is_mail(invitation)) {
    const auto address = testing::Household::address(invitation - options_.invitations);
    const bool right = done.path == address &&
                       (done.body.empty() || done.body.find("To: " + address) != std::string::npos);
    const auto url = options_.asks ? SimRegistrar::url_of(user_of(invitation)) : std::string();
    if (!done.body.empty() && done.body.find("Sign in: " + url + "\r\n") == std::string::npos) {
      complain(words + "wrong URL: " + done.body);
    }
    if (done.requests != 0 && !right) {
      complain(words + "wrong mailbox: " + done.path + " " + done.body);
    }
    return;
  }
  const auto n = std::to_string(invitation);
  if (done.requests != 0 && (done.path != "/3/device/" + testing::Household::token(invitation) ||
                             done.body != R"({"mdm":"magic-)" + n + R"("})")) {
    complain(words + "wrong device: " + done.path + " " + done.body);
  }
}

void World::check_counts(const std::vector<ledger::Row>& all) {
  std::array<std::uint64_t, states_count> recount{};
  for (const auto& row : all) {
    ++recount[static_cast<std::size_t>(row.outcome.state)];
  }
  const auto reader = ledger::LedgerReader::open(household_.dir());
  const auto task = (*reader)->task(task_.id);
  for (std::size_t state = 1; state < states_count; ++state) {
    const auto count = (*task)->counts.by_state[state];
    if (count != recount[state]) {
      complain("counts say " + std::to_string(count) + " " +
               std::string(name_of(static_cast<State>(state))) + ", the rows " +
               std::to_string(recount[state]));
    }
  }
}

std::vector<ledger::Row> World::rows() const {
  const auto reader = ledger::LedgerReader::open(household_.dir());
  EXPECT_TRUE(reader) << reader.error().line_of_text();
  auto rows = (*reader)->rows(task_.id, 0, rows_count());
  EXPECT_TRUE(rows) << words(rows.error());
  return rows ? std::move(*rows) : std::vector<ledger::Row>{};
}

std::string World::id_of(InvitationNumber invitation) const {
  switch (part_of(invitation)) {
    case Part::push:
      return uuid_text(apns_id(task_.push_prefix, invitation, 0));
    case Part::mail:
      return name_of_letter(invitation - options_.invitations);
    default:
      return "account " + std::to_string(invitation);
  }
}

const Deeds& World::deeds_of(InvitationNumber invitation) {
  return (is_mail(invitation) ? mail_end_ : far_end_).journal[id_of(invitation)];
}

void World::complain(const std::string& what) {
  if (complaints_.size() < complaints_max) {
    complaints_.push_back(what);
  }
}

}  // namespace muster::sim
