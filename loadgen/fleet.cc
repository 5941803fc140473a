#include "loadgen/fleet.h"

#include <algorithm>
#include <utility>

#include "json/writer.h"

namespace muster::loadgen {
namespace {

// Tickets: a device's number, or a user's with this bit.
constexpr std::uint64_t of_user = 1ULL << 32U;

constexpr std::string_view check_in_type = "application/x-apple-aspen-mdm-checkin";
constexpr std::string_view command_type = "application/x-apple-aspen-mdm";

std::size_t place(Fact::Kind kind) {
  return static_cast<std::size_t>(kind);
}

WebAddress below(const WebAddress& base, std::string_view name) {
  auto address = base;
  if (address.target.ends_with('/')) {
    address.target.pop_back();
  }
  address.target += name;
  return address;
}

}  // namespace

std::string FleetStats::json() const {
  json::Writer out;
  out.begin_object().key("devices").number(devices).key("devices_enrolled").number(enrolled);
  for (std::size_t i = 0; i < facts.size(); ++i) {
    const auto kind = static_cast<Fact::Kind>(i);
    if (kind != Fact::Kind::violation) {
      out.key(name_of(kind)).number(facts[i]);
    }
  }
  out.key("said").begin_object();
  for (const auto& [word, count] : said) {
    out.key(word).number(count);
  }
  out.end().key("requests").number(requests).key("unanswered").number(unanswered);
  out.key("statuses").begin_object();
  for (const auto& [status, count] : statuses) {
    out.key(std::to_string(status)).number(count);
  }
  out.end().key("taps_withheld").number(taps_withheld);
  out.key("violations").begin_object();
  for (const auto& [word, count] : accused) {
    out.key(word).number(count);
  }
  return out.end().end().result();
}

Fleet::Fleet(const Surroundings& around, const FleetSettings& settings, const Behaviour& behaviour)
    : around_(around), settings_(settings) {
  const auto count = around.roster.devices.size();
  devices_.reserve(count);
  for (std::uint32_t number = 0; number < count; ++number) {
    devices_.emplace_back(number, around.roster, plan_of(behaviour, number));
  }
  users_.resize(around.roster.users.size());
  for (std::uint32_t number = 0; number < users_.size(); ++number) {
    users_[number].plan = plan_of_user(behaviour, number);
  }
  scheduled_.assign(count, Instant::never());
  queued_.assign(count, false);
  counted_.assign(count, false);
  stats_.devices = count;
}

// ── inputs ──

void Fleet::begin(Instant now) {
  for (std::uint32_t number = 0; number < devices_.size(); ++number) {
    devices_[number].enrol(now, deeds_);
    settle(number, now);
  }
}

void Fleet::woken(const Wake& wake, Instant now) {
  auto& device = devices_[wake.device];
  if (wake.missed) {
    device.missed(wake.user_channel, now, deeds_);
  } else {
    device.woken(wake.user_channel, wake.magic_right, now, deeds_);
  }
  settle(wake.device, now);
}

void Fleet::advance(Instant now) {
  while (!timers_.empty() && timers_.top().first <= now) {
    const auto number = timers_.top().second;
    timers_.pop();
    scheduled_[number] = Instant::never();
    schedule(number, now);
  }
  for (; !taps_.empty() && taps_.top().first <= now; taps_.pop()) {
    tapping_.push_back(taps_.top().second);
  }
}

Instant Fleet::deadline() const {
  return std::min(timers_.empty() ? Instant::never() : timers_.top().first,
                  taps_.empty() ? Instant::never() : taps_.top().first);
}

void Fleet::answered(const WebOutcome& outcome, Instant now) {
  if ((outcome.ticket & of_user) != 0) {
    tap_answered(static_cast<std::uint32_t>(outcome.ticket), outcome, now);
    return;
  }
  const auto number = static_cast<std::uint32_t>(outcome.ticket);
  if (outcome.came) {
    ++stats_.statuses[outcome.status];
  } else {
    ++stats_.unanswered;
  }
  devices_[number].answered({outcome.came, outcome.status, outcome.body}, now, deeds_);
  settle(number, now);
}

// ── what a device did ──

void Fleet::settle(std::uint32_t device, Instant now) {
  for (const auto& news : deeds_.tokens) {
    around_.gate.learn(news);
  }
  for (const auto& fact : deeds_.facts) {
    record(fact);
    look_for_mixing(fact);
  }
  for (const auto& url : deeds_.dialogs) {
    shown(device, url, now);
  }
  deeds_.tokens.clear();
  deeds_.facts.clear();
  deeds_.dialogs.clear();
  if (devices_[device].enrolled() && !counted_[device]) {
    counted_[device] = true;
    ++stats_.enrolled;
  }
  schedule(device, now);
}

void Fleet::schedule(std::uint32_t device, Instant now) {
  const auto at = devices_[device].deadline();
  if (at <= now) {
    if (!queued_[device]) {
      queued_[device] = true;
      ready_.push_back(device);
    }
  } else if (at < scheduled_[device]) {
    scheduled_[device] = at;
    timers_.emplace(at, device);
  }
}

void Fleet::record(const Fact& fact) {
  ++stats_.facts[place(fact.kind)];
  if (fact.kind == Fact::Kind::answered) {
    ++stats_.said[std::string(fact.word)];
  } else if (fact.kind == Fact::Kind::violation) {
    ++stats_.accused[std::string(fact.word)];
  }
  around_.journal.add(fact, around_.roster);
}

// One user's invitation in another's hands is the worst that can happen.
void Fleet::look_for_mixing(const Fact& fact) {
  if (fact.kind != Fact::Kind::handed) {
    return;
  }
  const auto user = around_.roster.devices[fact.device].user;
  auto accusation = fact;
  accusation.kind = Fact::Kind::violation;
  if (user_of_command_.emplace(fact.command, user).first->second != user) {
    accusation.word = name_of(Violation::shared_command);
    record(accusation);
  }
  if (user_of_url_.emplace(fact.url_digest, user).first->second != user) {
    accusation.word = name_of(Violation::shared_url);
    record(accusation);
  }
}

// ── users ──

void Fleet::shown(std::uint32_t device, const std::string& url, Instant now) {
  const auto number = around_.roster.devices[device].user;
  if (number == nobody || users_[number].decided) {
    return;
  }
  auto& user = users_[number];
  if (user.plan.cancels) {
    user.decided = true;
    record({.kind = Fact::Kind::cancelled, .at = now, .user = number});
  } else if (user.plan.accepts) {
    user.decided = true;
    user.url = url;
    taps_.emplace(now + user.plan.delay, number);
  }
}

std::optional<FleetRequest> Fleet::next_tap(Instant now) {
  while (!tapping_.empty()) {
    const auto number = tapping_.front();
    tapping_.pop_front();
    auto& user = users_[number];
    const auto code = invitation_code(user.url);
    auto to = read_web_address(user.url);
    if (const auto& books = settings_.books) {
      to = below(*books, "/accept?inviteCode=" + code);
    }
    if (!to || (!settings_.books && !to->loopback())) {
      ++stats_.taps_withheld;
      continue;
    }
    const auto& account = around_.roster.users[number].id;
    to->target += "&account=" + query_escaped(account);
    record({.kind = Fact::Kind::tapped, .at = now, .user = number});
    return FleetRequest{*to,
                        {.ticket = number | of_user, .bytes = web_request("GET", *to, {}, {})}};
  }
  return std::nullopt;
}

void Fleet::tap_answered(std::uint32_t user, const WebOutcome& outcome, Instant now) {
  constexpr Duration again_after = std::chrono::seconds(2);
  const bool taken = outcome.came && outcome.status < 400;
  Fact fact{.kind = taken ? Fact::Kind::accepted : Fact::Kind::not_taken, .at = now, .user = user};
  fact.status = outcome.status;
  record(fact);
  if (!taken && (!outcome.came || outcome.status >= 500)) {
    taps_.emplace(now + again_after, user);  // people tap again where nothing happens
  }
}

// ── requests ──

std::optional<FleetRequest> Fleet::next_request(Instant now) {
  while (!ready_.empty()) {
    const auto number = ready_.front();
    ready_.pop_front();
    queued_[number] = false;
    auto asked = devices_[number].take_request(now, deeds_);
    settle(number, now);
    if (!asked) {
      continue;
    }
    ++stats_.requests;
    const auto to = below(settings_.mdm, asked->check_in ? "/checkin" : "/command");
    std::string fields = "Content-Type: ";
    fields += asked->check_in ? check_in_type : command_type;
    fields += "\r\n";
    if (around_.sign) {
      fields += "Mdm-Signature: " + around_.sign(number, asked->body) + "\r\n";
    }
    return FleetRequest{to,
                        {.ticket = number,
                         .bytes = web_request("PUT", to, fields, asked->body),
                         .loses_answer = asked->loses_answer}};
  }
  return std::nullopt;
}

}  // namespace muster::loadgen
