// The desk's half for reports: what became of a command, and the next one.
#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/utf8.h"
#include "mdm/implementation.h"
#include "model/limits.h"

namespace muster::mdm {
namespace {

using store::CommandRow;
using store::EnrolmentRow;

constexpr std::uint16_t come_again = 503;

CommandResult result_of(const CommandRow& row) {
  return static_cast<CommandResult>(row.result);
}

bool final(CommandResult result) {
  return result == CommandResult::shown || result == CommandResult::refused;
}

bool can_be_handed(const std::string& url) {
  return !url.empty() && url.size() <= limits::invitation_url_bytes_max &&
         first_control(url) == url.size();
}

}  // namespace

// Whom we do not know we have nothing for, and keep nothing of: he is known from his check-in on.
Result<void> Desk::Implementation::deal_with_report(Message& message, WallTime now) {
  const auto& report = message.report;
  auto read = store.enrolment(report.sender.id);
  if (!read) {
    return tl::unexpected(read.error());
  }
  auto& row = *read;
  if (!row) {
    return {};
  }
  auto& enrolment = *row;
  auto pinned = enrolment.identity;
  if (enrolment.user_channel) {
    const auto device_read = store.enrolment(report.sender.device);
    if (!device_read) {
      return tl::unexpected(device_read.error());
    }
    const auto& device = *device_read;
    pinned = device ? device->identity : pinned;
  }
  if (!same_device(pinned, message)) {
    refuse_stranger(message, enrolment.id);
    return {};
  }
  enrolment.last_seen = now;
  enrolment.last_status = static_cast<std::uint8_t>(report.status);
  if (enrolment.identity.empty()) {
    enrolment.identity = message.identity;
  }
  auto done = store.put_enrolment(enrolment);
  if (done) {
    done = record(report, enrolment.device, now);
  }
  if (done && report.status != Report::Status::not_now && !message.vouched) {
    done = hand_next(enrolment, message, now);
  }
  return done;
}

Result<void> Desk::Implementation::record(const Report& report, DeviceNumber device, WallTime now) {
  const auto name = read_command_uuid(report.command_uuid);
  if (!name || report.result == CommandResult::none) {
    return {};
  }
  // Among this device's own: nobody reports what another was handed.
  auto commands = store.commands_of(device);
  if (!commands) {
    return tl::unexpected(commands.error());
  }
  const auto found = std::ranges::find_if(*commands, [&](const CommandRow& row) {
    return row.invitation == name->invitation && command_prefix(row.task) == name->task_prefix;
  });
  if (found == commands->end() || final(result_of(*found)) || result_of(*found) == report.result) {
    return {};
  }
  found->result = static_cast<std::uint8_t>(report.result);
  found->result_at = now;
  found->trouble = report.trouble;
  found->not_now += report.result == CommandResult::postponed ? 1 : 0;
  pending.push_back({found->task, found->invitation, device, report.result});
  return store.put_command(*found);
}

// It is handed again until it is shown or refused: a device that asks does not have it in hand, be
// it that the answer was lost or that it said NotNow.
Result<void> Desk::Implementation::hand_next(const EnrolmentRow& row, Message& message,
                                             WallTime now) {
  if (!takes_commands(row)) {
    return {};
  }
  const auto waiting = house.waiting(row.device);
  if (!waiting) {
    message.status = come_again;  // what it reported is kept all the same
    return {};
  }
  if (waiting->empty()) {
    return {};
  }
  const auto& newest = waiting->front();
  if (!can_be_handed(newest.url)) {
    log::warning("mdm", "an invitation has no URL that a device could take",
                 {{"task", uuid_text(newest.task.bytes)}});
    return {};
  }
  const auto known = store.command(newest.task, newest.invitation);
  if (!known) {
    return tl::unexpected(known.error());
  }
  if (final(result_of(known->value_or(CommandRow{})))) {
    return {};
  }
  message.answer = invite_to_program(command_uuid(newest.task, newest.invitation), newest.url);
  return hand({newest.task, newest.invitation, row.device}, now);
}

Result<void> Desk::Implementation::hand(const Handed& command, WallTime now) {
  auto known = store.command(command.task, command.invitation);
  if (!known) {
    return tl::unexpected(known.error());
  }
  auto row = known->value_or(CommandRow{});
  if (final(result_of(row))) {
    return {};
  }
  row.task = command.task;
  row.invitation = command.invitation;
  row.device = command.device;
  ++row.handed;
  row.handed_at = now;
  row.result = static_cast<std::uint8_t>(CommandResult::none);  // until it answers anew
  row.trouble.clear();
  pending.push_back({row.task, row.invitation, row.device, CommandResult::none});
  return store.put_command(row);
}

}  // namespace muster::mdm
