#include "mdm/desk.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "base/ascii.h"
#include "base/log.h"
#include "crypto/hmac.h"
#include "mdm/implementation.h"
#include "mdm/plist.h"

namespace muster::mdm {
namespace {

constexpr std::uint16_t not_a_message = 400;
constexpr std::uint16_t come_again = 503;

void read_message(std::string_view body, bool is_check_in, Message& message) {
  message.status = not_a_message;
  const auto plist = read_plist(body);
  if (!plist) {
    return;
  }
  if (is_check_in) {
    if (auto said = read_check_in(*plist)) {
      message.kind = Message::Kind::check_in;
      message.check_in = std::move(*said);
    }
  } else if (auto said = read_report(*plist)) {
    message.kind = Message::Kind::report;
    message.report = std::move(*said);
  }
  if (message.understood()) {
    message.status = 200;
  }
}

}  // namespace

std::optional<Call::Kind> kind_of(std::string_view path, std::string_view content_type) {
  std::string type(content_type.substr(0, content_type.find(';')));
  type.erase(type.find_last_not_of(" \t") + 1);
  std::ranges::transform(type, type.begin(), ascii_lower);
  const bool ours = path == "/mdm/checkin" || path == "/mdm/command";
  if (ours && type == "application/x-apple-aspen-mdm-checkin") {
    return Call::Kind::check_in;
  }
  if (path == "/mdm/command" && type == "application/x-apple-aspen-mdm") {
    return Call::Kind::command;
  }
  return std::nullopt;
}

bool same_device(Bytes pinned, const Message& message) {
  return message.vouched || message.identity.empty() || pinned.empty() ||
         crypto::equal_in_constant_time(pinned, message.identity);
}

void refuse_stranger(Message& message, std::string_view enrolment) {
  log::warning("mdm", "a device did not show the identity of its enrolment",
               {{"enrolment", enrolment}});
  message.status = stranger_status;
}

Desk::Desk(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
Desk::~Desk() = default;

Result<std::unique_ptr<Desk>, Complaint> Desk::open(const std::string& dir,
                                                    const DeskSettings& settings, House& house) {
  auto identities = Identities::open(settings);
  if (!identities) {
    return tl::unexpected(identities.error());
  }
  auto store = store::CommandStore::open(dir, store::OpenMode::write);
  if (!store) {
    return tl::unexpected(store.error());
  }
  return std::unique_ptr<Desk>(
      new Desk(std::make_unique<Implementation>(std::move(*store), std::move(*identities), house)));
}

void Desk::answer(std::span<Call> calls, WallTime now) {
  std::vector<Message> messages;
  messages.reserve(calls.size());
  for (const auto& call : calls) {
    messages.push_back(implementation_->understand(call, now));
  }
  const auto done = implementation_->deal_with(messages, now);
  if (!done) {
    log::error("mdm", "what devices say cannot be stored", {{"reason", words(done.error())}});
  }
  for (std::size_t i = 0; i < calls.size(); ++i) {
    calls[i].status = messages[i].status;
    calls[i].answer = std::move(messages[i].answer);
    calls[i].content_type = calls[i].answer.empty() ? "" : "application/xml";
  }
}

Result<void> Desk::hear(std::span<const Heard> heard, WallTime now) {
  std::vector<Message> messages;
  for (const auto& each : heard) {
    if (each.kind != Heard::Kind::nothing) {
      messages.push_back(Implementation::understand(each));
    }
  }
  return implementation_->deal_with(messages, now);
}

Result<void> Desk::handed(std::span<const Handed> commands, WallTime now) {
  auto done = implementation_->store.begin();
  if (!done) {
    return done;
  }
  for (const auto& command : commands) {
    if (done) {
      done = implementation_->hand(command, now);
    }
  }
  return implementation_->finish(done);
}

Result<bool> Desk::was_handed(const TaskId& task, InvitationNumber invitation) {
  const auto row = implementation_->store.command(task, invitation);
  if (!row) {
    return tl::unexpected(row.error());
  }
  return row->has_value();
}

Result<std::optional<std::string>> Desk::enrolment_for(DeviceNumber device) {
  const auto rows = implementation_->store.enrolments_of(device);
  if (!rows) {
    return tl::unexpected(rows.error());
  }
  const store::EnrolmentRow* best = nullptr;
  for (const auto& row : *rows) {
    if (takes_commands(row) && (best == nullptr || row.last_seen > best->last_seen)) {
      best = &row;
    }
  }
  return best == nullptr ? std::optional<std::string>() : std::optional(best->id);
}

std::vector<Event> Desk::take_events() {
  return std::exchange(implementation_->events, {});
}

Message Desk::Implementation::understand(const Call& call, WallTime now) const {
  Message message;
  read_message(call.body, call.kind == Call::Kind::check_in, message);
  if (!message.understood()) {
    return message;
  }
  auto identity = identities.shown_by(call, now);
  if (!identity) {
    refuse_stranger(message, message.sender().id);
    message.kind = Message::Kind::refused;
    return message;
  }
  message.identity = std::move(*identity);
  return message;
}

Message Desk::Implementation::understand(const Heard& heard) {
  Message message;
  message.vouched = true;
  read_message(heard.plist, heard.kind == Heard::Kind::check_in, message);
  // Its own name for a user's channel is the one that it takes commands for.
  if (message.sender().user_channel && !heard.enrolment.empty()) {
    message.check_in.sender.id = heard.enrolment;
    message.report.sender.id = heard.enrolment;
  }
  return message;
}

Result<void> Desk::Implementation::deal_with(std::span<Message> messages, WallTime now) {
  if (std::ranges::none_of(messages, &Message::understood)) {
    return {};
  }
  auto done = store.begin();
  if (done) {
    done = finish(deal_in_order(messages, now));
  }
  if (!done) {
    for (auto& message : messages) {
      if (message.understood()) {
        message.status = come_again;
        message.answer.clear();
      }
    }
  }
  return done;
}

Result<void> Desk::Implementation::finish(Result<void> done) {
  if (done) {
    done = store.commit();
  } else {
    store.rollback();
  }
  if (done) {
    events.insert(events.end(), pending.begin(), pending.end());
  }
  pending.clear();
  return done;
}

// Check-ins side by side are told to the roster at once: it makes one commit of them. A device that
// speaks twice is answered in its order.
Result<void> Desk::Implementation::deal_in_order(std::span<Message> messages, WallTime now) {
  std::size_t at = 0;
  while (at < messages.size()) {
    std::size_t end = at;
    std::unordered_set<std::string_view> devices;
    while (end < messages.size() && messages[end].kind == Message::Kind::check_in &&
           devices.insert(messages[end].sender().device).second) {
      ++end;
    }
    Result<void> done;
    if (end > at) {
      done = deal_with_check_ins(messages.subspan(at, end - at), now);
    } else {
      end = at + 1;
      done = messages[at].kind == Message::Kind::report ? deal_with_report(messages[at], now)
                                                        : Result<void>{};
    }
    if (!done) {
      return done;
    }
    at = end;
  }
  return {};
}

}  // namespace muster::mdm
