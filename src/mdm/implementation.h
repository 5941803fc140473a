// What the desk is made of: private to mdm/desk*.cc.
//
// A batch of messages is dealt with in one transaction of control.db, and everything that decides
// is read inside it. The roster commits a check-in first (roster.db): where our own commit then
// fails, the device is answered 503, comes again, and tells the roster the same once more.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mdm/check_in.h"
#include "mdm/desk.h"
#include "mdm/identities.h"
#include "mdm/report.h"
#include "store/command_store.h"

namespace muster::mdm {

// Numbers are stored: append only.
enum class EnrolmentState : std::uint8_t {
  none = 0,
  authenticated = 1,  // enrolling; until its TokenUpdate it takes no command
  enrolled = 2,
  left = enrolment_left,  // it checked out, or its device enrolled anew
};

// What was said, and what is answered.
struct Message {
  enum class Kind : std::uint8_t { refused, check_in, report };
  Kind kind = Kind::refused;  // refused: nothing more is done about it
  CheckInMessage check_in;
  Report report;
  std::vector<Byte> identity;  // empty: none was shown
  bool vouched = false;        // by NanoMDM, which hands out commands by itself
  std::uint16_t status = 200;
  std::string answer;

  [[nodiscard]] bool understood() const { return kind != Kind::refused; }
  [[nodiscard]] const Sender& sender() const {
    return kind == Kind::check_in ? check_in.sender : report.sender;
  }
};

struct Desk::Implementation {
  Implementation(store::CommandStore opened, Identities checked, House& asked)
      : store(std::move(opened)), identities(std::move(checked)), house(asked) {}

  [[nodiscard]] Message understand(const Call& call, WallTime now) const;
  [[nodiscard]] static Message understand(const Heard& heard);
  // With one commit; on trouble whoever was understood is answered 503.
  [[nodiscard]] Result<void> deal_with(std::span<Message> messages, WallTime now);
  // Ends what was begun: commits where `done`, and only then tells of it.
  [[nodiscard]] Result<void> finish(Result<void> done);

  // ── all below: inside a transaction; trouble ends it ──
  [[nodiscard]] Result<void> deal_in_order(std::span<Message> messages, WallTime now);
  // Of devices that are all different.
  [[nodiscard]] Result<void> deal_with_check_ins(std::span<Message> messages, WallTime now);
  [[nodiscard]] Result<void> deal_with_report(Message& message, WallTime now);

  // A check-in that the roster must be told of.
  struct Arrival {
    Message* message = nullptr;
    store::EnrolmentRow row;                         // the sender's
    std::optional<store::EnrolmentRow> user_device;  // where it is a user's: his device's
  };
  // Nothing: it has been answered.
  [[nodiscard]] Result<std::optional<Arrival>> receive(Message& message, WallTime now);
  [[nodiscard]] Result<void> settle(Arrival& arrival, const roster::CheckedIn& known, WallTime now);
  [[nodiscard]] Result<void> begin_anew(const store::EnrolmentRow& row);
  [[nodiscard]] Result<void> end_others(const store::EnrolmentRow& row);

  [[nodiscard]] Result<void> record(const Report& report, DeviceNumber device, WallTime now);
  [[nodiscard]] Result<void> hand_next(const store::EnrolmentRow& row, Message& message,
                                       WallTime now);
  [[nodiscard]] Result<void> hand(const Handed& command, WallTime now);

  store::CommandStore store;
  Identities identities;
  House& house;
  std::vector<Event> events;   // committed
  std::vector<Event> pending;  // of the transaction
};

// Whether this enrolment is the one that InviteToProgram is handed to.
[[nodiscard]] bool takes_commands(const store::EnrolmentRow& row);
// Whether it is the device that it was. `pinned` empty: it has shown none so far.
[[nodiscard]] bool same_device(Bytes pinned, const Message& message);
void refuse_stranger(Message& message, std::string_view enrolment);

}  // namespace muster::mdm
