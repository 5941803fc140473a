// What stands behind the library's door: one object that joins every part. Decides nothing about a
// job.
//
// Locks: `mutex` guards everything below it but what says otherwise; the pipeline's own threads
// never take it. `roster_mutex` guards the roster's writer: an import keeps it for its whole
// length, so whoever holds `mutex` tries it only for a while (edits and check-ins keep it for
// milliseconds). `looking` is for long looks at rows and lists, which keep nobody from stopping a
// task. Order: mutex, then roster_mutex. The keeper thread does the slow book-keeping that a send
// leaves behind: tokens that 410s declared dead, and users whose every invitation failed.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/patient_mutex.h"
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
#include "service/directory_sync.h"
#include "service/endpoint.h"
#include "service/kept_choice.h"
#include "service/mail.h"
#include "service/readiness.h"
#include "service/registering.h"
#include "service/stopped_locations.h"
#include "service/waking.h"
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
  // `invited` gains whom the task means, those who are tried again included.
  [[nodiscard]] Checked<Done> add_invited(const TaskId& task);

  // ── importing (importing.cc) ──
  [[nodiscard]] Checked<ImportReport> import_now(
      const roster::ImportPlan& plan, const std::function<bool(const ImportProgress&)>& progress,
      Instant begun);
  [[nodiscard]] Checked<ImportReport> import_directory(
      const ImportOptions& options, const std::function<bool(const ImportProgress&)>& progress);

  // Reads the directory every [directory] sync_every from now on, if that is wanted.
  void open_directory_sync();

  // ── sending (sending.cc) ──
  [[nodiscard]] Checked<std::string> send(const Preview& preview, const SendOptions& options);
  [[nodiscard]] Checked<std::string> sent_before(const std::string& key,
                                                 const std::string& preview);
  [[nodiscard]] Checked<Done> start(const ledger::TaskRow& row);
  [[nodiscard]] Checked<Done> book_invited(const ledger::NewTask& task, const Selector& selector);
  [[nodiscard]] Checked<std::vector<std::string>> resume(const std::string& task);
  [[nodiscard]] Checked<Done> stop(const std::string& task, pipeline::Stop how,
                                   const std::string& reason);
  [[nodiscard]] Checked<std::uint64_t> retry(const std::string& task, const std::string& state);
  [[nodiscard]] Checked<Done> send_again(const std::string& task, std::uint32_t number);
  [[nodiscard]] Checked<Done> invite_again(const ledger::TaskRow& row);
  void with_ledger(const std::function<void(ledger::Ledger&)>& work);

  // ── looking (looking.cc) ──
  [[nodiscard]] Checked<ledger::TaskRow> find(const std::string& id);
  [[nodiscard]] static Checked<ledger::TaskRow> find_in(ledger::LedgerReader& reader,
                                                        const std::string& id);
  [[nodiscard]] Checked<Progress> progress(const std::string& task);
  [[nodiscard]] Checked<std::vector<Task>> tasks();
  // A task as it stands; it runs where this process runs it, or where `somebody` else may.
  [[nodiscard]] Task shown(const ledger::TaskRow& row, bool somebody);
  [[nodiscard]] Checked<Metrics> metrics();  // measuring.cc
  [[nodiscard]] Checked<std::uint64_t> pending(const std::string& task, Goal goal);
  void add_funnel(const ledger::TaskRow& row, Task& task);
  [[nodiscard]] Checked<InvitationPage> invitations(const std::string& task,
                                                    const InvitationQuery& query);
  [[nodiscard]] Checked<Timeline> timeline(const std::string& task, std::uint32_t number);
  // Of `looking`, whose lock the caller holds.
  [[nodiscard]] Checked<roster::RosterReader*> roster_to_look_at();
  [[nodiscard]] Checked<ledger::LedgerReader*> ledger_to_look_at();
  // Under `mutex`, as the next.
  [[nodiscard]] Checked<roster::RosterReader*> roster_reader();
  [[nodiscard]] Checked<ledger::LedgerReader*> ledger_reader();
  [[nodiscard]] Checked<std::vector<ledger::TaskRow>> task_rows();  // newest first
  [[nodiscard]] bool held();
  // A task that this process runs or ran.
  struct Run {
    TaskIndex index = 0;  // good while it is open()
    std::shared_ptr<const pipeline::TaskEntry> entry;
    ledger::TaskRow row;
    Instant begun_at{};
    std::uint64_t done_at_first = 0;
    std::deque<std::pair<Instant, std::uint64_t>> samples;  // (when, done), of the last seconds
    bool kept = false;                                      // the keeper has done its part
    [[nodiscard]] pipeline::TaskEntry::Phase phase() const {
      return entry->phase.load(std::memory_order_acquire);
    }
    [[nodiscard]] bool open() const { return phase() == pipeline::TaskEntry::Phase::open; }
  };
  [[nodiscard]] Run* run_of(const std::string& task);

  // ── Managed Distribution (managed.cc) ──
  // Where control.db is there already, or is to be made.
  [[nodiscard]] Checked<Done> open_registering(bool make);
  [[nodiscard]] Checked<Done> open_devices_room();
  // Behind the pipeline and the room.
  [[nodiscard]] Checked<Done> open_waking();
  [[nodiscard]] bool nudge(pipeline::NudgeBatch batch);
  [[nodiscard]] std::vector<std::uint16_t> credentials_to_wake();
  // Invitations go through Apps and Books: there is a content token, or codes.
  [[nodiscard]] bool managed() const;
  [[nodiscard]] Checked<std::vector<registrar::LocationFacts>> location_facts() const;
  // Which of these users cannot be registered now; none where no task would ask Apple.
  [[nodiscard]] Checked<std::vector<service::StoppedUsers>> stopped_users(
      roster::RosterReader& reader, const NumberSet& users) const;
  [[nodiscard]] Checked<Done> install_content_token(const std::string& location,
                                                    const std::string& content,
                                                    const std::string& name);
  [[nodiscard]] Checked<Done> take_over_content_token(const std::string& location);
  [[nodiscard]] Checked<ImportReport> import_codes(const std::string& file, bool dry_run);
  [[nodiscard]] Checked<std::vector<Location>> locations();
  [[nodiscard]] Checked<std::uint16_t> listen(const WebHandler& others);
  // Of a task that needs it; listens for what devices and Apple will say.
  [[nodiscard]] Checked<Done> register_users(const NumberSet& users);
  void keep_associated();

  // ── the roster (roster_editing.cc) ──
  [[nodiscard]] Checked<Done> edit_roster(const roster::Roster::Change& change);

  // ── keeping (keeping.cc) ──
  void keep();
  void keep_tokens();
  void keep_fallbacks(Run& run);
  [[nodiscard]] static bool has_ended(const Run& run);
  [[nodiscard]] bool keep_invited(Run& run);
  // `invited` loses users of whom no invitation of this task arrived: they may be invited anew.
  // False: try again later.
  [[nodiscard]] bool give_back(const ledger::TaskRow& task);
  void settle_invited(const TaskId& task);
  void keep_times();

  const Settings settings;
  const SystemClock clock;
  Access access = Access::read;
  std::optional<store::DirectoryLock> lock;
  std::unique_ptr<service::Credentials> credentials;
  std::unique_ptr<service::Mail> mail;                 // null: off
  std::unique_ptr<service::Registering> registering;   // null: nothing of Apps and Books is here
  std::unique_ptr<service::DevicesRoom> devices_room;  // null: no device is listened to
  std::unique_ptr<service::Readiness> readiness;       // null: as registering
  std::unique_ptr<service::Waking> waking;             // null: nobody is woken again
  std::unique_ptr<service::Endpoint> endpoint;         // null: nobody is
  std::unique_ptr<service::DirectorySync> directory_sync;  // null: only when asked

  // The keeper's, who holds `mutex` meanwhile.
  static constexpr std::chrono::milliseconds roster_patience{20};
  PatientMutex roster_mutex;
  std::unique_ptr<roster::Roster> roster;

  struct Looking {
    std::mutex mutex;
    std::unique_ptr<roster::RosterReader> roster;
    std::unique_ptr<ledger::LedgerReader> ledger;
  };
  Looking looking;

  std::mutex mutex;
  std::unique_ptr<ledger::Ledger> ledger;  // until the pipeline owns it
  std::unique_ptr<pipeline::Pipeline> pipeline;
  std::unique_ptr<roster::RosterReader> roster_for_reading;
  service::KeptChoice kept_choice;  // made with roster_for_reading
  std::unique_ptr<ledger::LedgerReader> ledger_for_reading;
  std::map<std::string, Run> runs;                // by task id
  std::vector<ledger::TaskRow> to_give_back;      // cancelled before they began here
  std::map<std::string, std::int64_t> scheduled;  // tasks that begin later: seconds since 1970
  std::vector<UserNumber> associated;             // accepted, not in the roster yet
  std::string reactor_name;

  std::thread keeper;
  std::condition_variable keeper_wanted;
  bool ending = false;
};

}  // namespace muster
