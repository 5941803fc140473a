// Letters of tasks that ask whether their users may be invited: who was passed over is looked at
// again, and each letter gets its user's own URL.
#include <algorithm>

#include "base/log.h"
#include "pipeline/mail_expander.h"
#include "pipeline/settlement_of.h"

namespace muster::pipeline {

void MailExpander::look_again(Work& work, Page& page, std::uint64_t& allowed) {
  page.passed.look(now_, changes_, allowed, [&](const PassedOver::One& one, bool patient) {
    if (patient && clearances_->of(one.user).word == Clearance::Word::wait) {
      return false;
    }
    auto what = first_start(page, one.at);
    what.patient = patient;
    return start(work, what, page.targets[one.at]);
  });
}

void MailExpander::note_next_look(const Work& work) {
  for (const auto& [number, page] : work.pages) {
    if (!page.passed.due(now_, changes_)) {
      next_ = std::min(next_, page.passed.next(changes_));
    }
  }
}

// As Expander::leases_most says.
std::size_t MailExpander::leases_most(const Work& work) const {
  if (!crossings_.tasks[work.index]->asks_clearance) {
    return limits::mail_pages_in_hand_max;
  }
  const auto waiting_of = [](const Work& each) {
    return static_cast<std::size_t>(
        std::count_if(each.pages.begin(), each.pages.end(),
                      [](const auto& page) { return page.second.waits(); }));
  };
  const auto waiting = waiting_of(work);
  std::size_t of_all = 0;
  for (const auto& [index, each] : works_) {
    of_all += waiting_of(each);
  }
  const bool enough =
      waiting >= limits::waiting_pages_per_task_max || of_all >= limits::mail_pages_in_hand_max / 2;
  return waiting == 0 ? limits::mail_pages_in_hand_max
         : enough     ? 0
                      : limits::waiting_pages_per_task_max - waiting;
}

void MailExpander::add_urls() {
  if (without_url_.empty()) {
    return;
  }
  url_users_.clear();
  for (const auto slot : without_url_) {
    url_users_.push_back(crossings_.letters[slot].user);
  }
  if (const auto read = clearances_->read_urls(url_users_, urls_); !read) {
    give_back_unread(read.error());
    return;
  }
  MUSTER_ASSERT(urls_.size() == url_users_.size());
  for (std::size_t i = 0; i < without_url_.size(); ++i) {
    const auto slot = without_url_[i];
    if (urls_[i].empty()) {
      settle_without_url(slot);
      continue;
    }
    crossings_.letters[slot].url.swap(urls_[i]);
    batch_.push_back(slot);
  }
  without_url_.clear();
}

// He was cleared a moment ago: what became of him since? Where nothing did, his URL is not there
// yet, or not any more: he waits with the others that were moved out.
void MailExpander::settle_without_url(Slot slot) {
  const auto& job = crossings_.slab[slot];
  const auto& entry = *crossings_.tasks[job.task];
  pace_.give_back(1);
  works_.at(job.task).begun -= job.attempts == 0 ? 1U : 0U;
  auto outcome = outcome_of(clearances_->of(crossings_.letters[slot].user));
  if (!at_rest(outcome.state)) {
    outcome.state = State::registering;
    const auto again = look_again_at(entry, entry.content.mail_expiration_s, wall_);
    settle_unsent(slot, outcome.state, outcome.reason, again.milliseconds);
    return;
  }
  settle_unsent(slot, outcome.state, outcome.reason);
}

void MailExpander::give_back_unread(const Error& error) {
  log::error("pipeline", "invitation addresses unreadable", {{"error", words(error)}});
  for (const auto slot : without_url_) {
    const auto& job = crossings_.slab[slot];
    crossings_.request_stop(job.task, Stop::pause,
                            "the invitations' addresses cannot be read: " + words(error));
    pace_.give_back(1);
    auto back = settlement_of(slot, job);
    back.kind = Settlement::Kind::returned;
    unsent_.push_back(back);
  }
  without_url_.clear();
}

}  // namespace muster::pipeline
