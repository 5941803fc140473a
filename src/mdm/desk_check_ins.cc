// The desk's half for check-ins: who enrols, how he is woken, who leaves.
#include <utility>

#include "base/assert.h"
#include "mdm/implementation.h"

namespace muster::mdm {
namespace {

using Kind = CheckInMessage::Kind;
using roster::Enrollment;
using roster::Platform;
using store::EnrolmentRow;

constexpr std::uint16_t not_managed = 410;
constexpr std::uint16_t come_again = 503;

EnrolmentState state_of(const EnrolmentRow& row) {
  return static_cast<EnrolmentState>(row.state);
}

void set_state(EnrolmentRow& row, EnrolmentState state) {
  row.state = static_cast<std::uint8_t>(state);
}

// What is not said is kept.
void take_kind(const roster::CheckIn& said, EnrolmentRow& row) {
  if (said.platform != Platform::unknown) {
    row.platform = static_cast<std::uint8_t>(said.platform);
  }
  if (said.enrollment != Enrollment::unknown) {
    row.enrollment = static_cast<std::uint8_t>(said.enrollment);
  }
}

}  // namespace

// As roster::target_of chooses whom to wake.
bool takes_commands(const EnrolmentRow& row) {
  const auto platform = static_cast<Platform>(row.platform);
  const auto enrollment = static_cast<Enrollment>(row.enrollment);
  const bool refuses = platform == Platform::tvos || platform == Platform::watchos ||
                       platform == Platform::visionos || enrollment == Enrollment::user;
  if (refuses || state_of(row) != EnrolmentState::enrolled || row.device == store::no_device) {
    return false;
  }
  const bool by_user = platform == Platform::macos || enrollment == Enrollment::shared;
  // Of what we know nothing: only Macs and Shared iPads have users with a channel.
  return row.user_channel ? by_user || platform == Platform::unknown : !by_user;
}

Result<void> Desk::Implementation::deal_with_check_ins(std::span<Message> messages, WallTime now) {
  std::vector<Arrival> arrivals;
  std::vector<roster::CheckIn> told;
  for (auto& message : messages) {
    auto arrival = receive(message, now);
    if (!arrival) {
      return tl::unexpected(arrival.error());
    }
    if (auto& received = *arrival) {
      told.push_back(message.check_in.device);
      arrivals.push_back(std::move(*received));
    }
  }
  if (told.empty()) {
    return {};
  }
  const auto known = house.check_in(told);
  if (!known) {
    for (const auto& arrival : arrivals) {
      arrival.message->status = come_again;
    }
    // Of NanoMDM nobody comes again: whoever told us shall know.
    return arrivals.front().message->vouched ? tl::unexpected(known.error()) : Result<void>{};
  }
  MUSTER_ASSERT(known->size() == arrivals.size());
  for (std::size_t i = 0; i < arrivals.size(); ++i) {
    if (auto done = settle(arrivals[i], (*known)[i], now); !done) {
      return done;
    }
  }
  return {};
}

// A device gets a new identity whenever it enrols, so Authenticate may bring another one, provided
// the authority vouches for it (Identities has seen to that); everything else must come with the
// identity that the enrolment began with. A user's channel is spoken for by his device's identity.
Result<std::optional<Desk::Implementation::Arrival>> Desk::Implementation::receive(Message& message,
                                                                                   WallTime now) {
  const auto& said = message.check_in;
  auto device_read = store.enrolment(said.sender.device);
  if (!device_read) {
    return tl::unexpected(device_read.error());
  }
  auto own_read = said.sender.user_channel ? store.enrolment(said.sender.id) : device_read;
  if (!own_read) {
    return tl::unexpected(own_read.error());
  }
  auto& device = *device_read;
  auto& own = *own_read;
  const auto& owner = device ? device : own;
  if (owner && said.kind != Kind::authenticate && !same_device(owner->identity, message)) {
    refuse_stranger(message, said.sender.id);
    return std::optional<Arrival>();
  }
  Arrival arrival{&message, {}, std::nullopt};
  if (own) {
    arrival.row = std::move(*own);
  } else {
    arrival.row.id = said.sender.id;
    arrival.row.user_channel = said.sender.user_channel;
  }
  arrival.row.last_seen = now;
  if (said.sender.user_channel) {
    arrival.user_device = std::move(device);
  }
  if (said.kind == Kind::user_authenticate || said.kind == Kind::ignored) {
    message.status = said.kind == Kind::user_authenticate ? not_managed : 200;
    return std::optional<Arrival>();
  }
  if (said.kind != Kind::check_out) {
    return std::optional(std::move(arrival));
  }
  const bool there = state_of(arrival.row) == EnrolmentState::authenticated ||
                     state_of(arrival.row) == EnrolmentState::enrolled;
  if (there && !said.sender.user_channel) {
    return std::optional(std::move(arrival));
  }
  if (there) {  // a user's channel ends by itself; the roster knows the device only
    set_state(arrival.row, EnrolmentState::left);
    if (const auto put = store.put_enrolment(arrival.row); !put) {
      return tl::unexpected(put.error());
    }
  }
  return std::optional<Arrival>();
}

Result<void> Desk::Implementation::settle(Arrival& arrival, const roster::CheckedIn& known,
                                          WallTime now) {
  const auto& said = arrival.message->check_in;
  auto& row = arrival.row;
  row.device = known.device;
  row.last_seen = now;
  if (!arrival.message->identity.empty()) {
    row.identity = arrival.message->identity;
  }
  take_kind(said.device, row);
  if (known.enrollment != Enrollment::unknown) {
    row.enrollment = static_cast<std::uint8_t>(known.enrollment);  // it knows of shared iPads
  }
  if (said.kind == Kind::check_out) {
    set_state(row, EnrolmentState::left);
    const auto ended = end_others(row);
    return ended ? store.put_enrolment(row) : ended;
  }
  if (said.kind == Kind::authenticate) {
    set_state(row, EnrolmentState::authenticated);
    row.last_status = 0;
    const auto begun = begin_anew(row);
    return begun ? store.put_enrolment(row) : begun;
  }
  set_state(row, EnrolmentState::enrolled);
  if (arrival.user_device) {
    auto& device = *arrival.user_device;
    const auto before = device;
    take_kind(said.device, device);  // that an iPad is shared, its users tell first
    row.platform = device.platform;
    row.enrollment = device.enrollment;
    if (!(device == before)) {
      if (auto put = store.put_enrolment(device); !put) {
        return put;
      }
    }
  }
  return store.put_enrolment(row);
}

// What it was handed under its old enrolment is forgotten: it is as if it had not answered. What
// it has shown or refused stays so.
Result<void> Desk::Implementation::begin_anew(const EnrolmentRow& row) {
  auto commands = store.commands_of(row.device);
  if (!commands) {
    return tl::unexpected(commands.error());
  }
  for (auto& command : *commands) {
    if (command.result == static_cast<std::uint8_t>(CommandResult::postponed)) {
      command.result = static_cast<std::uint8_t>(CommandResult::none);
      if (auto put = store.put_command(command); !put) {
        return put;
      }
    }
  }
  return end_others(row);
}

// Its users' channels, and enrolments of the same device under another id.
Result<void> Desk::Implementation::end_others(const EnrolmentRow& row) {
  auto others = store.enrolments_of(row.device);
  if (!others) {
    return tl::unexpected(others.error());
  }
  for (auto& other : *others) {
    if (other.id != row.id && state_of(other) != EnrolmentState::left) {
      set_state(other, EnrolmentState::left);
      if (auto put = store.put_enrolment(other); !put) {
        return put;
      }
    }
  }
  return {};
}

}  // namespace muster::mdm
