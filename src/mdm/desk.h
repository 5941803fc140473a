// The MDM desk: what is said to a device that checks in or asks for its command. No socket here.
//
// Apple's protocol in short: a device PUTs property lists. A check-in (Authenticate, TokenUpdate,
// CheckOut, …) is answered 200 with nothing. A report ({UDID, Status, CommandUUID?}) is answered
// with the next command, or with an empty body: nothing more. We have one command, InviteToProgram,
// and hand it out just in time: no device has it in hand before it asks, so Cancel is true.
//
// Who a device is: the certificate of its TLS session, or the one that signed its body
// (Mdm-Signature); with neither, and with another one than at its enrolment, it is answered 401 and
// nothing is changed. Never 403: that would make it unenrol.
//
//   report           what we do
//   Idle             hand out what waits for this enrolment, if the task still runs
//   Acknowledged     the command was shown (or InvalidProgramID, InvalidInvitationURL: refused)
//   NotNow           postponed: it comes again by itself, or by the push that we repeat
//   Error, Command-  refused, with the device's words
//   FormatError
//
// Every report may come twice, late, or for a command we do not know: it changes nothing then.
// Sources: Apple, "Sending MDM commands to a device", "Handling NotNow status responses",
// "InviteToProgram"; mdm/checkin/*.yaml.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "model/id.h"
#include "roster/check_in.h"
#include "store/command_store.h"

namespace muster::mdm {

// One request of a device, and what it is answered.
struct Call {
  enum class Kind : std::uint8_t { check_in, command };
  Kind kind = Kind::check_in;  // by Content-Type; see kind_of()
  std::string body;
  std::string signature;          // Mdm-Signature; empty: none
  std::vector<Byte> certificate;  // DER, of its TLS session, verified there; empty: none
  // ── filled by the desk ──
  std::uint16_t status = 0;
  std::string content_type;  // empty: no body
  std::string answer;
};
// By the request's path and Content-Type; nothing: it is neither (answer 415).
[[nodiscard]] std::optional<Call::Kind> kind_of(std::string_view path,
                                                std::string_view content_type);

// An invitation that a device may be shown now.
struct Waiting {
  TaskId task;
  InvitationNumber invitation = 0;
  std::string url;  // secret
};

// What became of a command.
enum class CommandResult : std::uint8_t { none = 0, shown = 1, postponed = 2, refused = 3 };

struct Event {
  TaskId task;
  InvitationNumber invitation = 0;
  DeviceNumber device = 0;
  CommandResult result = CommandResult::none;  // none: it was handed out
};

// What the desk asks of the rest of the house; called on the desk's thread.
class House {
 public:
  virtual ~House() = default;
  // As roster::Roster::check_in.
  [[nodiscard]] virtual Result<std::vector<roster::CheckedIn>> check_in(
      std::span<const roster::CheckIn> devices) = 0;
  // What waits for this device, of the newest task first, `shown` and refused ones left out by the
  // desk. Reads each task's state anew.
  [[nodiscard]] virtual Result<std::vector<Waiting>> waiting(DeviceNumber device) = 0;
};

struct DeskSettings {
  std::string trust_file;  // the authority of the devices' identities (PEM), for Mdm-Signature
  // For rehearsals on loopback: a device without any identity is believed.
  bool identity_required = true;
};

// Owned and used by one thread.
class Desk {
 public:
  // The complaint names the trust file or the data directory. `house` outlives it.
  [[nodiscard]] static Result<std::unique_ptr<Desk>, Complaint> open(const std::string& dir,
                                                                     const DeskSettings& settings,
                                                                     House& house);
  ~Desk();
  // Answers them all, in order, with one commit for what they changed; nothing may be sent to a
  // device before this returns. What cannot be stored is answered 503, so that the device keeps
  // it and comes again.
  void answer(std::span<Call> calls, WallTime now);
  // What happened since the last call: for the funnel, and for pushes to be repeated.
  [[nodiscard]] std::vector<Event> take_events();

 private:
  struct Implementation;
  explicit Desk(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

// CommandUUID: the same whenever it is handed out, and leads back to its row.
[[nodiscard]] std::string command_uuid(const TaskId& task, InvitationNumber invitation);
struct CommandName {
  std::uint64_t task_prefix = 0;  // of SHA-256(task ‖ "command")
  InvitationNumber invitation = 0;
};
[[nodiscard]] std::optional<CommandName> read_command_uuid(std::string_view text);
[[nodiscard]] std::uint64_t command_prefix(const TaskId& task);

}  // namespace muster::mdm
