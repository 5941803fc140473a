// What stands behind the library's door: one object that joins every part. Decides nothing about a
// job.
//
// Locks: `mutex` guards everything below it; the pipeline's own threads never take it. The keeper
// thread does the slow book-keeping that a send leaves behind: tokens that 410s declared dead, and
// users whose every invitation failed.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/time.h"
#include "ledger/ledger.h"
#include "ledger/reader.h"
#include "muster/dispatcher.h"
#include "pipeline/pipeline.h"
#include "reactor/reactor.h"
#include "roster/roster.h"
#include "service/audience.h"
#include "service/credentials.h"
#include "service/devices_room.h"
#include "service/endpoint.h"
#include "service/kept_choice.h"
#include "service/mail.h"
#include "service/registering.h"
#include "store/database.h"

namespace muster {

struct Dispatcher::Implementation {
  explicit Implementation(const Settings& given) : settings(given) {}
  ~Implementation();

  // ── opening (opening.cc) ──
  [[nodiscard]] Checked<Done> open(Access wanted);
  // Credentials, reactor, pipeline: made at the first send.
  [[nodiscard]] Checked<Done> open_pipeline();
  [[nodiscard]] Checked<Done> catch_up_invited();

  // ── sending (sending.cc) ──
  [[nodiscard]] Checked<std::string> send(const Preview& preview, const SendOptions& options);
  [[nodiscard]] Checked<Done> start(const ledger::TaskRow& row);
  [[nodiscard]] Checked<Done> book_invited(const ledger::NewTask& task, bool whole);
  [[nodiscard]] Checked<std::vector<std::string>> resume(const std::string& task);
  [[nodiscard]] Checked<Done> stop(const std::string& task, pipeline::Stop how,
                                   const std::string& reason);
  [[nodiscard]] Checked<std::uint64_t> retry(const std::string& task, const std::string& state);
  void with_ledger(const std::function<void(ledger::Ledger&)>& work);

  // ── looking (looking.cc) ──
  [[nodiscard]] Checked<ledger::TaskRow> find(const std::string& id);
  [[nodiscard]] Checked<Progress> progress(const std::string& task);
  [[nodiscard]] Checked<std::vector<Task>> tasks();
  // A task as it stands; it runs where this process runs it, or where `somebody` else may.
  [[nodiscard]] Task shown(const ledger::TaskRow& row, bool somebody);
  [[nodiscard]] Checked<std::uint64_t> pending(const std::string& task, Goal goal);
  void add_funnel(const ledger::TaskRow& row, Task& task);
  [[nodiscard]] Checked<InvitationPage> invitations(const std::string& task, std::uint32_t after,
                                                    std::uint32_t limit, const std::string& state);
  [[nodiscard]] Checked<roster::RosterReader*> roster_reader();
  [[nodiscard]] Checked<ledger::LedgerReader*> ledger_reader();
  [[nodiscard]] bool held();
  // A task that this process runs or ran.
  struct Run {
    TaskIndex index = 0;
    ledger::TaskRow row;
    Instant begun_at{};
    std::uint64_t done_at_first = 0;
    std::deque<std::pair<Instant, std::uint64_t>> samples;  // (when, done), of the last seconds
    bool kept = false;                                      // the keeper has done its part
  };
  [[nodiscard]] Run* run_of(const std::string& task);

  // ── Managed Distribution (managed.cc) ──
  // Where control.db is there already, or is to be made.
  [[nodiscard]] Checked<Done> open_registering(bool make);
  [[nodiscard]] Checked<Done> open_devices_room();
  // Invitations go through Apps and Books: there is a content token, or codes.
  [[nodiscard]] bool managed() const;
  // Why no user of any location can be registered now, and what to do; empty: some can, or nobody
  // needs to be.
  [[nodiscard]] std::string no_registration() const;
  [[nodiscard]] Checked<Done> install_content_token(const std::string& location,
                                                    const std::string& content,
                                                    const std::string& name);
  [[nodiscard]] Checked<Done> take_over_content_token(const std::string& location);
  [[nodiscard]] Checked<std::vector<Location>> locations();
  [[nodiscard]] Checked<std::uint16_t> listen();
  // Of a task that needs it; listens for what devices and Apple will say.
  [[nodiscard]] Checked<Done> register_users(const NumberSet& users);
  void keep_associated();

  // ── the roster (roster_editing.cc) ──
  [[nodiscard]] Checked<Done> edit_roster(const roster::Roster::Change& change);

  // ── keeping (keeping.cc) ──
  void keep();
  void keep_tokens();
  void keep_fallbacks(Run& run);
  void keep_invited(Run& run);

  const Settings settings;
  const SystemClock clock;
  Access access = Access::read;
  std::optional<store::DirectoryLock> lock;
  std::unique_ptr<service::Credentials> credentials;
  std::unique_ptr<service::Mail> mail;                 // null: off
  std::unique_ptr<service::Registering> registering;   // null: nothing of Apps and Books is here
  std::unique_ptr<service::DevicesRoom> devices_room;  // null: no device is listened to
  std::unique_ptr<service::Endpoint> endpoint;         // null: nobody is

  std::mutex mutex;
  std::unique_ptr<roster::Roster> roster;
  std::unique_ptr<ledger::Ledger> ledger;  // until the pipeline owns it
  std::unique_ptr<pipeline::Pipeline> pipeline;
  std::unique_ptr<roster::RosterReader> roster_for_reading;
  service::KeptChoice kept_choice;  // made with roster_for_reading
  std::unique_ptr<ledger::LedgerReader> ledger_for_reading;
  std::map<std::string, Run> runs;     // by task id
  std::vector<UserNumber> associated;  // accepted, not in the roster yet
  std::string reactor_name;

  std::thread keeper;
  std::condition_variable keeper_wanted;
  bool ending = false;
};

}  // namespace muster
