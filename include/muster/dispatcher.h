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
#include "muster/preview.h"
#include "muster/progress.h"
#include "muster/roster.h"
#include "muster/selector.h"
#include "muster/settings.h"
#include "muster/task.h"

namespace muster {

// read: looks at a data directory, also while another process holds it. send: holds it alone (a
// second holder gets a Failure that names the first one's pid).
enum class Access : std::uint8_t { read, send };

struct ImportOptions {
  std::vector<std::string> paths;
  std::string format;  // "", "csv", "ndjson": guessed from names and content where empty
  bool dry_run = false;
  std::string rejects_file;  // not empty: bad rows go there instead of stopping the import
};
struct ImportReport {
  std::uint64_t users = 0;  // rows read of each kind
  std::uint64_t groups = 0;
  std::uint64_t memberships = 0;
  std::uint64_t devices = 0;
  std::uint64_t rejected = 0;
  std::vector<std::string> warnings;  // unknown columns, …
  double seconds = 0;
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
  std::uint32_t rate =
      0;  // invitations a second; 0: as fast as the peers and mdm.wakes_per_second allow
};

class Dispatcher {
 public:
  [[nodiscard]] static Checked<std::unique_ptr<Dispatcher>> open(const Settings& settings,
                                                                 Access access);
  ~Dispatcher();
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  // Needs Access::send. All or nothing (but for rejects_file); `progress` is called from the
  // calling thread a few times a second and ends the import by returning false: nothing is stored
  // then.
  [[nodiscard]] Checked<ImportReport> import_roster(
      const ImportOptions& options, const std::function<bool(const ImportProgress&)>& progress);

  // ── the roster ──
  // At most `limit` (≤ 1,000) of those in whose id, name, address or serial number `search` occurs.
  [[nodiscard]] Checked<RosterPage<User>> users(const std::string& search, std::uint32_t from,
                                                std::uint32_t limit);
  [[nodiscard]] Checked<RosterPage<Group>> groups(const std::string& search, std::uint32_t from,
                                                  std::uint32_t limit);
  [[nodiscard]] Checked<RosterPage<Device>> devices(const std::string& search, std::uint32_t from,
                                                    std::uint32_t limit);
  [[nodiscard]] Checked<User> user(const std::string& id);
  [[nodiscard]] Checked<Group> group(const std::string& group);  // by group_id or a name of its own
  [[nodiscard]] Checked<Device> device(const std::string& id);
  // Edits need Access::send, are durable when they return, and are refused with the words of an
  // import. A running send follows them: who was removed, or lost his device, is cancelled.
  [[nodiscard]] Checked<Done> add_user(const std::string& id, const UserEdit& edit);
  [[nodiscard]] Checked<Done> set_user(const std::string& id, const UserEdit& edit);
  // Out of groups and audiences; his devices are nobody's. What was sent to him stays on record.
  [[nodiscard]] Checked<Done> remove_user(const std::string& id);
  // Likewise, and his name, address and account are blanked for good; of one removed before, too.
  [[nodiscard]] Checked<Done> erase_user(const std::string& id);
  // A group made by hand starts with Managed Distribution off.
  [[nodiscard]] Checked<Done> add_group(const std::string& id, const GroupEdit& edit);
  [[nodiscard]] Checked<Done> set_group(const std::string& group, const GroupEdit& edit);
  [[nodiscard]] Checked<Done> remove_group(const std::string& group);
  [[nodiscard]] Checked<Done> add_member(const std::string& group, const std::string& user);
  [[nodiscard]] Checked<Done> remove_member(const std::string& group, const std::string& user);
  [[nodiscard]] Checked<Done> add_group_inside(const std::string& group, const std::string& child);
  [[nodiscard]] Checked<Done> remove_group_inside(const std::string& group,
                                                  const std::string& child);
  // A placeholder for a device that has not checked in yet; where `id` is empty, its udid or serial
  // stands for it.
  [[nodiscard]] Checked<Done> add_device(const std::string& id, const DeviceEdit& edit);
  [[nodiscard]] Checked<Done> set_device(const std::string& id, const DeviceEdit& edit);
  [[nodiscard]] Checked<Done> assign_device(const std::string& id,
                                            const std::string& user);  // empty: to nobody
  [[nodiscard]] Checked<Done> remove_device(const std::string& id);

  // ── sending ──
  [[nodiscard]] Checked<Preview> preview(const Selector& selector);
  // Whom a send would not reach, one by one, `from` 0 on; at most `limit` (≤ 4,096).
  [[nodiscard]] Checked<UnreachedPage> unreached(const Selector& selector, std::uint32_t from,
                                                 std::uint32_t limit);
  // Durable when it returns the task's id; sending goes on in the dispatcher's threads. Refused
  // when the audience changed since the preview, when it is empty, and when the settings cannot
  // reach it.
  [[nodiscard]] Checked<std::string> send(const Preview& preview, const SendOptions& options = {});
  // Goes on with an interrupted or paused task (empty: all interrupted ones). Returns their ids.
  [[nodiscard]] Checked<std::vector<std::string>> resume(const std::string& task = "");
  [[nodiscard]] Checked<Done> pause(const std::string& task);
  // After it returns, nothing that was not written is written.
  [[nodiscard]] Checked<Done> cancel(const std::string& task);
  // Sends again what failed (or is in `state`): a new generation of ids.
  [[nodiscard]] Checked<std::uint64_t> retry(const std::string& task,
                                             const std::string& state = "");

  // Waits until the task is at rest or not running any more, at most `most`. True when it is.
  [[nodiscard]] bool wait(const std::string& task, std::chrono::milliseconds most);
  [[nodiscard]] Checked<Progress> progress(const std::string& task);
  // How many invitations of a task that invites to Managed Distribution have neither come so far
  // nor ended. Reads all of them: for a look now and then. A letter counts as shown once it is
  // sent.
  [[nodiscard]] Checked<std::uint64_t> pending(const std::string& task, Goal goal);
  [[nodiscard]] Checked<std::vector<Task>> tasks();
  // By id, or by its first characters where they name only one task.
  [[nodiscard]] Checked<Task> task(const std::string& id);
  // Rows `after` … in order, at most `limit` (≤ 4,096); `state` empty: all.
  [[nodiscard]] Checked<InvitationPage> invitations(const std::string& task, std::uint32_t after,
                                                    std::uint32_t limit,
                                                    const std::string& state = "");

  // ── Managed Distribution ──
  // Installs or replaces the content token of a location: the content of the file that Apple School
  // or Business Manager gave, which complaints call `name`. From then on invitations go to users
  // who are registered with Apps and Books. Apple is asked whose it is when the first user is
  // registered, or by who listens. Needs Access::send, as the next.
  [[nodiscard]] Checked<Done> install_content_token(const std::string& location,
                                                    const std::string& content,
                                                    const std::string& name);
  // Where another MDM server uses the token: takes it away from that one.
  [[nodiscard]] Checked<Done> take_over_content_token(const std::string& location);
  [[nodiscard]] Checked<std::vector<Location>> locations();
  // Listens at settings' server.listen for devices, webhooks and Apple's notifications, until the
  // dispatcher ends. Returns the port.
  [[nodiscard]] Checked<std::uint16_t> listen();

  // Stops sending in good order: finishes what is in flight, at most 30 s. Nothing is repeated
  // later.
  void drain();
  // Which reactor runs ("io_uring", "epoll"); empty before the first send.
  [[nodiscard]] std::string reactor() const;

 private:
  struct Implementation;
  explicit Dispatcher(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace muster
