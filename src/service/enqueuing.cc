#include "service/enqueuing.h"

#include <algorithm>

#include "base/log.h"
#include "mdm/command.h"

namespace muster::service {
namespace {

// Commands ahead of their pushes, and those that wait to become such.
constexpr std::size_t entries_max = 4096;
constexpr std::size_t commands_at_once = 64;
constexpr std::uint32_t parallel = 8;
constexpr Duration after_trouble = std::chrono::seconds(5);

}  // namespace

Result<std::unique_ptr<Enqueuing>, Complaint> Enqueuing::open(const MdmSettings& settings,
                                                              const Clock& clock) {
  std::unique_ptr<Enqueuing> enqueuing(new Enqueuing(clock));
  http::ClientSettings wanted;
  wanted.parallel_max = parallel;
  auto client = http::Client::open(wanted);
  if (!client) {
    return tl::unexpected(client.error());
  }
  enqueuing->client_ = std::move(*client);
  auto nanomdm = mdm::NanoMdm::open({settings.nanomdm_url, settings.nanomdm_key_file, ""},
                                    *enqueuing->client_);
  if (!nanomdm) {
    return tl::unexpected(nanomdm.error());
  }
  enqueuing->nanomdm_ = std::move(*nanomdm);
  return enqueuing;
}

pipeline::Clearance Enqueuing::prepared(const TaskId& task, InvitationNumber invitation,
                                        DeviceNumber device) {
  using Word = pipeline::Clearance::Word;
  {
    const std::lock_guard guard(mutex_);
    const auto known = entries_.find({task, invitation});
    if (known != entries_.end()) {
      const auto stage = known->second.stage;
      if (stage == Stage::wanted) {
        return {Word::wait, Reason::none};
      }
      entries_.erase(known);
      return stage == Stage::ready ? pipeline::Clearance{Word::go, Reason::none}
                                   : pipeline::Clearance{Word::refused, Reason::unenrolled};
    }
    if (entries_.size() == entries_max) {
      // Whoever did not come for his answer is looked at anew when he does.
      std::erase_if(entries_, [](const auto& each) { return each.second.stage != Stage::wanted; });
    }
    if (entries_.size() == entries_max) {
      return {Word::wait, Reason::none};  // changes() moves when there is room
    }
    entries_.emplace(Key{task, invitation}, Entry{device, Stage::wanted});
    ++waiting_;
  }
  if (wanted_) {
    wanted_();
  }
  return {Word::wait, Reason::none};
}

void Enqueuing::on_change(std::function<void()> changed) {
  const std::lock_guard guard(mutex_);
  changed_ = std::move(changed);
}

Instant Enqueuing::next() {
  const std::lock_guard guard(mutex_);
  return waiting_ == 0 ? Instant::never() : not_before_;
}

void Enqueuing::turn(mdm::Desk& desk, mdm::House& house, WallTime now) {
  if (clock_.now() < not_before_) {
    return;
  }
  std::vector<mdm::Enqueued> commands;
  std::vector<Asked> enqueued;
  for (const auto& asked : take_some()) {
    if (const auto looked = look_at(asked, desk, house, commands, enqueued); !looked) {
      back_off("invitations for NanoMDM could not be read", looked.error());
      break;
    }
  }
  if (!commands.empty()) {
    const auto done = nanomdm_->enqueue(commands);
    if (!done) {
      back_off("NanoMDM does not take commands", done.error());
    }
    std::vector<mdm::Handed> handed;
    for (std::size_t i = 0; i < commands.size(); ++i) {
      if (commands[i].accepted) {
        handed.push_back({enqueued[i].key.first, enqueued[i].key.second, enqueued[i].device});
      }
    }
    const auto told = desk.handed(handed, now);
    if (!told) {
      back_off("commands in NanoMDM's queue could not be recorded", told.error());
    }
    for (std::size_t i = 0; i < commands.size(); ++i) {
      if (commands[i].unknown) {
        say(enqueued[i].key, Stage::gone);
      } else if (commands[i].accepted && told) {
        say(enqueued[i].key, Stage::ready);
      } else {
        not_before_ = std::max(not_before_, clock_.now() + after_trouble);
      }
    }
  }
  std::function<void()> changed;
  {
    const std::lock_guard guard(mutex_);
    changed = changed_;
  }
  changes_.fetch_add(1, std::memory_order_release);
  if (changed) {
    changed();
  }
}

std::vector<Enqueuing::Asked> Enqueuing::take_some() {
  const std::lock_guard guard(mutex_);
  std::vector<Asked> some;
  auto at = entries_.upper_bound(asked_last_);  // so that no one's trouble keeps others waiting
  for (std::size_t seen = 0; seen < entries_.size() && some.size() < commands_at_once; ++seen) {
    at = at == entries_.end() ? entries_.begin() : at;
    if (at->second.stage == Stage::wanted) {
      some.push_back({at->first, at->second.device});
    }
    ++at;
  }
  asked_last_ = some.empty() ? asked_last_ : some.back().key;
  return some;
}

Result<void> Enqueuing::look_at(const Asked& asked, mdm::Desk& desk, mdm::House& house,
                                std::vector<mdm::Enqueued>& commands,
                                std::vector<Asked>& enqueued) {
  const auto& [task, invitation] = asked.key;
  const auto before = desk.was_handed(task, invitation);
  if (!before) {
    return tl::unexpected(before.error());
  }
  if (*before) {
    say(asked.key, Stage::ready);
    return {};
  }
  auto waiting = house.waiting(asked.device);
  if (!waiting) {
    return tl::unexpected(waiting.error());
  }
  const auto found = std::ranges::find_if(*waiting, [&](const mdm::Waiting& each) {
    return each.task == task && each.invitation == invitation;
  });
  if (found == waiting->end()) {
    forget(
        asked.key);  // stopped, or its user cannot be invited any more: whoever asks again is told
    return {};
  }
  if (found != waiting->begin()) {
    say(asked.key, Stage::ready);  // nobody is asked twice: the newer task's command serves
    return {};
  }
  const auto enrolment = desk.enrolment_for(asked.device);
  if (!enrolment) {
    return tl::unexpected(enrolment.error());
  }
  if (!enrolment->has_value()) {
    say(asked.key, Stage::gone);
    return {};
  }
  const auto uuid = mdm::command_uuid(task, invitation);
  mdm::Enqueued command;
  command.enrolment = enrolment->value_or("");
  command.command_uuid = uuid;
  command.plist = mdm::invite_to_program(uuid, found->url);
  commands.push_back(std::move(command));
  enqueued.push_back(asked);
  return {};
}

void Enqueuing::say(const Key& key, Stage stage) {
  const std::lock_guard guard(mutex_);
  if (const auto known = entries_.find(key); known != entries_.end()) {
    waiting_ -= known->second.stage == Stage::wanted ? 1 : 0;
    known->second.stage = stage;
  }
}

void Enqueuing::forget(const Key& key) {
  const std::lock_guard guard(mutex_);
  if (const auto known = entries_.find(key); known != entries_.end()) {
    waiting_ -= known->second.stage == Stage::wanted ? 1 : 0;
    entries_.erase(known);
  }
}

void Enqueuing::back_off(const char* what, const Error& error) {
  log::warning("service", what, {{"error", words(error)}});
  not_before_ = clock_.now() + after_trouble;
}

}  // namespace muster::service
