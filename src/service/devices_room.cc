#include "service/devices_room.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/log.h"
#include "base/thread.h"
#include "mdm/nanomdm.h"
#include "service/may_be_shown.h"

namespace muster::service {
namespace {

// Devices that wait for their answer; a device that is told 503 comes again by itself.
constexpr std::size_t visits_max = 4096;
constexpr std::size_t events_max = 65'536;
constexpr std::chrono::seconds written_most{2};
constexpr Duration hear_again_after = std::chrono::seconds(1);

http::Reply reply_of(mdm::Call call) {
  http::Reply reply;
  reply.status = call.status;
  if (!call.content_type.empty()) {
    reply.fields.push_back({"Content-Type", std::move(call.content_type)});
  }
  reply.body = std::move(call.answer);
  return reply;
}

// Sent, or about to be: a device that asks early gets it as well.
bool may_be_handed(State state) {
  return state == State::queued || state == State::sent || state == State::deferred ||
         state == State::in_doubt || state == State::elsewhere;
}

}  // namespace

Result<std::unique_ptr<DevicesRoom>, Complaint> DevicesRoom::open(const std::string& dir,
                                                                  const MdmSettings& settings,
                                                                  const Clock& clock,
                                                                  DevicesHouse house) {
  std::unique_ptr<DevicesRoom> room(new DevicesRoom(dir, clock, std::move(house)));
  mdm::DeskSettings wanted;
  wanted.trust_file = settings.device_trust_file;
  wanted.identity_required = !settings.device_trust_file.empty();
  auto desk = mdm::Desk::open(dir, wanted, *room);
  if (!desk) {
    return tl::unexpected(desk.error());
  }
  room->desk_ = std::move(*desk);
  auto ledger = ledger::LedgerReader::open(dir);
  if (!ledger) {
    return tl::unexpected(ledger.error());
  }
  room->ledger_ = std::move(*ledger);
  auto roster = roster::RosterReader::open(dir);
  if (!roster) {
    return tl::unexpected(roster.error());
  }
  room->roster_ = std::move(*roster);
  auto urls = registrar::InvitationUrls::open(dir);
  if (!urls) {
    return tl::unexpected(urls.error());
  }
  room->urls_ = std::move(*urls);
  if (settings.mode == "nanomdm") {
    if (auto joined = room->join_nanomdm(settings); !joined) {
      return tl::unexpected(joined.error());
    }
  }
  room->thread_ = start_thread("mdm-desk", [self = room.get()] { self->run(); });
  return room;
}

Result<void, Complaint> DevicesRoom::join_nanomdm(const MdmSettings& settings) {
  if (!settings.nanomdm_secret_file.empty()) {
    auto secret = mdm::read_key_file(settings.nanomdm_secret_file);
    if (!secret) {
      return tl::unexpected(secret.error());
    }
    hook_secret_ = std::move(*secret);
  }
  auto enqueuing = Enqueuing::open(settings, clock_);
  if (!enqueuing) {
    return tl::unexpected(enqueuing.error());
  }
  enqueuing_ = std::move(*enqueuing);
  enqueuing_->on_wanted([this] {
    const std::lock_guard guard(mutex_);
    enqueue_wanted_ = true;
    woken_.notify_one();
  });
  return {};
}

DevicesRoom::~DevicesRoom() {
  end();
}

void DevicesRoom::end() {
  {
    const std::lock_guard guard(mutex_);
    ending_ = true;
  }
  woken_.notify_all();
  if (enqueuing_ != nullptr) {
    enqueuing_->interrupt();
  }
  if (thread_.joinable()) {
    thread_.join();
  }
}

void DevicesRoom::take(http::ServerRequest request, http::Answer answer) {
  const auto type = http::field(request.fields, "Content-Type").value_or("");
  const auto kind = mdm::kind_of(request.path, type);
  if (!kind) {
    answer.send({.status = 415, .fields = {}, .body = {}});
    return;
  }
  Visit visit{.call = {}, .answer = std::move(answer)};
  visit.call.kind = *kind;
  visit.call.body = std::move(request.body);
  visit.call.signature = http::field(request.fields, "Mdm-Signature").value_or("");
  visit.call.certificate = std::move(request.certificate);
  {
    const std::lock_guard guard(mutex_);
    if (queue_.size() < visits_max && !ending_) {
      queue_.push_back(std::move(visit));
      woken_.notify_one();
      return;
    }
  }
  visit.answer.send({.status = 503, .fields = {{"Retry-After", "30"}}, .body = {}});
}

void DevicesRoom::take_hook(const http::ServerRequest& request, http::Answer answer) {
  const auto signature = http::field(request.fields, "X-Hmac-Signature").value_or("");
  auto heard = mdm::read_webhook(request.body, signature, hook_secret_);
  if (!heard) {
    log::warning("service", "a webhook was not taken", {{"reason", heard.error().found}});
    const bool stranger = !hook_secret_.empty() && heard.error().expected.starts_with("X-Hmac");
    answer.send(
        {.status = static_cast<std::uint16_t>(stranger ? 401 : 400), .fields = {}, .body = {}});
    return;
  }
  {
    const std::lock_guard guard(mutex_);
    if (hooks_.size() < visits_max && !ending_) {
      hooks_.push_back({std::move(*heard), std::move(answer)});
      woken_.notify_one();
      return;
    }
  }
  answer.send({.status = 503, .fields = {{"Retry-After", "30"}}, .body = {}});
}

void DevicesRoom::stopped() {
  std::unique_lock guard(mutex_);
  const auto decided = decided_;
  // Whatever reply is decided after this finds the task stopped.
  (void)quiet_.wait_for(guard, written_most, [&] { return written_ >= decided || ending_; });
}

std::vector<mdm::Event> DevicesRoom::take_events() {
  const std::lock_guard guard(mutex_);
  return std::exchange(events_, {});
}

bool DevicesRoom::wait() {
  const auto enqueue_at = enqueuing_ == nullptr ? Instant::never() : enqueuing_->next();
  const auto hear_at = unheard_.empty() ? Instant::never() : clock_.now() + hear_again_after;
  const auto until = std::min(enqueue_at, hear_at);
  const auto wanted = [this] {
    return ending_ || enqueue_wanted_ || !queue_.empty() || !hooks_.empty();
  };
  std::unique_lock guard(mutex_);
  if (until == Instant::never()) {
    woken_.wait(guard, wanted);
  } else if (const auto left = until - clock_.now(); left > Duration::zero()) {
    woken_.wait_for(guard, left, wanted);
  }
  enqueue_wanted_ = false;
  return !ending_;  // whose answers are dropped is told 500, and comes again
}

void DevicesRoom::run() {
  std::vector<Visit> visits;
  std::vector<Hook> hooks;
  while (wait()) {
    {
      const std::lock_guard guard(mutex_);
      visits.swap(queue_);
      hooks.swap(hooks_);
      decided_ += visits.size();
    }
    if (!visits.empty()) {
      answer(visits);
    }
    if (!hooks.empty() || !unheard_.empty()) {
      hear(hooks);
    }
    if (enqueuing_ != nullptr && enqueuing_->next() <= clock_.now()) {
      enqueue();
    }
    visits.clear();
    hooks.clear();
  }
}

void DevicesRoom::keep_events() {
  auto events = desk_->take_events();
  const std::lock_guard guard(mutex_);
  const auto room = events_max - std::min(events_max, events_.size());
  const auto kept = std::min(room, events.size());
  events_.insert(events_.end(), events.begin(), events.begin() + static_cast<long>(kept));
}

void DevicesRoom::answer(std::vector<Visit>& visits) {
  std::vector<mdm::Call> calls;
  calls.reserve(visits.size());
  for (auto& visit : visits) {
    calls.push_back(std::move(visit.call));
  }
  looked_ = false;
  desk_->answer(calls, clock_.wall());
  keep_events();
  for (std::size_t i = 0; i < visits.size(); ++i) {
    visits[i].answer.send(reply_of(std::move(calls[i])), [this] {
      const std::lock_guard guard(mutex_);
      ++written_;
      quiet_.notify_all();
    });
  }
}

// What cannot be stored is kept for the next turn: NanoMDM says it once.
void DevicesRoom::hear(std::vector<Hook>& hooks) {
  for (auto& hook : hooks) {
    unheard_.push_back(std::move(hook.heard));
  }
  const auto heard = desk_->hear(unheard_, clock_.wall());
  if (heard) {
    unheard_.clear();
  } else {
    log::error("service", "what NanoMDM says cannot be stored", {{"error", words(heard.error())}});
    unheard_.resize(std::min(unheard_.size(), visits_max));
  }
  keep_events();
  for (auto& hook : hooks) {
    hook.answer.send({.status = 200, .fields = {}, .body = {}});
  }
}

// A task that was stopped before is seen to be; one that is stopped now is waited for.
void DevicesRoom::enqueue() {
  {
    const std::lock_guard guard(mutex_);
    ++decided_;
  }
  looked_ = false;
  enqueuing_->turn(*desk_, *this, clock_.wall());
  keep_events();
  const std::lock_guard guard(mutex_);
  ++written_;
  quiet_.notify_all();
}

Result<std::vector<roster::CheckedIn>> DevicesRoom::check_in(
    std::span<const roster::CheckIn> devices) {
  return house_.check_in(devices);
}

// Once a batch: a stop that is durable before is seen, one that comes later waits for this batch.
Result<void> DevicesRoom::look_at_tasks() {
  if (looked_) {
    return {};
  }
  const auto rows = ledger_->tasks();
  if (!rows) {
    return tl::unexpected(rows.error());
  }
  open_.clear();
  const auto now = clock_.wall();
  std::map<TaskId, NumberSet> kept;
  for (const auto& row : *rows) {
    if (!may_be_shown(row, now)) {
      continue;
    }
    auto known = devices_of_.extract(row.id);
    if (known.empty()) {
      auto devices = ledger_->devices(row.id);
      if (!devices) {
        return tl::unexpected(devices.error());
      }
      kept.emplace(row.id, std::move(*devices));
    } else {
      kept.insert(std::move(known));
    }
    open_.push_back(row.id);
  }
  devices_of_ = std::move(kept);
  looked_ = true;
  return {};
}

Result<std::vector<mdm::Waiting>> DevicesRoom::waiting(DeviceNumber device) {
  std::vector<mdm::Waiting> found;
  if (auto looked = look_at_tasks(); !looked) {
    return tl::unexpected(looked.error());
  }
  if (open_.empty()) {
    return found;
  }
  const auto block = roster_->block(device / limits::block_size);
  if (!block) {
    return tl::unexpected(block.error());
  }
  const auto target = block->at(device);
  if (!target.known || house_.registering == nullptr ||
      house_.registering->standing(target.user).standing != registrar::Standing::registered) {
    return found;  // nobody's, not registered, or enrolled already
  }
  std::vector<std::string> urls;
  const UserNumber user = target.user;
  if (auto read = urls_->read({&user, 1}, urls); !read) {
    return tl::unexpected(read.error());
  }
  if (urls.empty() || urls.front().empty()) {
    return found;
  }
  for (const auto& task : open_) {
    const auto& devices = devices_of_.at(task);
    if (!devices.contains(device)) {
      continue;
    }
    const auto invitation = static_cast<InvitationNumber>(devices.rank(device));
    const auto rows = ledger_->rows(task, invitation, 1);
    if (!rows) {
      return tl::unexpected(rows.error());
    }
    if (!rows->empty() && may_be_handed(rows->front().outcome.state)) {
      found.push_back({task, invitation, urls.front()});
    }
  }
  return found;
}

}  // namespace muster::service
