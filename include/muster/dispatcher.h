// The library's one door: a dispatcher on a data directory.
//
//   auto dispatcher = muster::Dispatcher::open(settings, muster::Access::send);
//   auto preview = dispatcher->preview(selector);
//   auto task = dispatcher->send(*preview);
//   while (dispatcher->wait(*task, 200ms) …) show(dispatcher->progress(*task));
//
// Callable from any thread. It owns its threads, and takes no signals and no globals. Destroying it
// drains: what is in flight is finished (bounded), nothing new is begun, unfinished tasks stay
// resumable.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "muster/error.h"
#include "muster/invitation.h"
#include "muster/location.h"
#include "muster/metrics.h"
#include "muster/preview.h"
#include "muster/progress.h"
#include "muster/roster.h"
#include "muster/selector.h"
#include "muster/settings.h"
#include "muster/task.h"

namespace muster::http {
struct ServerRequest;
class Answer;
}  // namespace muster::http

namespace muster {

// read: looks at a data directory, also while another process holds it. send: holds it alone (a
// second holder gets a Failure that names the first one's pid).
enum class Access : std::uint8_t { read, send };

struct ImportOptions {
  std::vector<std::string> paths;
  // "", "csv", "ndjson": guessed from names and content where empty. Of a directory service, whose
  // address (ldap://host/, perhaps with a base behind it) is the only path: "open-directory",
  // "active-directory", "generic"; as the settings say where empty.
  std::string format;
  bool dry_run = false;
  std::string rejects_file;  // not empty: bad rows go there instead of stopping the import
};
struct ImportChange {
  std::uint64_t count = 0;
  std::vector<std::string> first;  // ids of some
};
// Rows that were new, not as before, or vanished from the directory service they came from.
struct ImportChanges {
  ImportChange added;
  ImportChange changed;
  ImportChange removed;
};
struct ImportReport {
  std::uint64_t users = 0;  // rows read of each kind
  std::uint64_t groups = 0;
  std::uint64_t memberships = 0;
  std::uint64_t devices = 0;
  std::uint64_t codes = 0;  // invitation codes of users, for registrations that are another's
  std::uint64_t rejected = 0;
  std::vector<std::string> warnings;  // unknown columns, …
  double seconds = 0;
  ImportChanges users_changed;
  ImportChanges groups_changed;
  ImportChanges devices_changed;
};
struct ImportProgress {
  std::string step;  // "devices.csv"
  std::uint64_t bytes_done = 0;
  std::uint64_t bytes_total = 0;
  std::uint64_t rows = 0;
};

// How far an invitation is to have come: handed over to Apple or a mail server; shown by the
// device; accepted by its user.
enum class Goal : std::uint8_t { sent, shown, enrolled };

struct SendOptions {
  // Invitations a second; 0: as fast as the peers and mdm.wakes_per_second allow.
  std::uint32_t rate = 0;
  std::string by;  // who pressed Send, for the record: "anna", "local:root"
  // Not empty: names this request. A second one with the same name sends nothing and returns the
  // first one's task; it is refused where it means another preview.
  std::string key;
  // Seconds since 1970: the task is there at once, paused, and begins then, in whatever process
  // holds the directory with Access::send at that time or later. 0: now.
  std::int64_t start_at = 0;
};

// Which rows of a task: from `after` on, in order.
struct InvitationQuery {
  std::uint32_t after = 0;
  std::uint32_t limit = 1000;  // rows, ≤ 4,096
  std::string state;           // empty: all
  std::string search;          // occurs in a user's or device's name or id; empty: all
};

// Which users of a group, those of the groups inside it too.
struct MemberQuery {
  std::string search;         // occurs in an id, name or address; empty: all
  std::string state;          // not-invited, invited (and not enrolled yet), enrolled; empty: all
  std::uint32_t from = 0;     // `next` of the page before
  std::uint32_t limit = 100;  // rows, ≤ 1,000
};

// Whoever answers requests that are not for devices and Apple (http/server.h). Called on the HTTP
// server's thread, which it must not keep.
using WebHandler = std::function<void(http::ServerRequest request, http::Answer answer)>;

class Dispatcher {
 public:
  // In this process.
  [[nodiscard]] static Checked<std::unique_ptr<Dispatcher>> open(const Settings& settings,
                                                                 Access access);
  virtual ~Dispatcher() = default;
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  // Needs Access::send. All or nothing (but for rejects_file); `progress` is called from the
  // calling thread a few times a second and ends the import by returning false: nothing is stored
  // then.
  [[nodiscard]] virtual Checked<ImportReport> import_roster(
      const ImportOptions& options, const std::function<bool(const ImportProgress&)>& progress) = 0;

  // ── the roster ──
  // At most `limit` (≤ 1,000) of those in whose id, name, address or serial number `search` occurs.
  [[nodiscard]] virtual Checked<RosterPage<User>> users(const std::string& search,
                                                        std::uint32_t from,
                                                        std::uint32_t limit) = 0;
  [[nodiscard]] virtual Checked<RosterPage<Group>> groups(const std::string& search,
                                                          std::uint32_t from,
                                                          std::uint32_t limit) = 0;
  [[nodiscard]] virtual Checked<RosterPage<Device>> devices(const std::string& search,
                                                            std::uint32_t from,
                                                            std::uint32_t limit) = 0;
  [[nodiscard]] virtual Checked<User> user(const std::string& id) = 0;
  // By group_id, or a name that only one group has.
  [[nodiscard]] virtual Checked<Group> group(const std::string& group) = 0;
  [[nodiscard]] virtual Checked<Device> device(const std::string& id) = 0;
  // Each user once, however many groups hold him.
  [[nodiscard]] virtual Checked<RosterPage<User>> members(const std::string& group,
                                                          const MemberQuery& query) = 0;
  // Another number, never 0, after each time that something was committed to the roster: by an
  // edit, an import, a device that checked in, another process.
  [[nodiscard]] virtual Checked<std::uint64_t> roster_state() = 0;
  // Edits need Access::send, are durable when they return, and are refused with the words of an
  // import. A running send follows them: who was removed, or lost his device, is cancelled.
  [[nodiscard]] virtual Checked<Done> add_user(const std::string& id, const UserEdit& edit) = 0;
  [[nodiscard]] virtual Checked<Done> set_user(const std::string& id, const UserEdit& edit) = 0;
  // Out of groups and audiences; his devices are nobody's. What was sent to him stays on record.
  [[nodiscard]] virtual Checked<Done> remove_user(const std::string& id) = 0;
  // Likewise, and his name, address and account are blanked for good; of one removed before, too.
  [[nodiscard]] virtual Checked<Done> erase_user(const std::string& id) = 0;
  // A group made by hand starts with Managed Distribution off.
  [[nodiscard]] virtual Checked<Done> add_group(const std::string& id, const GroupEdit& edit) = 0;
  [[nodiscard]] virtual Checked<Done> set_group(const std::string& group,
                                                const GroupEdit& edit) = 0;
  [[nodiscard]] virtual Checked<Done> remove_group(const std::string& group) = 0;
  [[nodiscard]] virtual Checked<Done> add_member(const std::string& group,
                                                 const std::string& user) = 0;
  [[nodiscard]] virtual Checked<Done> remove_member(const std::string& group,
                                                    const std::string& user) = 0;
  [[nodiscard]] virtual Checked<Done> add_group_inside(const std::string& group,
                                                       const std::string& child) = 0;
  [[nodiscard]] virtual Checked<Done> remove_group_inside(const std::string& group,
                                                          const std::string& child) = 0;
  // A placeholder for a device that has not checked in yet; where `id` is empty, its udid or serial
  // stands for it.
  [[nodiscard]] virtual Checked<Done> add_device(const std::string& id, const DeviceEdit& edit) = 0;
  [[nodiscard]] virtual Checked<Done> set_device(const std::string& id, const DeviceEdit& edit) = 0;
  // `user` empty: to nobody.
  [[nodiscard]] virtual Checked<Done> assign_device(const std::string& id,
                                                    const std::string& user) = 0;
  [[nodiscard]] virtual Checked<Done> remove_device(const std::string& id) = 0;

  // ── sending ──
  [[nodiscard]] virtual Checked<Preview> preview(const Selector& selector) = 0;
  // Whom a send would not reach, one by one, `from` 0 on; at most `limit` (≤ 4,096).
  [[nodiscard]] virtual Checked<UnreachedPage> unreached(const Selector& selector,
                                                         std::uint32_t from,
                                                         std::uint32_t limit) = 0;
  // Durable when it returns the task's id; sending goes on in the dispatcher's threads. Refused
  // when the audience changed since the preview, when it is empty, and when the settings cannot
  // reach it.
  [[nodiscard]] virtual Checked<std::string> send(const Preview& preview,
                                                  const SendOptions& options) = 0;
  [[nodiscard]] Checked<std::string> send(const Preview& preview) { return send(preview, {}); }
  // Goes on with an interrupted or paused task. Empty: with all that were interrupted, or paused by
  // the machine over what may be mended by now (credentials, disk, peer); never with what a person
  // paused, or must judge. Returns their ids.
  [[nodiscard]] virtual Checked<std::vector<std::string>> resume(const std::string& task) = 0;
  [[nodiscard]] Checked<std::vector<std::string>> resume() { return resume(""); }
  [[nodiscard]] virtual Checked<Done> pause(const std::string& task) = 0;
  // After it returns, nothing that was not written is written.
  [[nodiscard]] virtual Checked<Done> cancel(const std::string& task) = 0;
  // Sends again what failed (or is in `state`): a new generation of ids.
  [[nodiscard]] virtual Checked<std::uint64_t> retry(const std::string& task,
                                                     const std::string& state) = 0;
  [[nodiscard]] Checked<std::uint64_t> retry(const std::string& task) { return retry(task, ""); }

  // The same of one invitation, which must have failed, be unreachable, expired or in doubt.
  [[nodiscard]] virtual Checked<Done> send_again(const std::string& task, std::uint32_t number) = 0;

  // Waits until the task is at rest or not running any more, at most `most`. True when it is.
  [[nodiscard]] virtual bool wait(const std::string& task, std::chrono::milliseconds most) = 0;
  [[nodiscard]] virtual Checked<Progress> progress(const std::string& task) = 0;
  // How many invitations of a task that invites to Managed Distribution have neither come so far
  // nor ended. Reads all of them: for a look now and then. A letter counts as shown once it is
  // sent.
  [[nodiscard]] virtual Checked<std::uint64_t> pending(const std::string& task, Goal goal) = 0;
  [[nodiscard]] virtual Checked<std::vector<Task>> tasks() = 0;
  // By id, or by its first characters where they name only one task.
  [[nodiscard]] virtual Checked<Task> task(const std::string& id) = 0;
  // Looks at a bounded number of rows: a page may hold few or none and say that there are more.
  [[nodiscard]] virtual Checked<InvitationPage> invitations(const std::string& task,
                                                            const InvitationQuery& query) = 0;
  [[nodiscard]] Checked<InvitationPage> invitations(const std::string& task, std::uint32_t after,
                                                    std::uint32_t limit,
                                                    const std::string& state = "") {
    return invitations(task, InvitationQuery{after, limit, state, ""});
  }

  // The task's invitation of that number, and what became of it, step by step.
  [[nodiscard]] virtual Checked<Timeline> timeline(const std::string& task,
                                                   std::uint32_t number) = 0;

  // ── Managed Distribution ──
  // Installs or replaces the content token of a location: the content of the file that Apple School
  // or Business Manager gave, which complaints call `name`. From then on invitations go to users
  // who are registered with Apps and Books. Apple is asked whose it is when the first user is
  // registered, or by who listens. Needs Access::send, as the next.
  [[nodiscard]] virtual Checked<Done> install_content_token(const std::string& location,
                                                            const std::string& content,
                                                            const std::string& name) = 0;
  // Where another MDM server uses the token: takes it away from that one.
  [[nodiscard]] virtual Checked<Done> take_over_content_token(const std::string& location) = 0;
  [[nodiscard]] virtual Checked<std::vector<Location>> locations() = 0;
  // Listens at settings' server.listen for devices, webhooks and Apple's notifications, until the
  // dispatcher ends or unlisten(); `others` answers everything else. Returns the port.
  [[nodiscard]] virtual Checked<std::uint16_t> listen(const WebHandler& others) = 0;
  [[nodiscard]] Checked<std::uint16_t> listen() { return listen({}); }
  // No request reaches `others` after it returns.
  virtual void unlisten() = 0;
  // Reads the certificate that it listens with anew, for connections from now on. Where there is
  // trouble everything stays as it was.
  [[nodiscard]] virtual Checked<Done> reload() = 0;
  // What there is to measure, summed over everything: for a look every few seconds.
  [[nodiscard]] virtual Checked<Metrics> metrics() = 0;

  // Stops sending in good order: finishes what is in flight, at most 30 s. Nothing is repeated
  // later.
  virtual void drain() = 0;
  // Another process sends: what is asked here begins and ends there.
  [[nodiscard]] virtual bool elsewhere() const = 0;
  // Which reactor runs ("io_uring", "epoll"); empty before the first send.
  [[nodiscard]] virtual std::string reactor() const = 0;

  struct Implementation;  // service/implementation.h

 protected:
  Dispatcher() = default;
};

}  // namespace muster
