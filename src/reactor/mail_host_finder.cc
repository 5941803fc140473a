#include "reactor/mail_host_finder.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <iterator>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "reactor/dns_channel.h"
#include "reactor/mail_host_lookup.h"

namespace muster::reactor {
namespace {

class DnsFinder final : public wire::MailHostFinder {
 public:
  DnsFinder(std::unique_ptr<DnsChannel> channel, bool allow_loopback, Doorbell& bell);
  ~DnsFinder() override;
  DnsFinder(const DnsFinder&) = delete;
  DnsFinder& operator=(const DnsFinder&) = delete;

  void ask(const std::string& domain) override;
  void take(std::vector<wire::MailHosts>& answers) override;

 private:
  // The thread.
  void answer_all();
  [[nodiscard]] bool begin_waiting();
  void put_questions();
  bool hand_over();

  const bool allow_loopback_;
  Doorbell& bell_;                         // the owner's
  Doorbell work_;                          // the thread's
  std::unordered_set<std::string> asked_;  // the owner's: asked, and the answer not taken
  std::mutex mutex_;
  std::deque<std::string> waiting_;       // under mutex_
  std::vector<wire::MailHosts> answers_;  // under mutex_
  bool ending_ = false;                   // under mutex_
  // The thread's. The channel calls the lookups until it has gone, so it goes before them.
  std::vector<std::unique_ptr<MailHostLookup>> in_hand_;
  std::unique_ptr<DnsChannel> channel_;
  std::thread thread_;
};

DnsFinder::DnsFinder(std::unique_ptr<DnsChannel> channel, bool allow_loopback, Doorbell& bell)
    : allow_loopback_(allow_loopback), bell_(bell), channel_(std::move(channel)) {
  thread_ = start_thread("muster-mx", [this] { answer_all(); });
}

DnsFinder::~DnsFinder() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  work_.ring();
  thread_.join();
}

void DnsFinder::ask(const std::string& domain) {
  const bool is_new = asked_.insert(domain).second;
  MUSTER_ASSERT(is_new);
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(domain);
  }
  work_.ring();
}

void DnsFinder::take(std::vector<wire::MailHosts>& answers) {
  const std::lock_guard lock(mutex_);
  for (const auto& answer : answers_) {
    asked_.erase(answer.domain);
  }
  answers.insert(answers.end(), std::make_move_iterator(answers_.begin()),
                 std::make_move_iterator(answers_.end()));
  answers_.clear();
}

void DnsFinder::answer_all() {
  while (true) {
    work_.doze();
    if (!begin_waiting()) {
      return;
    }
    put_questions();
    if (!hand_over()) {  // otherwise somebody who waits may have the place
      channel_->turn(work_.fd());
    }
    work_.awake();
  }
}

// False: the finder ends.
bool DnsFinder::begin_waiting() {
  const std::lock_guard lock(mutex_);
  while (!waiting_.empty() && in_hand_.size() < questions_at_once) {
    in_hand_.push_back(
        std::make_unique<MailHostLookup>(std::move(waiting_.front()), allow_loopback_));
    waiting_.pop_front();
  }
  return !ending_;
}

void DnsFinder::put_questions() {
  std::size_t open = 0;
  for (const auto& lookup : in_hand_) {
    open += lookup->open();
  }
  for (const auto& lookup : in_hand_) {
    while (open < packets_at_once && lookup->has_question()) {
      open -= lookup->open();  // one that cannot be sent is answered at once
      lookup->put_next(channel_->get());
      open += lookup->open();
    }
  }
}

// Whether there was an answer.
bool DnsFinder::hand_over() {
  const auto over = [](const auto& lookup) { return lookup->over(); };
  const auto first = std::stable_partition(in_hand_.begin(), in_hand_.end(), std::not_fn(over));
  if (first == in_hand_.end()) {
    return false;
  }
  {
    const std::lock_guard lock(mutex_);
    for (auto at = first; at != in_hand_.end(); ++at) {
      answers_.push_back((*at)->take());
    }
  }
  in_hand_.erase(first, in_hand_.end());
  bell_.ring();
  return true;
}

}  // namespace

Result<std::unique_ptr<wire::MailHostFinder>> open_mail_host_finder(
    const MailHostFinderSettings& settings, Doorbell& bell) {
  auto channel = DnsChannel::open(settings.resolver, settings.patience, settings.tries);
  if (!channel) {
    return tl::unexpected<Error>(channel.error());
  }
  return std::make_unique<DnsFinder>(std::move(*channel), settings.allow_loopback, bell);
}

}  // namespace muster::reactor
