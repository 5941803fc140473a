// A whole simulation: one task, its lives, its crashes and drains, and the checks.
//
// Two phases. While faults are on, only safety is asked for. Then the faults end, and the task must
// come to its end within bounded simulated time. A task that paused for a reason of its own (a peer
// that could not be reached) is taken up again by a new process, as a person would.
//
// What is checked (three accounts: the far end's journal, the witness, the ledger's rows):
//   1. every invitation is in one state at rest, and the task's counts are a recount of its rows;
//   2. sent ⇒ the far end acted on its apns-id, and we were told so;
//   3. the far end acted ⇒ sent; or else we never heard of it: an attempt was in doubt or died with
//      the process, and a later attempt under the same id was refused, or attempts ran out;
//   4. a second 200 (mail: 250) for one id comes only after a crash that forgot the first, and at a
//   crash no
//      more are forgotten than the gauge `unsettled` says, nor die than `in_flight` says;
//   5. the far end acted at most as often as we were told 200, were in doubt, or died;
//   6. the ledger's `repeated` is at least the number of ids that were acted upon twice;
//   7. every push went to the right token with the right magic, every letter to its address;
//   8. where the task asks clearances, nothing is submitted for a user who was not cleared when the
//      expander asked last, every letter carries its user's URL, and whoever was never cleared ends
//      as his word says.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ledger/reader.h"
#include "tests/sim/process.h"
#include "tests/sim/sim_registrar.h"

namespace muster::sim {

class World {
 public:
  explicit World(const Options& options);

  // Runs to the end; afterwards complaints() is empty if all was well.
  void run();
  [[nodiscard]] const std::vector<std::string>& complaints() const { return complaints_; }

 private:
  void begin_life();
  void end_life();
  void advance();
  void crash();
  void forgive(const Gauges& gauges);
  void check();
  void check_row(const ledger::Row& row);
  void check_counts(const std::vector<ledger::Row>& rows);
  [[nodiscard]] std::vector<ledger::Row> rows() const;
  [[nodiscard]] std::string id_of(InvitationNumber invitation) const;
  [[nodiscard]] Part part_of(InvitationNumber invitation) const {
    return Layout{options_.invitations, options_.mailboxes, 0, options_.accounts}.part_of(
        invitation);
  }
  [[nodiscard]] bool is_mail(InvitationNumber invitation) const {
    return part_of(invitation) == Part::mail;
  }
  [[nodiscard]] UserNumber user_of(InvitationNumber invitation) const;
  [[nodiscard]] std::string objection_to(const Job& job) const;
  void check_clearance(const ledger::Row& row, const std::string& words);
  [[nodiscard]] const Deeds& deeds_of(InvitationNumber invitation);
  void check_target(InvitationNumber invitation, const std::string& words);
  [[nodiscard]] std::uint32_t rows_count() const {
    return options_.invitations + options_.mailboxes + options_.accounts;
  }
  [[nodiscard]] std::uint64_t requests() const { return far_end_.requests + mail_end_.requests; }
  void open_process();
  [[nodiscard]] bool crash_is_due();
  void complain(const std::string& what);

  Options options_;
  Random random_;
  FakeClock clock_;
  testing::Household household_;
  ledger::NewTask task_;
  FarEnd far_end_;
  FarEnd mail_end_;
  SimRegistrar registrar_;
  Witness witness_;
  std::unique_ptr<Process> process_;
  std::size_t crashes_done_ = 0;
  std::size_t mail_crashes_done_ = 0;
  std::size_t drains_done_ = 0;
  bool draining_ = false;
  std::vector<std::string> complaints_;
};

}  // namespace muster::sim
