#include "loadgen/device.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "crypto/digest.h"
#include "loadgen/invitation_url.h"

namespace muster::loadgen {
namespace {

using Enrollment = RosterDevice::Enrollment;
using Platform = RosterDevice::Platform;

constexpr Duration retry_least = std::chrono::milliseconds(200);
constexpr Duration retry_most = std::chrono::seconds(30);
constexpr std::string_view program = "com.apple.cloudvpp";
// Who is logged in to a shared iPad has this UserID; the account stands in UserShortName.
constexpr std::string_view shared_user_id = "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF";

constexpr std::string_view acknowledged = "Acknowledged";
constexpr std::string_view not_now = "NotNow";

std::string digest_of(std::string_view text) {
  return to_hex(crypto::sha256(as_bytes(text)));
}

bool by_user_channel_alone(const RosterDevice& row) {
  return row.platform == Platform::macos || row.enrollment == Enrollment::shared;
}

DeviceReport trouble_report(BehaviourRule::Trouble trouble) {
  switch (trouble) {
    case BehaviourRule::Trouble::format:
      return {.status = "CommandFormatError"};
    case BehaviourRule::Trouble::invalid_program:
      return {.status = acknowledged, .invitation_result = "InvalidProgramID"};
    case BehaviourRule::Trouble::invalid_url:
      return {.status = acknowledged, .invitation_result = "InvalidInvitationURL"};
    case BehaviourRule::Trouble::error:
      break;
  }
  return {.status = "Error", .error_chain = true};
}

// What a device says to a command that is not as it should be.
DeviceReport refusal_of(Violation violation) {
  switch (violation) {
    case Violation::wrong_program:
      return trouble_report(BehaviourRule::Trouble::invalid_program);
    case Violation::wrong_url:
      return trouble_report(BehaviourRule::Trouble::invalid_url);
    default:
      return trouble_report(BehaviourRule::Trouble::error);
  }
}

}  // namespace

Device::Device(std::uint32_t number, const FleetRoster& roster, const DevicePlan& plan)
    : number_(number),
      roster_(roster),
      row_(roster.devices[number]),
      plan_(plan),
      udid_(udid_of(row_)),
      left_to_rotate_(plan.rotation != DevicePlan::Rotation::never) {
  if (row_.enrollment == Enrollment::shared) {
    user_id_ = shared_user_id;
  } else if (row_.user != nobody) {
    user_id_ = uuid_from("user " + roster.users[row_.user].id);
  }
  give_token(false);
  take_known_token(channel(false), row_.token, row_.magic);
  if (has_user_channel()) {
    give_token(true);
  }
  take_known_token(channel(true), row_.user_token, row_.user_magic);
}

// The roster's, where it has one and the plan does not say otherwise.
void Device::take_known_token(Channel& channel, const std::optional<PushToken>& token,
                              const std::string& magic) const {
  if (token && !magic.empty() && !plan_.fresh_token) {
    channel.token = *token;
    channel.magic = magic;
  }
}

bool Device::has_user_channel() const {
  return by_user_channel_alone(row_) && row_.user != nobody && !plan_.no_user_channel;
}

Speaker Device::speaker(bool user_channel) const {
  Speaker speaker{.udid = udid_,
                  .enrollment_id = row_.enrollment == Enrollment::user,
                  .user_id = {},
                  .short_name = {},
                  .long_name = {}};
  if (user_channel) {
    const auto& user = roster_.users[row_.user];
    const bool shared = row_.enrollment == Enrollment::shared;
    speaker.user_id = user_id_;
    speaker.short_name = shared && !user.account.empty() ? user.account : user.id;
    speaker.long_name = user.full_name;
  }
  return speaker;
}

void Device::give_token(bool user_channel) {
  const auto words = row_.id + (user_channel ? " user " : " device ") + std::to_string(generation_);
  channel(user_channel).token = token_from(words);
  channel(user_channel).magic = magic_from(words);
  channel(user_channel).dead = false;
}

void Device::tell_token(bool user_channel, bool good, Deeds& deeds) const {
  const auto& of = channels_[user_channel ? 1 : 0];
  deeds.tokens.push_back({of.token, of.magic, number_, user_channel, good});
}

// ── steps ──

void Device::push(Step step) {
  steps_.push_back(std::move(step));
}

std::size_t Device::next_step() const {
  const auto soonest =
      std::min_element(steps_.begin(), steps_.end(),
                       [](const Step& left, const Step& right) { return left.due < right.due; });
  return static_cast<std::size_t>(soonest - steps_.begin());
}

Instant Device::deadline() const {
  if (under_way_ != no_step || steps_.empty()) {
    return Instant::never();
  }
  return std::max(steps_[next_step()].due, quiet_until_);
}

void Device::ask_at(Instant due, bool user_channel) {
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    auto& step = steps_[i];
    if (step.user_channel != user_channel ||
        (step.errand != Errand::ask && step.errand != Errand::report)) {
      continue;
    }
    if (i != under_way_ && step.errand == Errand::ask) {
      step.due = std::min(step.due, due);
    } else {
      channel(user_channel).woken_again = true;  // it is talking: it asks once more afterwards
    }
    return;
  }
  push({.errand = Errand::ask, .user_channel = user_channel, .due = due});
}

// The old token is dead at once; the server learns the new one at `due`.
void Device::rotate(bool user_channel, Instant due, Deeds& deeds) {
  left_to_rotate_ = false;
  tell_token(user_channel, false, deeds);
  ++generation_;
  give_token(user_channel);
  push({.errand = Errand::token_update, .user_channel = user_channel, .due = due});
}

void Device::leave(Instant due) {
  leaving_ = true;
  steps_.clear();
  push({.errand = Errand::check_out, .due = due});
}

// ── inputs ──

void Device::enrol(Instant now, Deeds& deeds) {
  // The roster's tokens, where the device has others, were good once: the push server knows them.
  for (const bool user_channel : {false, true}) {
    const auto& known = user_channel ? row_.user_token : row_.token;
    if (known) {
      deeds.tokens.push_back({*known, {}, number_, user_channel, false});
    }
  }
  tell_token(false, true, deeds);
  if (has_user_channel()) {
    tell_token(true, true, deeds);
  }
  push({.errand = Errand::authenticate, .due = now});
  push({.errand = Errand::token_update, .due = now});
  check_ins_left_ = 2;
  if (has_user_channel()) {
    push({.errand = Errand::token_update, .user_channel = true, .due = now});
    ++check_ins_left_;
  }
}

void Device::woken(bool user_channel, bool magic_right, Instant now, Deeds& deeds) {
  if (leaving_) {
    return;
  }
  if (!magic_right) {
    accuse(Violation::wrong_magic, user_channel, now, deeds);
    return;
  }
  deeds.facts.push_back(fact(Fact::Kind::woken, user_channel, now));
  if (plan_.end == DevicePlan::End::silent) {
    return;
  }
  const auto due = now + plan_.delay;
  if (plan_.end == DevicePlan::End::leaves && !plan_.leaves_when_handed && under_way_ == no_step) {
    leave(due);
    return;
  }
  if (left_to_rotate_ && plan_.rotation == DevicePlan::Rotation::when_woken) {
    rotate(user_channel, due, deeds);
    deeds.facts.push_back(fact(Fact::Kind::rotated, user_channel, now));
  }
  ask_at(due, user_channel);
}

void Device::missed(bool user_channel, Instant now, Deeds& deeds) {
  deeds.facts.push_back(fact(Fact::Kind::missed, user_channel, now));
  if (left_to_rotate_ && channel(user_channel).dead) {
    rotate(user_channel, now + plan_.rotation_pause, deeds);
    deeds.facts.push_back(fact(Fact::Kind::rotated, user_channel, now));
  }
}

std::optional<DeviceRequest> Device::take_request(Instant now, Deeds& deeds) {
  if (deadline() > now) {
    return std::nullopt;
  }
  under_way_ = next_step();
  auto& step = steps_[under_way_];
  const bool first = !std::exchange(step.sent, true);
  DeviceRequest request;
  request.check_in = step.errand != Errand::ask && step.errand != Errand::report;
  request.body = body_of(step);
  if (first && step.errand == Errand::token_update) {
    tell_token(step.user_channel, true, deeds);
  } else if (first && step.errand == Errand::ask) {
    deeds.facts.push_back(fact(Fact::Kind::asked, step.user_channel, now));
  } else if (first && step.errand == Errand::check_out) {
    deeds.facts.push_back(fact(Fact::Kind::checked_out, false, now));
    tell_token(false, false, deeds);
    if (has_user_channel()) {
      tell_token(true, false, deeds);
    }
  }
  if (step.errand == Errand::report && std::exchange(plan_.loses_report, false)) {
    request.loses_answer = loses_this_ = true;
  }
  return request;
}

std::string Device::body_of(const Step& step) {
  const auto who = speaker(step.user_channel);
  switch (step.errand) {
    case Errand::authenticate:
      return authenticate_plist(row_, who, plan_.binary);
    case Errand::token_update: {
      const auto& of = channel(step.user_channel);
      return token_update_plist(who, {row_.topic, of.token, of.magic}, plan_.binary);
    }
    case Errand::check_out:
      return check_out_plist(row_, who, plan_.binary);
    case Errand::ask:
    case Errand::report:
      break;
  }
  return report_plist(who, step.report, plan_.binary);
}

// ── answers ──

void Device::answered(const DeviceAnswer& answer, Instant now, Deeds& deeds) {
  MUSTER_ASSERT(under_way_ != no_step);
  auto& step = steps_[under_way_];
  const auto at = static_cast<std::ptrdiff_t>(std::exchange(under_way_, no_step));
  if (!answer.came || answer.status < 200 || answer.status > 299) {
    failed(step, answer, now, deeds);
    return;
  }
  failures_ = 0;
  if (step.errand == Errand::report && plan_.reports_twice &&
      !std::exchange(step.sent_twice, true)) {
    step.due = now;  // as if it had not seen the answer
    return;
  }
  const auto done = std::move(step);
  steps_.erase(steps_.begin() + at);
  if (done.errand == Errand::ask || done.errand == Errand::report) {
    hear(done, answer.body, now, deeds);
  } else {
    checked_in(done, answer, now, deeds);
  }
}

void Device::failed(Step& step, const DeviceAnswer& answer, Instant now, Deeds& deeds) {
  if (std::exchange(loses_this_, false)) {
    step.due = now;
    return;
  }
  if (answer.status == 403) {
    accuse(Violation::unrecognized, step.user_channel, now, deeds);
  }
  const auto doublings = std::min(failures_++, 10U);
  quiet_until_ = now + std::min(retry_least * (std::int64_t{1} << doublings), retry_most);
}

void Device::checked_in(const Step& step, const DeviceAnswer& answer, Instant now, Deeds& deeds) {
  if (!answer.body.empty()) {
    accuse(Violation::check_in_with_body, step.user_channel, now, deeds);
  }
  if (step.errand == Errand::check_out) {
    gone_ = true;
    return;
  }
  const bool first = check_ins_left_ > 0;
  check_ins_left_ -= first ? 1 : 0;
  if (step.errand != Errand::token_update) {
    return;
  }
  deeds.facts.push_back(fact(Fact::Kind::enrolled, step.user_channel, now));
  if (first && left_to_rotate_ && plan_.rotation == DevicePlan::Rotation::when_pushed &&
      step.user_channel == has_user_channel()) {
    channel(step.user_channel).dead = true;
    tell_token(step.user_channel, false, deeds);
  }
}

void Device::hear(const Step& step, const std::string& body, Instant now, Deeds& deeds) {
  auto& of = channel(step.user_channel);
  of.said_not_now = step.report.status == not_now;
  if (step.errand == Errand::report && !of.said_not_now) {
    past_of(step.report.command_uuid).told = true;
  }
  if (!body.empty()) {
    if (const auto command = read_device_command(body)) {
      obey(*command, step, now, deeds);
      return;
    }
    accuse(Violation::unreadable_command, step.user_channel, now, deeds);
  }
  if (std::exchange(of.woken_again, false)) {
    ask_at(now + plan_.delay, step.user_channel);
  } else if (of.said_not_now && plan_.not_now_by_itself) {
    ask_at(now + plan_.not_now_pause, step.user_channel);
  }
}

void Device::obey(const DeviceCommand& command, const Step& step, Instant now, Deeds& deeds) {
  auto handed = fact(Fact::Kind::handed, step.user_channel, now);
  handed.command = command.uuid;
  handed.url_digest = digest_of(command.invitation_url);
  const auto code = invitation_code(command.invitation_url);
  handed.code_digest = code.empty() ? code : digest_of(code);
  deeds.facts.push_back(handed);
  auto& past = past_of(command.uuid);
  if (past.told) {
    accuse(Violation::handed_again, step.user_channel, now, deeds);
  } else if (step.report.status == not_now && step.report.command_uuid == command.uuid) {
    accuse(Violation::handed_at_once, step.user_channel, now, deeds);
  }
  if (plan_.end == DevicePlan::End::leaves) {
    leave(now);
    return;
  }
  auto report = decide(command, past, step.user_channel, now, deeds);
  report.command_uuid = command.uuid;
  auto said = fact(Fact::Kind::answered, step.user_channel, now);
  said.command = command.uuid;
  said.url_digest = handed.url_digest;
  said.word = report.status;
  said.result = report.invitation_result;
  deeds.facts.push_back(said);
  push({.errand = Errand::report,
        .user_channel = step.user_channel,
        .due = now,
        .report = std::move(report)});
}

DeviceReport Device::decide(const DeviceCommand& command, Past& past, bool user_channel,
                            Instant now, Deeds& deeds) {
  const auto fault = fault_of(command, user_channel);
  if (fault) {
    accuse(*fault, user_channel, now, deeds);
  }
  if (past.not_now < plan_.not_now) {
    ++past.not_now;
    return {.status = not_now};
  }
  if (fault) {
    return refusal_of(*fault);
  }
  if (plan_.end == DevicePlan::End::refuses) {
    return trouble_report(plan_.trouble);
  }
  deeds.dialogs.push_back(command.invitation_url);
  return {.status = acknowledged, .invitation_result = acknowledged};
}

std::optional<Violation> Device::fault_of(const DeviceCommand& command, bool user_channel) const {
  if (command.request_type != "InviteToProgram") {
    return Violation::unknown_request;
  }
  if (row_.enrollment == Enrollment::user) {
    return Violation::forbidden_enrolment;
  }
  if (row_.platform == Platform::other) {
    return Violation::wrong_platform;
  }
  if (by_user_channel_alone(row_) && !user_channel) {
    return Violation::wrong_channel;
  }
  if (command.program_id != program) {
    return Violation::wrong_program;
  }
  return invitation_code(command.invitation_url).empty() ? std::optional(Violation::wrong_url)
                                                         : std::nullopt;
}

// ── records ──

Device::Past& Device::past_of(const std::string& uuid) {
  const auto found = std::find_if(commands_.begin(), commands_.end(),
                                  [&uuid](const Past& past) { return past.uuid == uuid; });
  return found == commands_.end() ? commands_.emplace_back(Past{.uuid = uuid}) : *found;
}

Fact Device::fact(Fact::Kind kind, bool user_channel, Instant now) const {
  return {.kind = kind, .at = now, .device = number_, .user_channel = user_channel};
}

void Device::accuse(Violation violation, bool user_channel, Instant now, Deeds& deeds) const {
  auto made = fact(Fact::Kind::violation, user_channel, now);
  made.word = name_of(violation);
  deeds.facts.push_back(made);
}

}  // namespace muster::loadgen
