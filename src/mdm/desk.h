// The MDM desk: what is said to a device that checks in or asks for its command. No socket here.
//
// Apple's protocol in short: a device PUTs property lists. A check-in (Authenticate, TokenUpdate,
// CheckOut, …) is answered 200 with nothing. A report ({UDID, Status, CommandUUID?}) is answered
// with the next command, or with an empty body: nothing more. We have one command, InviteToProgram,
// and hand it out just in time: no device has it in hand before it asks, so Cancel is true.
//
// Who a device is: the certificate of its TLS session, or the one that signed its body
// (Mdm-Signature); with neither, and with another one than at its enrolment, it is answered
// stranger_status and nothing is changed.
//
//   report           what we do
//   Idle             hand out what waits for this enrolment, if the task still runs
//   Acknowledged     the command was shown (or InvalidProgramID, InvalidInvitationURL: refused)
//   NotNow           postponed: it comes again by itself, or by the push that we repeat
//   Error, Command-  refused, with the device's words
//   FormatError
//
// Behind each of them but NotNow the next command may follow. Every report may come twice, late, or
// for a command we do not know: it changes nothing then.
//
// Of several invitations that wait for a device only the newest task's is handed out; older ones
// are left, also when it was shown: nobody is asked twice to join the same program. Macs and Shared
// iPads get it on the channel of a user, iPhones and iPads on their own, others not at all; nobody
// before his TokenUpdate.
// Sources: Apple, "Sending MDM commands to a device", "Handling NotNow status responses",
// "InviteToProgram"; mdm/checkin/*.yaml.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "mdm/command.h"
#include "model/id.h"
#include "roster/check_in.h"
#include "store/command_store.h"

namespace muster::mdm {

// To whom we do not believe. Not 401: a device removes its enrolment profile upon it, as upon 403
// with com.apple.unrecognized.device; one wrong trust file would unenrol a whole school. After 400
// it keeps what it has to say and comes again.
inline constexpr std::uint16_t stranger_status = 400;

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
// By the request's path (/mdm/checkin, /mdm/command) and Content-Type: check-ins may come to
// either, since a profile need not name a CheckInURL. Nothing: it is neither (answer 415).
[[nodiscard]] std::optional<Call::Kind> kind_of(std::string_view path,
                                                std::string_view content_type);

// As it is stored of an enrolment: its device has left management.
inline constexpr std::uint8_t enrolment_left = 3;

// An invitation that a device may be shown now.
struct Waiting {
  TaskId task;
  InvitationNumber invitation = 0;
  std::string url;  // secret
};

struct Event {
  TaskId task;
  InvitationNumber invitation = 0;
  DeviceNumber device = 0;
  CommandResult result = CommandResult::none;  // none: it was handed out
};

// What NanoMDM heard of a device, and tells us (nanomdm.h).
struct Heard {
  enum class Kind : std::uint8_t { nothing, check_in, report };
  Kind kind = Kind::nothing;  // nothing: a topic that does not concern us
  std::string enrolment;      // NanoMDM's id: UDID, UDID:UserGUID, UDID:account
  std::string plist;          // raw_payload: as the device sent it
};

// A command that was given to a device by other hands than answer()'s: enqueued in NanoMDM.
struct Handed {
  TaskId task;
  InvitationNumber invitation = 0;
  DeviceNumber device = 0;
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
  // The authority of the devices' identities (PEM), for Mdm-Signature. Empty: no signature is
  // believed, certificates of TLS sessions alone are.
  std::string trust_file;
  // False, for rehearsals on loopback: a device that shows no identity is believed.
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

  // ── beside NanoMDM, which vouches for its devices and hands out what it was given ──
  // Takes what it heard, with one commit; what is no message is left out. On trouble nothing was
  // taken in.
  [[nodiscard]] Result<void> hear(std::span<const Heard> heard, WallTime now);
  // These were enqueued: from now on they have a row. Shown and refused ones stay as they are.
  [[nodiscard]] Result<void> handed(std::span<const Handed> commands, WallTime now);
  // Whether this invitation's command was handed out before, by whomever.
  [[nodiscard]] Result<bool> was_handed(const TaskId& task, InvitationNumber invitation);
  // The enrolment that takes a command for this device, seen last where there are several; nothing
  // where there is none. A user's where it is a Mac or a Shared iPad.
  [[nodiscard]] Result<std::optional<std::string>> enrolment_for(DeviceNumber device);

  // What happened since the last call: for the funnel, and for pushes to be repeated.
  [[nodiscard]] std::vector<Event> take_events();

 private:
  struct Implementation;
  explicit Desk(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace muster::mdm
