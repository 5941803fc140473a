// InviteToProgram in NanoMDM's queue, just before its device is woken for it.
//
// The expander asks for each push that may go (pipeline/clearance.h): it waits until the command is
// in the queue. Who waits is bounded by the expander's windows and by what is kept here, so that no
// more commands lie in NanoMDM ahead of their pushes than that: a command that is there cannot be
// taken back, and what Cancel finds not enqueued never is. What was enqueued is told to the desk,
// durably, so that nobody's is enqueued twice, after a crash either.
//
// prepared() is the expander's; the rest belongs to the desk's thread, which hears NanoMDM's
// webhooks as well: so no word of a command comes before it is known.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "http/client.h"
#include "mdm/desk.h"
#include "mdm/nanomdm.h"
#include "muster/settings.h"
#include "pipeline/clearance.h"

namespace muster::service {

class Enqueuing {
 public:
  // The complaint names mdm.nanomdm_key_file.
  [[nodiscard]] static Result<std::unique_ptr<Enqueuing>, Complaint> open(
      const MdmSettings& settings, const Clock& clock);

  // ── any thread ──
  [[nodiscard]] pipeline::Clearance prepared(const TaskId& task, InvitationNumber invitation,
                                             DeviceNumber device);
  [[nodiscard]] std::uint64_t changes() const { return changes_.load(std::memory_order_acquire); }
  // `wanted` is called, on the expander's thread, when there is something to enqueue; `changed`,
  // on the desk's, when changes() has moved. Set before the first prepared().
  void on_wanted(std::function<void()> wanted) { wanted_ = std::move(wanted); }
  void on_change(std::function<void()> changed);
  void interrupt() { client_->interrupt(); }

  // ── the desk's thread ──
  // When turn() has something to do; never: nothing.
  [[nodiscard]] Instant next();
  // Enqueues some. `house` says what may be shown to a device now.
  void turn(mdm::Desk& desk, mdm::House& house, WallTime now);

 private:
  using Key = std::pair<TaskId, InvitationNumber>;
  enum class Stage : std::uint8_t { wanted, ready, gone };
  struct Entry {
    DeviceNumber device = 0;
    Stage stage = Stage::wanted;
  };
  struct Asked {
    Key key;
    DeviceNumber device = 0;
  };
  explicit Enqueuing(const Clock& clock) : clock_(clock) {}
  [[nodiscard]] std::vector<Asked> take_some();
  // What is known of it without NanoMDM; otherwise it is added to `commands`.
  [[nodiscard]] Result<void> look_at(const Asked& asked, mdm::Desk& desk, mdm::House& house,
                                     std::vector<mdm::Enqueued>& commands,
                                     std::vector<Asked>& enqueued);
  void say(const Key& key, Stage stage);
  void forget(const Key& key);
  void back_off(const char* what, const Error& error);

  const Clock& clock_;
  std::unique_ptr<http::Client> client_;
  std::unique_ptr<mdm::NanoMdm> nanomdm_;
  std::function<void()> wanted_;
  std::atomic<std::uint64_t> changes_{0};  // release; pairs with changes()
  Instant not_before_{};                   // the desk's thread's

  std::mutex mutex_;  // guards what follows
  std::map<Key, Entry> entries_;
  std::size_t waiting_ = 0;  // of them: wanted
  Key asked_last_;
  std::function<void()> changed_;
};

}  // namespace muster::service
